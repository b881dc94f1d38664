// What a coordinator's messages are as events and effects of its core, and back. Pure functions; any thread.
//
// What comes from the wire is checked; an error is of kind kInvalidInput and names the field.
#pragma once

#include <string>
#include <vector>

#include "CoordinatorOperator.h"
#include "assent/result.h"
#include "assent_types.h"
#include "coordinator/core/coordinator.h"
#include "coordinator/core/events.h"

namespace assent::coordinator {

// ---- from clients ----

Result<LeaseRequested> to_event(const wire::LeaseRequest& request, CallId call);
Result<SubmitRequested> to_event(wire::SubmitRequest&& request, CallId call);
Result<CommitRequested> to_event(wire::CommitRequest&& request, CallId call);
Result<AbortRequested> to_event(wire::AbortRequest&& request, CallId call);
Result<OutcomeRequested> to_event(const wire::OutcomeRequest& request, CallId call);

// ---- from stores ----

// What is wrong with the call as a whole, before anything is made of it: names, addresses and how many there are. What
// is kept of strangers is bounded by this.
Result<void> check(const wire::Registration& registration);
Result<void> check(const wire::InquiryRequest& request);
Result<void> check(const wire::WoundRequest& request);

// `log` is the coordinator's own: what a store has seen of it stands in the registration.
Result<StoreRegistered> to_event(const wire::StoreRegistration& store, const std::string& address, LogIdentity log,
                                 CallId call);
Inquired to_event(const wire::InquiryRequest& request, const wire::Inquiry& inquiry, CallId call);
WoundRequested to_event(const wire::WoundRequest& request);

// The answer of `store` to a prepare or an execute-and-prepare of `id`.
Result<Event> to_event(const std::string& store, const TransactionId& id, wire::VoteAnswer&& answer);
// The answer of `store` to these decisions: one event for each.
Result<std::vector<Acknowledged>> to_events(const std::vector<SendDecision>& sent, wire::DecideAnswer&& answer);

// ---- to clients and stores ----

wire::Lease to_wire(const LeaseGranted& effect);
wire::Outcome to_wire(const OutcomeAnswered& effect);
wire::InquiryAnswer to_wire(const InquiryAnswered& effect);
wire::FaultCode::type to_wire(RefusalKind kind);
wire::ExecuteAndPrepareRequest to_wire(const SendExecuteAndPrepare& effect, const wire::CoordinatorView& view);
wire::PrepareRequest to_wire(const SendPrepare& effect, const wire::CoordinatorView& view);
// REQUIRES: at least one, all to one store.
wire::DecideRequest to_wire(const std::vector<SendDecision>& decisions, const wire::CoordinatorView& view);

// ---- to operators ----

wire::StoreStatus to_wire(const StoreSummary& summary);
wire::TransactionStatus to_wire(const TransactionSummary& summary);

}  // namespace assent::coordinator
