// ClientProcess: a client with one transaction. It repeats nothing by itself, the network does; it may ask for the
// outcome at any time until it knows it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/exhaustive/process.h"
#include "tests/exhaustive/script.h"

namespace assent::exhaustive {

class ClientProcess final : public Process {
 public:
  // `script` outlives it.
  static Start start_with(Node node, const TransactionId& id, const Script& script);

  void tell(const Message& message, Made& made) override;
  void happens(Input input, Made& made) override;
  bool can_happen(Input input) const override { return input == Input::kAsk && !state_.knows_outcome; }
  std::uint64_t start() const override { return 0; }
  std::string left_over() const override { return state_.knows_outcome ? "" : " the outcome"; }
  std::vector<Message> farewell() const override { return {}; }
  Start dies(std::string& disk) const override;
  std::string state() const override;

 private:
  struct State {
    std::size_t next = 0;  // the step whose answer is awaited
    bool has_failed = false;
    bool knows_outcome = false;
    std::map<Node, coordinator::TouchedBranch> branches;
  };

  ClientProcess(Node node, const TransactionId& id, const Script& script);

  void heard(const coordinator::OutcomeAnswered& outcome, Made& made);
  void heard(Node store, const StatementAnswered& statement, Made& made);
  void submit(Made& made) const;
  void go_on(Made& made);
  void fail(Made& made);

  template <typename Event>
  void send(Node to, Event event, Made& made) const;

  const Node node_;
  const TransactionId id_;
  const Script& script_;
  State state_;
};

}  // namespace assent::exhaustive
