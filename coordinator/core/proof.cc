// K6: what a coordinator says before any store has shown that its log is the newest.
//
// The log may be an old copy, served beside the newest one or in its place. What it holds is true all the same. But the
// newest may have given out the ids of this epoch and of later ones, and may hold a commit of which this one knows
// nothing. A store that has seen more stops the coordinator when it registers (Lineage::conflict). So until one has
// registered that has seen an earlier start, and no more than this log has, clients wait; and so do stores that the log
// does not know. (Else such a store hears of this start, proves the next one, and then refuses the newest log.)
#include <algorithm>

#include "coordinator/core/coordinator.h"

namespace assent::coordinator {

namespace {

constexpr const char* kUnproven =
    "no store has registered since the coordinator started that could show that its decision log is the newest: start "
    "the participants (assentctl stores lists their stores)";
constexpr const char* kNotYet =
    "this coordinator takes in no new store before one that it knows has shown that its decision log is the newest: "
    "start their participants (assentctl stores lists them)";

}  // namespace

std::string Coordinator::not_yet(const StoreRegistered& event) const {
  const bool is_taken_in = is_proven_ || stores_.entries().empty() || stores_.find(event.store) != nullptr;
  return is_taken_in ? std::string() : kNotYet;
}

// The stores that the log knows have nothing against it if all of them have registered: they may have come to know it
// just before this start, and so have seen none. A log that knows none is taken as its first store finds it.
bool Coordinator::proves(const StoreRegistered& event) const {
  if (event.seen.epoch != Epoch{} && event.seen.epoch < lineage_.epoch()) return true;
  const auto& stores = stores_.entries();
  return std::all_of(stores.begin(), stores.end(), [](const auto& store) { return store.second.in_force.has_value(); });
}

void Coordinator::prove(Turn& turn) {
  is_proven_ = true;
  for (const ClientCall& call : held_.take_all()) {
    std::visit([&](const auto& each) { handle(each, turn); }, call);
  }
}

bool Coordinator::may_lack(const TransactionId& id, Time now) const {
  return !is_proven_ && id.log == lineage_.log() && standing(id, now) != Standing::kCanBegin &&
         durable_commit(id) == nullptr && !may_have_ended(id);
}

void Coordinator::hold(ClientCall call, Turn& turn) {
  if (draining_ || held_.is_full()) return answer_unproven(call, turn);
  held_.hold(std::move(call), turn.now);
}

void Coordinator::answer_unproven(const ClientCall& call, Turn& turn) {
  if (const auto* lease = std::get_if<LeaseRequested>(&call)) {
    turn.effects.emplace_back(CallRefused{lease->call, RefusalKind::kUnavailable, kUnproven});
    return;
  }
  std::visit(
      [&](const auto& each) {
        if constexpr (requires { each.id; }) {
          turn.effects.emplace_back(OutcomeAnswered{each.call, each.id, OutcomeKind::kInProgress, {}, {}});
        }
      },
      call);
}

}  // namespace assent::coordinator
