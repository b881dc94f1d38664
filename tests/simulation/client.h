// Client: an application that speaks the protocol by itself, and more wildly than the SDK does. It runs one transaction
// after another, submitted whole or step by step, repeats what is not answered, asks for outcomes (its own, and those
// of others), and sometimes dies and is forgotten.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/events.h"
#include "participant/core/events.h"
#include "tests/simulation/application.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/plan.h"

namespace assent::simulation {

class Client : public Application {
 public:
  using Application::Application;

  void die() override;

 private:
  void begin() override;
  void lease();
  void submit();
  void expect_an_answer();
  void execute(std::size_t step);
  void heard(std::size_t step, const participant::Effect& answer);
  void finish();
  void heard(const coordinator::Effect& answer);
  void saw(const Step& step, const StatementResult& result);
  void ask_about_another();
  void again();
  void end(Duration least, Duration most);  // of the transaction

  // Sends a request about a transaction. Whatever is answered counts as told, also when nobody waits for it any more.
  template <typename Request>
  void ask(CoordinatorNode& coordinator, const Request& request, bool applied = false);

  CoordinatorNode* coordinator_ = nullptr;
  std::optional<coordinator::LeaseGranted> lease_;
  Time leased_;
  std::uint32_t taken_ = 0;
  TransactionId id_;
  std::optional<std::uint64_t> begin_stamp_;  // kept while the same plan is run again
  Plan plan_;
  std::map<std::string, coordinator::TouchedBranch> branches_;
  bool gives_up_ = false;
};

}  // namespace assent::simulation
