#include "tests/isolation/schedule_client.h"

#include <chrono>
#include <type_traits>
#include <utility>
#include <variant>

#include "tests/isolation/installation.h"

namespace assent::isolation {

namespace {

std::string value_text(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "NULL";
}

std::string result_text(const ResultSet& result) {
  if (result.columns().empty()) return "changed " + std::to_string(result.changed_rows());
  if (result.empty()) return "no row";
  std::string text;
  for (const auto& row : result) {
    if (!text.empty()) text += "; ";
    for (std::size_t column = 0; column < row.size(); ++column) {
      text += (column > 0 ? "," : "") + value_text(row[column]);
    }
  }
  return text;
}

template <typename Function>
std::string end_text(Function function) {
  try {
    return function();
  } catch (const Aborted& aborted) {
    return std::string(to_string(aborted.reason()));
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

ScheduleClient::ScheduleClient(Client& client, bool submits, IsolationLevel level)
    : client_(client), level_(level), thread_([this] { serve(); }) {
  if (submits) return;
  transaction_.emplace(client_.begin(level_));
  id_ = transaction_->id();
}

ScheduleClient::~ScheduleClient() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::optional<TransactionId> ScheduleClient::id() const {
  return id_;
}

void ScheduleClient::serve() {
  for (;;) {
    std::packaged_task<std::string()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || task_; });
      if (!task_) return;
      task = std::move(*task_);
      task_.reset();
    }
    task();
  }
}

void ScheduleClient::begin(std::function<std::string()> task) {
  std::packaged_task<std::string()> packaged([task = std::move(task)] { return end_text(task); });
  answer_ = packaged.get_future();
  {
    const std::lock_guard lock(mutex_);
    task_.emplace(std::move(packaged));
  }
  wake_.notify_one();
}

void ScheduleClient::execute(const std::string& store, const std::string& sql) {
  begin([this, store, sql] { return result_text(transaction_->run(store, {sql, {}, std::nullopt})); });
}

void ScheduleClient::submit(std::vector<std::pair<std::string, std::string>> statements) {
  begin([this, statements = std::move(statements)] {
    Batch batch;
    for (const auto& [store, sql] : statements) batch.add(store, {sql, {}, std::nullopt});
    std::string text;
    for (const auto& result : client_.submit(batch, Return::decided, level_).results)
      text += (text.empty() ? "" : "; ") + result_text(result);
    return text;
  });
}

void ScheduleClient::commit(Return when) {
  begin([this, when] {
    transaction_->commit(when);
    return std::string("committed");
  });
}

void ScheduleClient::abort() {
  begin([this] {
    transaction_->roll_back();
    return std::string("aborted");
  });
}

bool ScheduleClient::has_answer() const {
  return answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

std::optional<std::string> ScheduleClient::take_answer() {
  if (answer_.wait_for(Installation::kPatience) != std::future_status::ready) return std::nullopt;
  return answer_.get();
}

}  // namespace assent::isolation
