#include "tests/simulation/memory_log.h"

#include <cassert>
#include <utility>

namespace assent::coordinator {
namespace {

Position after(Position position, std::uint64_t count = 1) {
  return Position{static_cast<std::uint64_t>(position) + count};
}

}  // namespace

void MemoryDisk::lose_power() {
  assert(!open_);
  std::erase_if(blocks_, [](const Block& block) { return !block.forced; });
}

LogState MemoryDisk::contents() const {
  LogState state;
  for (const auto& record : snapshot_) {
    [[maybe_unused]] const auto refused = state.restore(record);
    assert(!refused);
  }
  state.last = snapshot_last_;
  for (const auto& block : blocks_) {
    Position position = block.first;
    for (const auto& record : block.records) {
      [[maybe_unused]] const auto refused = state.apply(position, record);
      assert(!refused);
      position = after(position);
    }
  }
  return state;
}

Result<std::unique_ptr<MemoryLog>> MemoryLog::open(MemoryDisk& disk, bool create, LogIdentity identity, Nonce nonce) {
  if (disk.open_) {
    return Error{ErrorKind::kConflict, "the decision log is open already: close it first"};
  }
  if (create && disk.exists_) {
    return Error{ErrorKind::kConflict, "there is a decision log already: open it without --create"};
  }
  if (!create && !disk.exists_) {
    return Error{ErrorKind::kNotFound, "there is no decision log: make one with --create"};
  }
  LogState state = disk.contents();
  const EpochRecord epoch{after(state.last), create ? identity : state.log,
                          Epoch{static_cast<std::uint64_t>(state.epoch()) + 1}, nonce};
  if (auto refused = state.apply(epoch.start, epoch)) {
    return Error{ErrorKind::kCorrupt, *refused};
  }
  disk.snapshot_ = state.snapshot();
  disk.snapshot_last_ = state.last;
  disk.blocks_.clear();
  disk.exists_ = true;
  return std::unique_ptr<MemoryLog>(new MemoryLog(disk, std::move(state)));
}

MemoryLog::MemoryLog(MemoryDisk& disk, LogState state) : disk_(disk), state_(std::move(state)) {
  disk_.open_ = true;
}

MemoryLog::~MemoryLog() {
  disk_.open_ = false;
}

Result<void> MemoryLog::append(Position first, std::span<const LogRecord> records) {
  if (failed_) {
    return Error{ErrorKind::kIo, "an earlier append failed: nothing is appended until the log is opened again"};
  }
  if (disk_.full_) {
    return Error{ErrorKind::kUnavailable, "no space for the decision log: make some, then append again"};
  }
  Position position = first;
  for (const auto& record : records) {
    if (auto refused = state_.apply(position, record)) {
      failed_ = true;
      return Error{ErrorKind::kInvalidInput, *refused};
    }
    position = after(position);
  }
  const AppendEnd end = std::exchange(disk_.next_end_, AppendEnd::kDurable);
  if (end != AppendEnd::kLost) {
    disk_.blocks_.push_back({first, {records.begin(), records.end()}, end != AppendEnd::kUnforced});
  }
  if (end != AppendEnd::kDurable) {
    failed_ = true;
    return Error{ErrorKind::kIo, "the append failed: whether its records are on disk is not known"};
  }
  status_.forces += 1;
  status_.records += records.size();
  return {};
}

LogStatus MemoryLog::status() const {
  LogStatus status = status_;
  for (const auto& block : disk_.blocks_) {
    status.bytes += block.records.size() * sizeof(LogRecord);
  }
  status.bytes += disk_.snapshot_.size() * sizeof(LogRecord);
  if (disk_.full_) {
    status.out_of_space = "the disk is full";
  }
  return status;
}

}  // namespace assent::coordinator
