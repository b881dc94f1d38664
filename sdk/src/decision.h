// How a request that commits (a commit, or a submit) is brought to a known end.
//
//   D1  Committed is reported only after the coordinator said so; aborted only after it said so, or if nothing that
//       could commit the transaction was ever taken in, and nothing more is sent.
//   D2  Once the answer is lost, only the coordinator's word about the outcome counts: a refusal of a later copy says
//       nothing about the first. Asking makes it final: a copy that is still on its way cannot begin.
//   D3  What is not known in time is OutcomeUnknown, and nothing else.
#pragma once

#include <functional>
#include <memory>

#include "assent/result.h"
#include "assent/time.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "sdk/src/completion.h"
#include "sdk/src/session.h"

namespace assent::sdk {

// The request was not sent, or was refused for now: it may be sent again.
bool may_be_sent_again(const Error& error);

// The request was not sent, or was refused before anything happened.
bool is_without_effect(const Error& error);

inline wire::ReturnWhen::type to_wire(Return when) {
  return when == Return::applied ? wire::ReturnWhen::APPLIED : wire::ReturnWhen::DECIDED;
}

inline Lane lane_of(Return when) {
  return when == Return::applied ? Lane::kApplied : Lane::kCalls;
}

// A request that commits, after it was sent for the last time.
struct Sent {
  Time answer_until;  // when its answer counts as lost
  Result<wire::Outcome> answer;
};

// Sends the request again, and waits for its answer for so long.
using Repeat = std::function<void(Duration, OnAnswer<wire::Outcome>)>;

// The end of the transaction, committed or aborted, without results; or OutcomeUnknown. Asks for it if the answer is
// none. A commit that had to be asked for is followed, with Return::applied, by `repeat`: the coordinator answers it
// once every store has applied the transaction. That is done within the time of the first answer, so that a store
// that stays away delays the caller once.
void settle(const std::shared_ptr<Session>& session, const TransactionId& id, Return when, const Sent& sent,
            Repeat repeat, Completion<Outcome> done);

// How a transaction ended that somebody asks for: committed, aborted or forgotten; or OutcomeUnknown, InvalidArgument.
void outcome(const std::shared_ptr<Session>& session, const TransactionId& id, Completion<Outcome> done);

}  // namespace assent::sdk
