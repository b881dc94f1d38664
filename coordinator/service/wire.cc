#include "coordinator/service/wire.h"

#include <memory>
#include <utility>

#include "assent/store_name.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/convert.h"

namespace assent::coordinator {

namespace {

using rpc::bits;
using rpc::element;

Result<void> check_name(const std::string& store) {
  if (auto wrong = wrong_store_name(store)) return Error{ErrorKind::kInvalidInput, std::move(*wrong)};
  return {};
}

Result<void> check_count(const char* field, std::size_t count, const char* remedy) {
  if (count <= kMostStoresInMessage) return {};
  return Error{ErrorKind::kInvalidInput, std::string(field) + ": " + std::to_string(count) + " in one call, and " +
                                             std::to_string(kMostStoresInMessage) + " are the most: " + remedy};
}

Result<ReturnWhen> return_when(wire::ReturnWhen::type value) {
  // Left out by a client that does not care.
  if (static_cast<int>(value) == 0) return ReturnWhen::kDecided;
  return rpc::enum_from_wire(value, ReturnWhen::kDecided, ReturnWhen::kApplied, "return_when");
}

Result<std::vector<TouchedBranch>> touched(std::vector<wire::TouchedBranch>&& branches) {
  std::vector<TouchedBranch> result;
  result.reserve(branches.size());
  for (auto& branch : branches) {
    const auto count =
        rpc::count_from_wire(branch.statement_count, element("branches", result.size()) + ".statement_count");
    if (!count) return count.error();
    result.push_back({std::move(branch.store), rpc::from_wire(branch.branch), *count});
  }
  return result;
}

// What results take in a message, or a little more (integers and reals take 12 bytes, rows 9).
std::uint64_t size_of(const std::vector<wire::StatementResult>& results) {
  constexpr std::uint64_t kElement = 12;
  std::uint64_t bytes = 0;
  for (const auto& result : results) {
    bytes += 4 * kElement;
    for (const auto& column : result.columns) bytes += kElement + column.size();
    for (const auto& row : result.rows) {
      bytes += kElement;
      for (const auto& value : row.values) bytes += kElement + value.text.size() + value.blob.size();
    }
  }
  return bytes;
}

}  // namespace

// ---- from clients ----

Result<LeaseRequested> to_event(const wire::LeaseRequest& request, CallId call) {
  const auto count = rpc::count_from_wire(request.count, "count");
  if (!count) return count.error();
  return LeaseRequested{call, *count};
}

Result<SubmitRequested> to_event(wire::SubmitRequest&& request, CallId call) {
  SubmitRequested event{call, rpc::from_wire(request.id), bits(request.begin_stamp), {}, {}, {}};
  event.branches.reserve(request.branches.size());
  for (auto& branch : request.branches) {
    auto statements =
        rpc::from_wire(std::move(branch.statements), element("branches", event.branches.size()) + ".statements");
    if (!statements) return statements.error();
    event.branches.push_back(
        {std::move(branch.store), std::make_shared<const std::vector<Statement>>(std::move(*statements))});
  }
  const auto when = return_when(request.return_when);
  if (!when) return when.error();
  event.return_when = *when;
  if (request.timeout_ms != 0) {
    const auto timeout = rpc::from_milliseconds(request.timeout_ms, "timeout_ms");
    if (!timeout) return timeout.error();
    event.timeout = *timeout;
  }
  const auto level = rpc::from_wire(request.level, "level");
  if (!level) return level.error();
  event.level = *level;
  return event;
}

Result<CommitRequested> to_event(wire::CommitRequest&& request, CallId call) {
  auto branches = touched(std::move(request.branches));
  if (!branches) return branches.error();
  const auto when = return_when(request.return_when);
  if (!when) return when.error();
  return CommitRequested{call, rpc::from_wire(request.id), std::move(*branches), *when};
}

Result<AbortRequested> to_event(wire::AbortRequest&& request, CallId call) {
  auto branches = touched(std::move(request.branches));
  if (!branches) return branches.error();
  return AbortRequested{call, rpc::from_wire(request.id), std::move(*branches)};
}

Result<OutcomeRequested> to_event(const wire::OutcomeRequest& request, CallId call) {
  return OutcomeRequested{call, rpc::from_wire(request.id)};
}

// ---- from stores ----

Result<void> check(const wire::Registration& registration) {
  if (const auto parsed = rpc::parse_address(registration.address); !parsed) return parsed.error();
  if (auto bounded = check_count("stores", registration.stores.size(), "serve them by several participants");
      !bounded) {
    return bounded;
  }
  for (const auto& store : registration.stores) {
    if (auto named = check_name(store.store); !named) return named;
  }
  return {};
}

Result<void> check(const wire::InquiryRequest& request) {
  if (request.inquiries.empty()) return {};  // it asks how things are here, for no store
  if (auto named = check_name(request.store); !named) return named;
  return check_count("inquiries", request.inquiries.size(), "ask about them in several calls");
}

Result<void> check(const wire::WoundRequest& request) {
  return check_name(request.store);
}

Result<StoreRegistered> to_event(const wire::StoreRegistration& store, const std::string& address, LogIdentity log,
                                 CallId call) {
  StoreRegistered event{call,
                        store.store,
                        StoreIdentity{bits(store.identity)},
                        address,
                        StorePosition{bits(store.position)},
                        {},
                        bits(store.start_number),
                        Opening{bits(store.opening)}};
  if (store.seen_epoch != 0) {
    event.seen = {log, Epoch{bits(store.seen_epoch)}, Nonce{bits(store.seen_nonce)},
                  Position{bits(store.seen_position)}};
  }
  return event;
}

Inquired to_event(const wire::InquiryRequest& request, const wire::Inquiry& inquiry, CallId call) {
  const auto id = rpc::from_wire(inquiry.id);
  Inquired event{call, request.store, id, rpc::from_wire(inquiry.branch), {}, Opening{bits(request.opening)}};
  if (request.seen_epoch != 0) {
    event.seen = {id.log, Epoch{bits(request.seen_epoch)}, Nonce{bits(request.seen_nonce)},
                  Position{bits(request.seen_position)}};
  }
  return event;
}

WoundRequested to_event(const wire::WoundRequest& request) {
  return {request.store, rpc::from_wire(request.id), Opening{bits(request.opening)}};
}

Result<Event> to_event(const std::string& store, const TransactionId& id, wire::VoteAnswer&& answer) {
  const auto branch = rpc::from_wire(answer.branch);
  if (answer.vote == wire::Vote::COMMITTED) return AlreadyCommitted{store, id, branch};
  const auto vote = rpc::from_wire(answer.vote, "vote");
  if (!vote) return vote.error();
  VoteReceived event{store, id, branch, *vote, {}, {}, size_of(answer.results)};
  if (*vote == Vote::kNo) {
    auto cause = rpc::from_wire(std::move(answer.cause), "cause");
    if (!cause) return cause.error();
    event.cause = std::move(*cause);
  }
  if (!answer.results.empty()) {
    auto results = rpc::from_wire(std::move(answer.results), "results");
    if (!results) return results.error();
    event.results = std::make_shared<const std::vector<StatementResult>>(std::move(*results));
  }
  return event;
}

Result<std::vector<Acknowledged>> to_events(const std::vector<SendDecision>& sent, wire::DecideAnswer&& answer) {
  if (answer.acknowledgements.size() != sent.size()) {
    return Error{ErrorKind::kInvalidInput, "acknowledgements: " + std::to_string(answer.acknowledgements.size()) +
                                               " for " + std::to_string(sent.size()) + " decisions"};
  }
  std::vector<Acknowledged> events;
  events.reserve(sent.size());
  for (auto& acknowledgement : answer.acknowledgements) {
    const auto& decision = sent[events.size()];
    const auto field = element("acknowledgements", events.size());
    if (rpc::from_wire(acknowledgement.id) != decision.id) {
      return Error{ErrorKind::kInvalidInput, field + ".id: is not that of the decision, " + to_string(decision.id)};
    }
    const auto kind = rpc::enum_from_wire(acknowledgement.kind, AcknowledgementKind::kDone,
                                          AcknowledgementKind::kRefused, field + ".kind");
    if (!kind) return kind.error();
    events.push_back({decision.store, decision.id, decision.branch, decision.decision, *kind,
                      StorePosition{bits(answer.store_position)}, std::move(acknowledgement.detail)});
  }
  return events;
}

// ---- to clients and stores ----

wire::Lease to_wire(const LeaseGranted& effect) {
  wire::Lease lease;
  lease.first = rpc::to_wire(effect.first);
  lease.count = static_cast<std::int32_t>(effect.count);
  lease.begin_stamp = bits(effect.begin_stamp);
  lease.use_for_ms = rpc::to_milliseconds(effect.use_for);
  lease.transaction_timeout_ms = rpc::to_milliseconds(effect.transaction_timeout);
  return lease;
}

wire::Outcome to_wire(const OutcomeAnswered& effect) {
  wire::Outcome outcome;
  outcome.id = rpc::to_wire(effect.id);
  outcome.kind = rpc::to_wire(effect.kind);
  outcome.cause = rpc::to_wire(effect.cause);
  for (const auto& store : effect.results) {
    wire::StoreResults results;
    results.store = store.store;
    if (store.results != nullptr) results.results = rpc::to_wire(*store.results);
    outcome.results.push_back(std::move(results));
  }
  return outcome;
}

wire::InquiryAnswer to_wire(const InquiryAnswered& effect) {
  wire::InquiryAnswer answer;
  answer.id = rpc::to_wire(effect.id);
  answer.branch = rpc::to_wire(effect.branch);
  answer.result = static_cast<wire::InquiryResult::type>(effect.result);
  answer.commit_position = bits(effect.commit);
  return answer;
}

wire::FaultCode::type to_wire(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::kInvalidArgument: return wire::FaultCode::INVALID_ARGUMENT;
    case RefusalKind::kOverloaded: return wire::FaultCode::OVERLOADED;
    case RefusalKind::kUnavailable: return wire::FaultCode::UNAVAILABLE;
  }
  return wire::FaultCode::UNAVAILABLE;
}

