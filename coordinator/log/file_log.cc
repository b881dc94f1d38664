#include "coordinator/log/file_log.h"

#include <utility>

#include "coordinator/core/invariant.h"
#include "coordinator/log/block.h"
#include "coordinator/log/claimed_log.h"
#include "coordinator/log/record_codec.h"
#include "coordinator/log/segment_reader.h"
#include "thrift/daemon/failpoint.h"

namespace assent::coordinator {
namespace {

Position next(Position position) {
  return Position{static_cast<std::uint64_t>(position) + 1};
}

// What whoever opens a log can do besides, where there is none.
Error or_create(Error error, const FileLogOptions& options) {
  if (!options.create && error.kind == ErrorKind::kNotFound) {
    error.message += ", or make a new log with --create";
  }
  return error;
}

}  // namespace

Result<std::unique_ptr<FileLog>> open_file_log(const std::filesystem::path& directory, const FileLogOptions& options) {
  auto opened = options.create ? make_log_directory(directory) : open_log_directory(directory);
  if (!opened) {
    return or_create(opened.error(), options);
  }
  return FileLog::open(std::move(*opened), options);
}

Result<std::unique_ptr<FileLog>> FileLog::open(std::unique_ptr<LogDirectory> directory, const FileLogOptions& options) {
  auto claimed = claim_log(*directory, options.create);
  if (!claimed) {
    return or_create(claimed.error(), options);
  }
  auto& [number, state] = *claimed;
  const EpochRecord epoch{next(state.last), options.create ? options.identity : state.log,
                          Epoch{static_cast<std::uint64_t>(state.epoch()) + 1}, options.nonce};
  if (const auto refused = state.apply(epoch.start, epoch)) {
    return Error{ErrorKind::kCorrupt, directory->path(segment_name(number)) + ": " + *refused};
  }
  std::unique_ptr<FileLog> log(new FileLog(std::move(directory), options.segment_bytes, std::move(state)));
  if (auto started = log->start_segment(number + 1, 0); !started) {
    return started.error();
  }
  remove_older_segments(*log->directory_, log->segment_.number);
  return log;
}

FileLog::FileLog(std::unique_ptr<LogDirectory> directory, std::uint64_t segment_bytes, LogState state)
    : directory_(std::move(directory)), segment_bytes_(segment_bytes), state_(std::move(state)), next_(*directory_) {}

Result<void> FileLog::append(Position first, std::span<const LogRecord> records) {
  invariant(!records.empty(), "a block of the decision log without a record");
  if (failure_) {
    return Error{ErrorKind::kIo, "nothing is appended to " + segment_.path + " after a failure: " + *failure_};
  }
  ByteWriter payload;
  for (const auto& record : records) {
    encode(record, payload);
  }
  if (payload.size() > kMaxPayloadBytes) {
    return failed({ErrorKind::kInvalidInput,
                   "one append of " + std::to_string(payload.size()) + " bytes is more than a block holds"});
  }
  const auto block =
      encode(Block{BlockKind::kAppended, first, static_cast<std::uint32_t>(records.size()), payload.bytes()});
  if (block.size() > segment_.free_bytes()) {
    if (auto started = start_segment(segment_.number + 1, block.size()); !started) {
      return started.error().kind == ErrorKind::kUnavailable ? started : failed(started.error());
    }
    remove_older_segments(*directory_, segment_.number);
  }
  Position position = first;
  for (const auto& record : records) {
    if (const auto refused = state_.apply(position, record)) {
      return failed({ErrorKind::kInvalidInput, "the decision log refuses to append: " + *refused});
    }
    position = next(position);
  }
  if (auto forced = force(block); !forced) {
    return failed({ErrorKind::kIo, forced.error().message});
  }
  status_.records += records.size();
  return {};
}

Result<void> FileLog::force(std::span<const std::byte> block) {
  const auto passes = [](const char* name) -> Result<void> {
    if (daemon::failpoint(name)) {
      return Error{ErrorKind::kIo, std::string("failpoint ") + name + " reports an error"};
    }
    return {};
  };
  auto done = passes("log.before_write");
  if (done) {
    done = segment_.file->write(segment_.used_bytes, block);
  }
  if (done) {
    done = passes("log.after_write");
  }
  if (done) {
    done = passes("log.before_force");
  }
  if (done) {
    done = segment_.file->sync();
  }
  if (done) {
    done = passes("log.after_force");
  }
  if (done) {
    segment_.used_bytes += block.size();
    status_.forces += 1;
    status_.appended_bytes += block.size();
  }
  return done;
}

Result<void> FileLog::failed(Error error) {
  failure_ = error.message;
  return error;
}

// The state of the log becomes the snapshot of a new segment; the present one is not touched.
Result<void> FileLog::start_segment(std::uint64_t number, std::uint64_t block_bytes) {
  auto started = next_.publish(state_, number, segment_bytes_, block_bytes);
  if (!started) {
    if (started.error().kind == ErrorKind::kUnavailable) {
      status_.out_of_space = started.error().message;
    }
    return started.error();
  }
  segment_ = std::move(*started);
  next_bytes_.reset();
  status_.out_of_space.clear();
  return {};
}

void FileLog::claim_ahead() {
  if (failure_ || !segment_.is_half_full()) {
    return;
  }
  if (!next_bytes_) {
    next_bytes_ = NextSegment::size_for(state_, segment_bytes_);
  }
  if (next_.claimed() >= *next_bytes_) {
    return;
  }
  const auto free = directory_->free_bytes();
  if (free && *free < *next_bytes_ - next_.claimed()) {
    status_.out_of_space = "the next segment needs " + std::to_string(*next_bytes_) + " bytes, and " +
                           directory_->path("") + " has " + std::to_string(*free) +
                           " free; make space on that file system";
    return;
  }
  const auto claimed = next_.claim_some(*next_bytes_);
  status_.out_of_space = claimed ? "" : claimed.error().message;
}

LogStatus FileLog::status() const {
  LogStatus status = status_;
  status.bytes = segment_.file_bytes + next_.claimed();
  status.syncs = status.forces + next_.syncs();
  status.written_bytes = status.appended_bytes + next_.written_bytes();
  return status;
}

}  // namespace assent::coordinator
