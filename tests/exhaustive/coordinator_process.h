// CoordinatorProcess: the real core, the records that are durable, and what a service does around them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/core/coordinator.h"
#include "tests/exhaustive/process.h"

namespace assent::exhaustive {

class CoordinatorProcess final : public Process {
 public:
  // With what the log holds, before this start has raised its epoch.
  static Start start_on(const coordinator::LogState& log);

  void tell(const Message& message, Made& made) override;
  void happens(Input input, Made& made) override;
  bool can_happen(Input input) const override;
  std::uint64_t start() const override { return static_cast<std::uint64_t>(durable_.epoch()); }
  std::string left_over() const override;
  std::vector<Message> farewell() const override { return {}; }
  Start dies(std::string& disk) const override;
  std::string state() const override;

 private:
  explicit CoordinatorProcess(coordinator::LogState log);

  void step(const coordinator::Event& event, Made& made);
  void perform(const coordinator::Effect& effect, Made& made);
  void write(Made& made);
  void begin_to_write();

  // What must hold of every message of a coordinator is checked beside `check`.
  void send(Message message, Made& made, std::function<void(Checker&)> check) const;
  template <typename Event>
  void ask(const std::string& store, Event event, Made& made, std::function<void(Checker&)> check = {}) const;
  template <typename Answer>
  void answer(const Answer& answer, Made& made);

  Time now_{};
  coordinator::LogState durable_;
  coordinator::Coordinator core_;
  std::map<coordinator::CallId, Message> waiting_;
  std::vector<coordinator::LogRecord> appended_;  // wait for a write
  std::vector<coordinator::LogRecord> written_;   // are being forced
  bool wants_write_ = false;
  std::map<std::string, std::uint64_t> newest_start_;  // of the stores that have registered
  bool may_alarm_ = false;  // what is handled was overtaken by the next start of the store, and may look like a copy
};

}  // namespace assent::exhaustive
