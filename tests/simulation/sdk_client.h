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

  void work(bool is_crosswise) override;
  void stop() override { is_working_ = false; }
  bool is_idle() const override { return !is_busy_; }

 private:
  void connect();
  void rest(Duration least, Duration most);
  void begin();
  void submit(Return when);
  void run(Return when);
  void step(const std::shared_ptr<sdk::ActiveTransaction>& transaction, const std::shared_ptr<Plan>& plan,
            std::size_t index, const sdk::Completion<void>& done);
  void saw(const TransactionId& id, const Step& step, const ResultSet& result);
  void has_no_effect(const TransactionId& id);  // so the SDK says
  void ended(const std::exception_ptr& failure);
  void die();
  // What happens in this turn only: a client that has died, or gone on, is not disturbed.
  void later(Duration delay, std::function<void()> action);

  Cluster& cluster_;
  const std::string name_;
  std::shared_ptr<sdk::Session> session_;
  SdkEnvironment* environment_ = nullptr;  // the session's
  bool is_working_ = false;
  bool is_crosswise_ = false;
  bool is_busy_ = false;
  std::uint64_t turn_ = 0;
  Plan plan_;
  TransactionId run_;  // the last id under which the transaction ran
};

}  // namespace assent::simulation
