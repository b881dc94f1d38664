#include "tests/simulation/sdk_environment.h"

#include <utility>
#include <variant>

#include "coordinator/service/wire.h"
#include "participant/service/wire.h"
#include "tests/simulation/call.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/faults.h"

namespace assent::simulation {

namespace {

constexpr Duration kLeastUntilBreak = 1ms;
constexpr Duration kMostUntilBreak = 300ms;

template <typename Kind>
Error refusal(Kind kind, const std::string& message) {
  wire::Fault fault;
  fault.code = to_wire(kind);
  fault.message = message;
  return rpc::error_from(fault);
}

// What a node said, as the SDK reads it off the wire.
template <typename Answer, typename Effect>
Result<Answer> answer_of(const CoordinatorNode::Answer& answer) {
  if (const auto* effect = std::get_if<Effect>(&answer.effect)) return coordinator::to_wire(*effect);
  const auto& refused = std::get<coordinator::CallRefused>(answer.effect);
  return refusal(refused.kind, refused.message);
}

Result<wire::ExecuteAnswer> answer_of(const participant::Effect& effect) {
  if (const auto* executed = std::get_if<participant::ExecuteAnswered>(&effect)) return participant::to_wire(*executed);
  const auto& refused = std::get<participant::CallRefused>(effect);
  return refusal(refused.kind, refused.message);
}

}  // namespace

SdkEnvironment::SdkEnvironment(Cluster& cluster, std::string client, ProcessClock& clock,
                               std::function<void(const TransactionId&)> on_id)
    : cluster_(cluster), client_(std::move(client)), clock_(clock), on_id_(std::move(on_id)) {}

void SdkEnvironment::after(Duration delay, std::function<void()> action) {
  if (!alive_) return;
  clock_.after(clock_.until(clock_.now() + delay), [alive = std::weak_ptr(alive_), action = std::move(action)] {
    if (!alive.expired()) action();
  });
}

CoordinatorNode* SdkEnvironment::coordinator(const std::string& address) const {
  if (!alive_) return nullptr;
  for (const auto& coordinator : cluster_.coordinators) {
    if (SdkEnvironment::address(coordinator->name()) == address) return &cluster_.reached(*coordinator);
  }
  throw Violation(client_ + " calls a coordinator that does not exist: " + address);
}

StoreNode* SdkEnvironment::store(const std::string& address) const {
  if (!alive_) return nullptr;
  for (const auto& [name, store] : cluster_.stores) {
    if (SdkEnvironment::address(name) == address) return store.get();
  }
  throw Violation(client_ + " calls a store that does not exist: " + address);
}

template <typename Node, typename Event, typename Answer, typename Read>
void SdkEnvironment::ask(Node* node, Duration deadline, Result<Event> event, sdk::OnAnswer<Answer> on_answer,
                         Read read) {
  if (node == nullptr) return;
  auto& world = cluster_.world;
  const auto pending = std::make_shared<sdk::OnAnswer<Answer>>(std::move(on_answer));
  // The end of a lease reaches also the dead: those who wait for one hold the session that holds them.
  constexpr bool kReachesTheDead = std::is_same_v<Answer, wire::Lease>;
  const auto end = [pending, alive = std::weak_ptr(alive_)](Result<Answer> answer) {
    if ((!kReachesTheDead && alive.expired()) || !*pending) return;
    std::exchange(*pending, nullptr)(std::move(answer));
  };
  if (!event) throw Violation(client_ + " sends what nobody understands: " + event.error().message);
  if (!node->is_up() && world.chance(0.8)) {
    return clock_.after(1ms, [end] { end(Error{ErrorKind::kUnavailable, "nobody listens there"}); });
  }
  simulation::call(world, client_, *node, *event, [this_clock = &clock_, end, read](const auto& answer) {
    if (!this_clock->is_paused()) return end(read(answer));
    this_clock->after({}, [end, read, answer] { end(read(answer)); });
  });
  // A connection that breaks is noticed before the call has taken too long, and may break without any loss.
  const bool breaks = !node->is_up() || (world.faults[Incident::kLoss] > 0 && world.chance(0.3));
  clock_.after(breaks ? world.between(kLeastUntilBreak, kMostUntilBreak) : deadline, [end] {
    end(Error{ErrorKind::kUnknown, "the answer did not come"});
  });
}

template <typename Event>
void SdkEnvironment::ask_about(CoordinatorNode* node, Duration deadline, Result<Event> event, bool applied,
                               sdk::OnAnswer<wire::Outcome> on_answer) {
  const TransactionId id = event ? event->id : TransactionId();
  ask(node, deadline, std::move(event), std::move(on_answer),
      [&checker = cluster_.checker, applied, id](const auto& answer) {
        if (const auto* outcome = std::get_if<coordinator::OutcomeAnswered>(&answer.effect)) {
          checker.told(id, outcome->kind, applied);  // also if nobody waits for it any more
        }
        return answer_of<wire::Outcome, coordinator::OutcomeAnswered>(answer);
      });
}

void SdkEnvironment::call(sdk::Route to, wire::LeaseRequest request, sdk::OnAnswer<wire::Lease> on_answer) {
  ask(coordinator(to.address), to.deadline, coordinator::to_event(request, {}), std::move(on_answer),
      answer_of<wire::Lease, coordinator::LeaseGranted>);
}

// Of what a coordinator says, the address alone is no message of its core: who asks late hears what it knows now.
void SdkEnvironment::call(sdk::Route to, wire::LocateRequest request, sdk::OnAnswer<wire::StoreLocation> on_answer) {
  const auto* node = coordinator(to.address);
  if (node == nullptr) return;
  after(cluster_.world.latency(100us, 2ms), [node, request, on_answer = std::move(on_answer)] {
    if (!node->is_up()) return on_answer(Error{ErrorKind::kUnavailable, "nobody listens there"});
    if (!node->core().store_address(request.store)) return on_answer(Error{ErrorKind::kNotFound, "no such store"});
    wire::StoreLocation location;
    location.store = request.store;
    location.address = address(request.store);
    on_answer(location);
  });
}

void SdkEnvironment::call(sdk::Route to, wire::ExecuteRequest request, sdk::OnAnswer<wire::ExecuteAnswer> on_answer) {
  const auto id = rpc::from_wire(request.id);
  if (alive_) on_id_(id);
  std::string coordinator;
  for (const auto& each : cluster_.coordinators) {
    if (each->log() == id.log) coordinator = each->name();
  }
  ask(store(to.address), to.deadline, participant::to_event(std::move(request), {}, coordinator), std::move(on_answer),
      [](const participant::Effect& effect) { return answer_of(effect); });
}

void SdkEnvironment::call(sdk::Route to, wire::SubmitRequest request, sdk::OnAnswer<wire::Outcome> on_answer) {
  if (alive_) on_id_(rpc::from_wire(request.id));
  const bool applied = request.return_when == wire::ReturnWhen::APPLIED;
  ask_about(coordinator(to.address), to.deadline, coordinator::to_event(std::move(request), {}), applied,
            std::move(on_answer));
}

void SdkEnvironment::call(sdk::Route to, wire::CommitRequest request, sdk::OnAnswer<wire::Outcome> on_answer) {
  const bool applied = request.return_when == wire::ReturnWhen::APPLIED;
  ask_about(coordinator(to.address), to.deadline, coordinator::to_event(std::move(request), {}), applied,
            std::move(on_answer));
}

void SdkEnvironment::call(sdk::Route to, wire::AbortRequest request, sdk::OnAnswer<wire::Outcome> on_answer) {
  ask_about(coordinator(to.address), to.deadline, coordinator::to_event(std::move(request), {}), false,
            std::move(on_answer));
}

void SdkEnvironment::call(sdk::Route to, wire::OutcomeRequest request, sdk::OnAnswer<wire::Outcome> on_answer) {
  ask_about(coordinator(to.address), to.deadline, coordinator::to_event(request, {}), false, std::move(on_answer));
}

}  // namespace assent::simulation
