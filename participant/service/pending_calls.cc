#include "participant/service/pending_calls.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "participant/service/wire.h"

namespace assent::participant {

CallId PendingCalls::next(const std::string& store, Waiting waiting) {
  calls_.emplace(++last_, Call{store, std::move(waiting)});
  return CallId{last_};
}

std::optional<PendingCalls::Waiting> PendingCalls::take(CallId call) {
  const auto found = calls_.find(static_cast<std::uint64_t>(call));
  if (found == calls_.end()) return std::nullopt;
  auto waiting = std::move(found->second.waiting);
  calls_.erase(found);
  return waiting;
}

CallId PendingCalls::add(const std::string& store, rpc::Responder<wire::ExecuteAnswer> respond) {
  return next(store, std::move(respond));
}

CallId PendingCalls::add(const std::string& store, rpc::Responder<wire::VoteAnswer> respond) {
  return next(store, std::move(respond));
}

CallId PendingCalls::add(const std::string& store, rpc::Responder<wire::BranchStatus> respond) {
  return next(store, std::move(respond));
}

CallId PendingCalls::add(const std::string& store, rpc::Responder<wire::SchemaAnswer> respond) {
  return next(store, std::move(respond));
}

CallId PendingCalls::add(const std::string& store, rpc::Responder<wire::AcknowledgeWriteAnswer> respond) {
  return next(store, std::move(respond));
}

CallId PendingCalls::add(const std::string& store, rpc::Responder<wire::Testimony> respond) {
  return next(store, std::move(respond));
}

std::vector<CallId> PendingCalls::add(const std::string& store, rpc::Responder<wire::DecideAnswer> respond,
                                      std::size_t decisions) {
  auto shared = std::make_shared<Decisions>(Decisions{std::move(respond), {}, decisions});
  shared->answer.acknowledgements.resize(decisions);
  std::vector<CallId> calls;
  calls.reserve(decisions);
  for (std::size_t index = 0; index < decisions; ++index) {
    calls.push_back(next(store, DecisionSlot{shared, index}));
  }
  return calls;
}

void PendingCalls::answer(const ExecuteAnswered& effect) {
  if (auto waiting = take(effect.call)) std::get<rpc::Responder<wire::ExecuteAnswer>> (*waiting)(to_wire(effect));
}

void PendingCalls::answer(const VoteAnswered& effect) {
  if (auto waiting = take(effect.call)) std::get<rpc::Responder<wire::VoteAnswer>> (*waiting)(to_wire(effect));
}

void PendingCalls::answer(const DecisionAnswered& effect) {
  auto waiting = take(effect.call);
  if (!waiting) return;
  auto& [decisions, index] = std::get<DecisionSlot>(*waiting);
  decisions->answer.acknowledgements[index] = to_wire(effect);
  decisions->answer.store_position =
      std::max(decisions->answer.store_position, static_cast<std::int64_t>(effect.position));
  if (--decisions->missing == 0) decisions->respond(decisions->answer);
}

void PendingCalls::answer(const ResolveAnswered& effect) {
  if (auto waiting = take(effect.call)) std::get<rpc::Responder<wire::BranchStatus>> (*waiting)(to_wire(effect.branch));
}

void PendingCalls::answer(const SchemaAnswered& effect) {
  if (auto waiting = take(effect.call)) std::get<rpc::Responder<wire::SchemaAnswer>> (*waiting)(to_wire(effect));
}

void PendingCalls::answer(const AcknowledgeWriteAnswered& effect) {
  auto waiting = take(effect.call);
  if (waiting) std::get<rpc::Responder<wire::AcknowledgeWriteAnswer>> (*waiting)(to_wire(effect));
}

void PendingCalls::answer(const TestimonyGiven& effect) {
  if (auto waiting = take(effect.call)) std::get<rpc::Responder<wire::Testimony>> (*waiting)(to_wire(effect));
}

template <typename Fault>
void PendingCalls::end_with(CallId call, const Fault& fault) {
  auto waiting = take(call);
  if (!waiting) return;
  if (const auto* slot = std::get_if<DecisionSlot>(&*waiting)) {
    // One refused decision refuses its whole call, and the coordinator sends all of them again.
    fault(slot->decisions->respond);
    std::erase_if(calls_, [&whole = slot->decisions](const auto& entry) {
      const auto* other = std::get_if<DecisionSlot>(&entry.second.waiting);
      return other != nullptr && other->decisions == whole;
    });
    return;
  }
  std::visit(
      [&fault](const auto& respond) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(respond)>, DecisionSlot>) fault(respond);
      },
      *waiting);
}

void PendingCalls::refuse(const CallRefused& effect) {
  end_with(effect.call, [&](const auto& respond) { respond.fault(to_wire(effect.kind), effect.message); });
}

void PendingCalls::refuse(CallId call, const Error& error) {
  end_with(call, [&](const auto& respond) { respond.fault(error); });
}

void PendingCalls::drop(const std::string& store, const std::string& reason) {
  std::vector<CallId> dropped;
  for (const auto& [number, call] : calls_) {
    if (call.store == store) dropped.push_back(CallId{number});
  }
  const Error error{ErrorKind::kUnknown, "store `" + store + "` went offline, with this call done or not: " + reason};
  for (const auto call : dropped) refuse(call, error);
}

}  // namespace assent::participant
