// ScheduleClient: one client of a schedule, on a thread of its own. It does one thing at a time and says as text how
// that ended.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "assent/assent.h"

namespace assent::isolation {

class ScheduleClient {
 public:
  // The transaction begins at once, unless the client is one that submits.
  ScheduleClient(Client& client, bool submits, IsolationLevel level);
  // Ends its transaction. REQUIRES: whatever blocks it has ended.
  ~ScheduleClient();
  ScheduleClient(const ScheduleClient&) = delete;
  ScheduleClient& operator=(const ScheduleClient&) = delete;

  // Each begins something on the client's thread. REQUIRES: !is_busy().
  void execute(const std::string& store, const std::string& sql);
  void submit(std::vector<std::pair<std::string, std::string>> statements);
  void commit(Return when);
  void abort();

  // Something was begun whose end was not taken.
  bool is_busy() const { return answer_.valid(); }
  bool has_answer() const;
  // Waits for it; nothing if it takes too long.
  std::optional<std::string> take_answer();

  // Of its transaction; nothing if it submits.
  std::optional<TransactionId> id() const;

 private:
  void begin(std::function<std::string()> task);
  void serve();

  Client& client_;
  const IsolationLevel level_;
  std::optional<Transaction> transaction_;
  std::optional<TransactionId> id_;
  std::future<std::string> answer_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::packaged_task<std::string()>> task_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace assent::isolation
