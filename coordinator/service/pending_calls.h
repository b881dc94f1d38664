// PendingCalls: who waits for which answer of the core. On the network thread only.
//
// A caller whose answer never comes gets none: it must not hear "nothing happened" of a transaction that may commit.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <variant>
#include <vector>

#include "coordinator/core/events.h"
#include "thrift/rpc/server.h"

namespace assent::coordinator {

class PendingCalls {
 public:
  // Each registers a caller, and gives its call a number.
  CallId add(rpc::Responder<wire::Lease> respond);
  CallId add(rpc::Responder<wire::Outcome> respond);
  // Many stores register, and many branches are inquired about, in one call: one number for each, one answer when all
  // have theirs. REQUIRES: count > 0.
  std::vector<CallId> add(rpc::Responder<wire::RegistrationAnswer> respond, std::size_t count);
  std::vector<CallId> add(rpc::Responder<wire::InquiryAnswers> respond, std::size_t count);

  void answer(const LeaseGranted& effect);
  void answer(const OutcomeAnswered& effect);
  // `view` is what the coordinator says of itself now.
  void answer(const RegistrationAnswered& effect, const wire::CoordinatorView& view);
  void answer(const InquiryAnswered& effect, const wire::CoordinatorView& view);
  void answer(const CallRefused& effect);

  // The call never became an event: `error` says why.
  void refuse(CallId call, const Error& error);

  std::size_t size() const { return calls_.size(); }

 private:
  template <typename Answer>
  struct Gathering {
    rpc::Responder<Answer> respond;
    Answer answer;
    std::size_t missing = 0;
  };
  using Registration = std::shared_ptr<Gathering<wire::RegistrationAnswer>>;
  struct Inquiry {
    std::shared_ptr<Gathering<wire::InquiryAnswers>> gathering;
    std::size_t index = 0;
  };
  using Waiting = std::variant<rpc::Responder<wire::Lease>, rpc::Responder<wire::Outcome>, Registration, Inquiry>;

  CallId next(Waiting waiting);
  // Takes the call out. REQUIRES: the core answers each call once, in its own kind.
  template <typename Kind>
  Kind take(CallId call);
  template <typename Fault>
  void end_with(CallId call, const Fault& fault);

  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Waiting> calls_;
};

}  // namespace assent::coordinator
