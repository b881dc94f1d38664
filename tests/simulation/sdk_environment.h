// SdkEnvironment: the world of a simulated application, as the real SDK sees it. Its requests become events of the
// cores by the same translation that the daemons use, and travel over the simulated network.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sdk/src/environment.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/process_clock.h"

namespace assent::simulation {

class SdkEnvironment : public sdk::Environment {
 public:
  // `clock` is that of its process. `on_id` is told of a transaction whenever it is sent something that it might begin
  // with.
  SdkEnvironment(Cluster& cluster, std::string client, ProcessClock& clock,
                 std::function<void(const TransactionId&)> on_id);

  // The application's process has ended: nothing that was asked for comes to pass any more.
  void end() { alive_.reset(); }

  bool has_own_thread() const override { return false; }
  bool is_inside() const override { return true; }
  Time now() const override { return clock_.now(); }
  std::uint64_t random() override { return cluster_.world.below(1ULL << 32U); }
  void after(Duration delay, std::function<void()> action) override;
  bool is_closing() const override { return false; }
  void close_soon() override {}

  void call(sdk::Route to, wire::LeaseRequest request, sdk::OnAnswer<wire::Lease> on_answer) override;
  void call(sdk::Route to, wire::LocateRequest request, sdk::OnAnswer<wire::StoreLocation> on_answer) override;
  void call(sdk::Route to, wire::ExecuteRequest request, sdk::OnAnswer<wire::ExecuteAnswer> on_answer) override;
  void call(sdk::Route to, wire::SubmitRequest request, sdk::OnAnswer<wire::Outcome> on_answer) override;
  void call(sdk::Route to, wire::CommitRequest request, sdk::OnAnswer<wire::Outcome> on_answer) override;
  void call(sdk::Route to, wire::AbortRequest request, sdk::OnAnswer<wire::Outcome> on_answer) override;
  void call(sdk::Route to, wire::OutcomeRequest request, sdk::OnAnswer<wire::Outcome> on_answer) override;

  // host:port of a node, and back.
  static std::string address(const std::string& node) { return node + ":1"; }

 private:
  // Null once the process has ended.
  CoordinatorNode* coordinator(const std::string& address) const;
  StoreNode* store(const std::string& address) const;

  // Sends `event` to the node, if there is one. `read` makes of its effect what the wire would have brought.
  template <typename Node, typename Event, typename Answer, typename Read>
  void ask(Node* node, Duration deadline, Result<Event> event, sdk::OnAnswer<Answer> on_answer, Read read);

  template <typename Event>
  void ask_about(CoordinatorNode* node, Duration deadline, Result<Event> event, bool applied,
                 sdk::OnAnswer<wire::Outcome> on_answer);

  Cluster& cluster_;
  const std::string client_;
  ProcessClock& clock_;
  const std::function<void(const TransactionId&)> on_id_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace assent::simulation