wire::ExecuteAndPrepareRequest to_wire(const SendExecuteAndPrepare& effect, const wire::CoordinatorView& view) {
  wire::ExecuteAndPrepareRequest request;
  request.coordinator = view;
  request.store = effect.store;
  request.opening = bits(effect.opening);
  request.id = rpc::to_wire(effect.id);
  request.begin_stamp = bits(effect.begin_stamp);
  request.statements = rpc::to_wire(*effect.statements);
  request.timeout_ms = rpc::to_milliseconds(effect.timeout);
  request.stores = effect.stores;
  request.level = rpc::to_wire(effect.level);
  return request;
}

wire::PrepareRequest to_wire(const SendPrepare& effect, const wire::CoordinatorView& view) {
  wire::PrepareRequest request;
  request.coordinator = view;
  request.store = effect.store;
  request.opening = bits(effect.opening);
  request.id = rpc::to_wire(effect.id);
  request.branch = rpc::to_wire(effect.branch);
  request.statement_count = static_cast<std::int32_t>(effect.statement_count);
  request.stores = effect.stores;
  return request;
}

wire::DecideRequest to_wire(const std::vector<SendDecision>& decisions, const wire::CoordinatorView& view) {
  wire::DecideRequest request;
  request.coordinator = view;
  request.store = decisions.front().store;
  request.opening = bits(decisions.front().opening);
  request.decisions.reserve(decisions.size());
  for (const auto& effect : decisions) {
    wire::Decision decision;
    decision.id = rpc::to_wire(effect.id);
    if (effect.branch != kNoBranch) decision.__set_branch(rpc::to_wire(effect.branch));
    decision.kind = rpc::to_wire(effect.decision);
    decision.commit_position = bits(effect.commit);
    request.decisions.push_back(std::move(decision));
  }
  return request;
}

// ---- to operators ----

wire::StoreStatus to_wire(const StoreSummary& summary) {
  wire::StoreStatus status;
  status.store = summary.record.store;
  status.identity = bits(summary.record.identity);
  status.address = summary.record.address;
  status.last_seen_ms = summary.last_seen ? rpc::to_milliseconds(*summary.last_seen) : -1;
  status.owed = bits(summary.owed);
  status.refused = summary.refused;
  status.opening = bits(summary.opening);
  return status;
}

wire::TransactionStatus to_wire(const TransactionSummary& summary) {
  wire::TransactionStatus status;
  status.id = rpc::to_wire(summary.id);
  status.state = summary.state;
  status.age_ms = rpc::to_milliseconds(summary.age);
  for (const auto& branch : summary.branches) {
    wire::TransactionBranch each;
    each.store = branch.store;
    each.branch = rpc::to_wire(branch.branch);
    each.state = branch.state;
    status.branches.push_back(std::move(each));
  }
  status.note = summary.note;
  return status;
}

}  // namespace assent::coordinator
