#include "coordinator/service/log_writer.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "thrift/daemon/clock.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/options.h"

namespace assent::coordinator {

namespace {

// How long a full disk is left alone before it is looked at again.
constexpr auto kLookForRoom = std::chrono::seconds(1);

// So that a log that has no room when it is opened is reported like any other.
LogStatus without_reason(LogStatus status) {
  status.out_of_space.clear();
  return status;
}

}  // namespace

LogWriter::LogWriter(boost::asio::io_context& io, std::unique_ptr<DecisionLog> log,
                     std::shared_ptr<spdlog::logger> logger, std::function<void(Position)> on_durable,
                     std::function<void(std::string)> on_space)
    : io_(io),
      log_(std::move(log)),
      logger_(std::move(logger)),
      on_durable_(std::move(on_durable)),
      on_space_(std::move(on_space)),
      status_(without_reason(log_->status())),
      thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogWriter::write(Position first, std::vector<LogRecord> records, Time asked) {
  is_idle_ = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_ = Block{first, std::move(records), asked};
  }
  wake_.notify_one();
}

LogStatus LogWriter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

LogCounters LogWriter::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void LogWriter::run() {
  publish_status();
  while (const auto block = wait_for_block()) {
    while (!append(*block)) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kLookForRoom, [this] { return is_stopping_; });
      if (is_stopping_) return;
    }
    boost::asio::post(io_, [this, last = block->last()] {
      is_idle_ = true;
      on_durable_(last);
    });
    claim_ahead();
  }
}

std::optional<LogWriter::Block> LogWriter::wait_for_block() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return is_stopping_ || waiting_; };
  while (!has_work()) {
    if (status_.out_of_space.empty()) {
      wake_.wait(lock, has_work);
    } else if (!wake_.wait_for(lock, kLookForRoom, has_work)) {
      lock.unlock();
      claim_ahead();
      lock.lock();
    }
  }
  if (is_stopping_ && !waiting_) return std::nullopt;
  return std::exchange(waiting_, std::nullopt);
}

bool LogWriter::append(const Block& block) {
  const auto began = daemon::now();
  const auto appended = log_->append(block.first, block.records);
  if (!appended && appended.error().kind != ErrorKind::kUnavailable) {
    logger_->critical(
        "event=log_failed position={} error={} remedy=\"the process ends without answering; see to the "
        "disk and start it again\"",
        static_cast<std::uint64_t>(block.first), daemon::quoted(appended.error().message));
    _exit(daemon::kExitFailure);
  }
  if (appended) count(block, began);
  publish_status();
  return appended.has_value();
}

void LogWriter::count(const Block& block, Time began) {
  const auto ended = daemon::now();
  const auto bytes = log_->status().appended_bytes;
  const std::lock_guard lock(mutex_);
  ++counters_.forces[purpose_of(block.records)];
  counters_.records.add(block.records.size());
  counters_.bytes.add(bytes - status_.appended_bytes);
  counters_.wait.add(began - block.asked);
  counters_.force.add(ended - began);
  counters_.cpu = daemon::thread_cpu_time();
}

void LogWriter::claim_ahead() {
  log_->claim_ahead();
  publish_status();
}

void LogWriter::publish_status() {
  const auto status = log_->status();
  const auto before = [&] {
    const std::lock_guard lock(mutex_);
    return std::exchange(status_, status);
  }();
  if (status.out_of_space == before.out_of_space) return;
  boost::asio::post(io_, [this, reason = status.out_of_space] { on_space_(reason); });
  if (status.out_of_space.empty()) {
    logger_->warn("event=log_has_space effect=\"commits are taken again\"");
  } else {
    logger_->error("event=log_out_of_space error={} effect=\"nothing new commits\"",
                   daemon::quoted(status.out_of_space));
  }
}

}  // namespace assent::coordinator
