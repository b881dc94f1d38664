// LogWriter: the decision log and the thread that it lives on.
//
// One block at a time: the next one is handed over only after the last one was reported durable. An error that leaves
// open what is on disk ends the process at once, before anybody is answered: the next start reads what the disk holds.
// While the disk has no room for the block, it is kept and tried again; nobody is answered about it until then. The log
// claims the room for what is to come after a block was reported, and not before.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/core/records.h"
#include "coordinator/log/decision_log.h"
#include "coordinator/service/counters.h"

namespace assent::coordinator {

class LogWriter {
 public:
  // Called on the thread of `io`: `on_durable` once for each block, with the position of its last record; `on_space`
  // when the log runs out of room, with why, and with nothing when it has some again.
  LogWriter(boost::asio::io_context& io, std::unique_ptr<DecisionLog> log, std::shared_ptr<spdlog::logger> logger,
            std::function<void(Position)> on_durable, std::function<void(std::string)> on_space);
  // Ends the thread after the force it is in; a block that has no room is dropped, as in a crash.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Network thread. `asked`: when somebody came to wait for it. REQUIRES: records is not empty, and is_idle().
  void write(Position first, std::vector<LogRecord> records, Time asked);

  // Network thread: no block is on its way.
  bool is_idle() const { return is_idle_; }

  // Any thread: as of the last block.
  LogStatus status() const;
  LogCounters counters() const;

 private:
  struct Block {
    Position first{};
    std::vector<LogRecord> records;
    Time asked;

    Position last() const { return Position{static_cast<std::uint64_t>(first) + records.size() - 1}; }
  };

  void run();
  // The next one; nothing: end. While the disk is full, looks for room now and then.
  std::optional<Block> wait_for_block();
  // Returns whether the block is durable; false: there is no room for it.
  bool append(const Block& block);
  void count(const Block& block, Time began);
  void claim_ahead();
  void publish_status();

  boost::asio::io_context& io_;
  const std::unique_ptr<DecisionLog> log_;
  const std::shared_ptr<spdlog::logger> logger_;
  const std::function<void(Position)> on_durable_;
  const std::function<void(std::string)> on_space_;
  bool is_idle_ = true;  // of the network thread

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Block> waiting_;
  LogStatus status_;
  LogCounters counters_;
  bool is_stopping_ = false;

  std::thread thread_;
};

}  // namespace assent::coordinator
