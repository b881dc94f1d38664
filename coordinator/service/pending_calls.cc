#include "coordinator/service/pending_calls.h"

#include <type_traits>
#include <utility>

#include "coordinator/service/wire.h"

namespace assent::coordinator {

CallId PendingCalls::next(Waiting waiting) {
  calls_.emplace(++last_, std::move(waiting));
  return CallId{last_};
}

CallId PendingCalls::add(rpc::Responder<wire::Lease> respond) {
  return next(std::move(respond));
}

CallId PendingCalls::add(rpc::Responder<wire::Outcome> respond) {
  return next(std::move(respond));
}

std::vector<CallId> PendingCalls::add(rpc::Responder<wire::RegistrationAnswer> respond, std::size_t count) {
  const auto gathering = std::make_shared<Gathering<wire::RegistrationAnswer>>(
      Gathering<wire::RegistrationAnswer>{std::move(respond), {}, count});
  std::vector<CallId> calls;
  for (std::size_t index = 0; index < count; ++index) calls.push_back(next(gathering));
  return calls;
}

std::vector<CallId> PendingCalls::add(rpc::Responder<wire::InquiryAnswers> respond, std::size_t count) {
  const auto gathering =
      std::make_shared<Gathering<wire::InquiryAnswers>>(Gathering<wire::InquiryAnswers>{std::move(respond), {}, count});
  gathering->answer.answers.resize(count);
  std::vector<CallId> calls;
  for (std::size_t index = 0; index < count; ++index) calls.push_back(next(Inquiry{gathering, index}));
  return calls;
}

template <typename Kind>
Kind PendingCalls::take(CallId call) {
  return std::get<Kind>(calls_.extract(static_cast<std::uint64_t>(call)).mapped());
}

void PendingCalls::answer(const LeaseGranted& effect) {
  take<rpc::Responder<wire::Lease>>(effect.call)(to_wire(effect));
}

void PendingCalls::answer(const OutcomeAnswered& effect) {
  take<rpc::Responder<wire::Outcome>>(effect.call)(to_wire(effect));
}

void PendingCalls::answer(const RegistrationAnswered& effect, const wire::CoordinatorView& view) {
  const auto gathering = take<Registration>(effect.call);
  if (!effect.refused.empty()) {
    wire::RefusedStore refused;
    refused.store = effect.store;
    refused.reason = effect.refused;
    gathering->answer.refused.push_back(std::move(refused));
  }
  if (--gathering->missing > 0) return;
  gathering->answer.coordinator = view;
  gathering->respond(gathering->answer);
}

void PendingCalls::answer(const InquiryAnswered& effect, const wire::CoordinatorView& view) {
  const auto [gathering, index] = take<Inquiry>(effect.call);
  gathering->answer.answers[index] = to_wire(effect);
  if (--gathering->missing > 0) return;
  gathering->answer.coordinator = view;
  gathering->respond(gathering->answer);
}

void PendingCalls::answer(const CallRefused& effect) {
  end_with(effect.call, [&](const auto& respond) { respond.fault(to_wire(effect.kind), effect.message); });
}

void PendingCalls::refuse(CallId call, const Error& error) {
  end_with(call, [&](const auto& respond) { respond.fault(error); });
}

template <typename Fault>
void PendingCalls::end_with(CallId call, const Fault& fault) {
  const auto waiting = calls_.extract(static_cast<std::uint64_t>(call)).mapped();
  std::visit(
      [&](const auto& each) {
        using Kind = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<Kind, Registration>) {
          fault(each->respond);
        } else if constexpr (std::is_same_v<Kind, Inquiry>) {
          fault(each.gathering->respond);
        } else {
          fault(each);
        }
      },
      waiting);
}

}  // namespace assent::coordinator
