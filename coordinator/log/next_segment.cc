#include "coordinator/log/next_segment.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "coordinator/log/block.h"
#include "coordinator/log/record_codec.h"
#include "coordinator/log/segment_reader.h"
#include "thrift/daemon/failpoint.h"

namespace assent::coordinator {
namespace {

constexpr std::size_t kSnapshotPayloadBytes = 1U << 20U;  // a block is closed when it has this much
constexpr std::size_t kZerosAtOnce = 256U << 10U;

std::vector<std::byte> encode_snapshot(const LogState& state) {
  ByteWriter blocks;
  ByteWriter payload;
  std::uint32_t count = 0;
  const auto close_block = [&] {
    if (count > 0) {
      blocks.raw(encode(Block{BlockKind::kSnapshot, state.last, count, payload.bytes()}));
      payload = ByteWriter();
      count = 0;
    }
  };
  state.visit_snapshot([&](const auto& record) {
    encode_one(record, payload);
    ++count;
    if (payload.size() >= kSnapshotPayloadBytes) {
      close_block();
    }
  });
  close_block();
  return blocks.take();
}

std::uint64_t size_for(std::uint64_t snapshot_bytes, std::uint64_t room) {
  return kSegmentHeaderBytes + snapshot_bytes + std::max(snapshot_bytes, room);
}

Error failpoint_error(const char* name) {
  return {ErrorKind::kIo, std::string("failpoint ") + name + " reports an error"};
}

}  // namespace

std::uint64_t NextSegment::size_for(const LogState& state, std::uint64_t room) {
  return coordinator::size_for(encode_snapshot(state).size(), room);
}

// The space is given back, so that a disk that is almost full stays usable for those who share it.
Result<void> NextSegment::give_up(Error error) {
  file_.reset();
  claimed_ = 0;
  const auto removed = directory_.remove(kNextSegmentName);
  if (!removed && removed.error().kind != ErrorKind::kNotFound) {
    error.message += "; " + removed.error().message;
  }
  return error;
}

Result<void> NextSegment::claim_some(std::uint64_t bytes) {
  if (auto claimed = claim(std::min<std::uint64_t>(bytes, claimed_ + kZerosAtOnce)); !claimed) {
    return claimed;
  }
  ++syncs_;
  if (auto synced = file_->sync(); !synced) {
    return give_up(synced.error());
  }
  return {};
}

Result<void> NextSegment::claim(std::uint64_t bytes) {
  if (!file_) {
    auto file = directory_.create(kNextSegmentName);
    if (!file) {
      return file.error();
    }
    file_ = std::move(*file);
    claimed_ = 0;
  }
  const std::vector<std::byte> zeros(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kZerosAtOnce)));
  while (claimed_ < bytes) {
    const auto size = std::min<std::uint64_t>(zeros.size(), bytes - claimed_);
    if (auto written = file_->write(claimed_, std::span(zeros).first(static_cast<std::size_t>(size))); !written) {
      return give_up(written.error());
    }
    claimed_ += size;
    written_bytes_ += size;
  }
  return {};
}

Result<OpenSegment> NextSegment::publish(const LogState& state, std::uint64_t number, std::uint64_t room,
                                         std::uint64_t block_bytes) {
  const auto snapshot = encode_snapshot(state);
  const std::uint64_t append_from = kSegmentHeaderBytes + snapshot.size();
  const std::uint64_t wanted = coordinator::size_for(snapshot.size(), room);
  // What was claimed ahead serves if at least half of the wanted room is left of it: the state may have grown since.
  const std::uint64_t enough = append_from + std::max((wanted - append_from) / 2, block_bytes);
  if (claimed_ < enough) {
    if (auto claimed = claim(std::max(wanted, enough)); !claimed) {
      return claimed.error();
    }
  }
  const SegmentHeader header{kLogVersion, state.log, number, state.last, append_from, claimed_};
  ByteWriter start;
  start.raw(encode(header));
  start.raw(snapshot);
  auto done = file_->write(0, start.bytes());
  if (done) {
    written_bytes_ += start.size();
    done = file_->sync();
    ++syncs_;
  }
  if (!done) {
    return give_up(done.error()).error();
  }
  if (daemon::failpoint("log.checkpoint.before_switch")) {
    return failpoint_error("log.checkpoint.before_switch");
  }
  const auto name = segment_name(number);
  done = directory_.rename(kNextSegmentName, name);
  if (done) {
    done = directory_.sync();
    ++syncs_;
  }
  if (!done) {
    return Error{ErrorKind::kIo, done.error().message};
  }
  if (daemon::failpoint("log.checkpoint.after_switch")) {
    return failpoint_error("log.checkpoint.after_switch");
  }
  return OpenSegment{std::move(file_), directory_.path(name), number,
                     append_from,      append_from,           std::exchange(claimed_, 0)};
}

}  // namespace assent::coordinator
