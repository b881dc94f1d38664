// SdkClient: an application that uses the real SDK: it submits batches, or runs functions step by step, which the SDK
// runs again, asks about and gives up as it does anywhere. What it is told at the end is checked like every answer.
#pragma once

#include <memory>
#include <string>

#include "sdk/src/active_transaction.h"
#include "sdk/src/completion.h"
#include "sdk/src/session.h"
#include "tests/simulation/application.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/plan.h"

namespace assent::simulation {

class SdkEnvironment;

class SdkClient : public Application {
 public:
  SdkClient(Cluster& cluster, std::string name);
  ~SdkClient() override;

  void die() override;

 private:
  void begin() override;
  void connect();
  void submit(Return when);
  void run(Return when);
  void step(const std::shared_ptr<sdk::ActiveTransaction>& transaction, const std::shared_ptr<Plan>& plan,
            std::size_t index, const sdk::Completion<void>& done);
  void saw(const TransactionId& id, const Step& step, const ResultSet& result);
  void has_no_effect(const TransactionId& id);  // so the SDK says
  void ended(const std::exception_ptr& failure);

  std::shared_ptr<sdk::Session> session_;
  SdkEnvironment* environment_ = nullptr;  // the session's
  Plan plan_;
  TransactionId run_;  // the last id under which the transaction ran
};

}  // namespace assent::simulation
