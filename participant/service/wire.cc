#include "participant/service/wire.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "assent/store_name.h"
#include "thrift/rpc/convert.h"

namespace assent::participant {

namespace {

std::int64_t to_ms(Duration duration) {
  return rpc::to_milliseconds(duration);
}

using rpc::bits;

Result<Statements> to_statements(std::vector<wire::Statement>&& wire_statements) {
  auto statements = rpc::from_wire(std::move(wire_statements), "statements");
  if (!statements) return statements.error();
  return Statements{std::make_shared<const std::vector<Statement>>(std::move(*statements))};
}

// They are kept with the branch.
Result<void> check_stores(const std::vector<std::string>& stores) {
  if (stores.size() > kMostStoresInMessage) {
    return Error{ErrorKind::kInvalidInput, "stores: the transaction names " + std::to_string(stores.size()) +
                                               " of them, and may name " + std::to_string(kMostStoresInMessage) +
                                               ": split it"};
  }
  for (const auto& store : stores) {
    if (auto wrong = wrong_store_name(store)) return Error{ErrorKind::kInvalidInput, "stores: " + *wrong};
  }
  return {};
}

// Keys are the store's own encoding: what cannot be shown stands as hexadecimal digits.
std::string printable(const std::string& key) {
  const auto is_shown = [](char c) { return std::isprint(static_cast<unsigned char>(c)) != 0; };
  if (std::all_of(key.begin(), key.end(), is_shown)) return key;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "x'";
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text + '\'';
}

}  // namespace

Result<ExecuteRequested> to_event(wire::ExecuteRequest&& request, CallId call, std::string coordinator_address) {
  auto statement = rpc::from_wire(std::move(request.statement), "statement");
  if (!statement) return statement.error();
  const auto number = rpc::count_from_wire(request.statement_number, "statement_number");
  if (!number) return number.error();
  const auto timeout = rpc::from_milliseconds(request.timeout_ms, "timeout_ms");
  if (!timeout) return timeout.error();
  const auto level = rpc::from_wire(request.level, "level");
  if (!level) return level.error();
  ExecuteRequested event;
  event.call = call;
  event.id = rpc::from_wire(request.id);
  event.begin_stamp = static_cast<std::uint64_t>(request.begin_stamp);
  event.branch = rpc::from_wire(request.branch);
  event.statement_number = *number;
  event.statement = std::make_shared<const std::vector<Statement>>(1, std::move(*statement));
  event.timeout = *timeout;
  event.coordinator_address = std::move(coordinator_address);
  event.level = *level;
  return event;
}

Result<ExecuteAndPrepareRequested> to_event(wire::ExecuteAndPrepareRequest&& request, CallId call,
                                            const CoordinatorView& coordinator) {
  auto statements = to_statements(std::move(request.statements));
  if (!statements) return statements.error();
  const auto timeout = rpc::from_milliseconds(request.timeout_ms, "timeout_ms");
  if (!timeout) return timeout.error();
  const auto level = rpc::from_wire(request.level, "level");
  if (!level) return level.error();
  if (auto named = check_stores(request.stores); !named) return named.error();
  ExecuteAndPrepareRequested event;
  event.call = call;
  event.opening = Opening{static_cast<std::uint64_t>(request.opening)};
  event.coordinator = coordinator;
  event.id = rpc::from_wire(request.id);
  event.begin_stamp = static_cast<std::uint64_t>(request.begin_stamp);
  event.statements = std::move(*statements);
  event.timeout = *timeout;
  event.stores = std::move(request.stores);
  event.level = *level;
  return event;
}

Result<PrepareRequested> to_event(const wire::PrepareRequest& request, CallId call,
                                  const CoordinatorView& coordinator) {
  const auto count = rpc::count_from_wire(request.statement_count, "statement_count");
  if (!count) return count.error();
  if (auto named = check_stores(request.stores); !named) return named.error();
  PrepareRequested event;
  event.call = call;
  event.opening = Opening{static_cast<std::uint64_t>(request.opening)};
  event.coordinator = coordinator;
  event.id = rpc::from_wire(request.id);
  event.branch = rpc::from_wire(request.branch);
  event.statement_count = *count;
  event.stores = request.stores;
  return event;
}

Result<DecisionReceived> to_event(const wire::Decision& decision, Opening opening,
                                  const std::shared_ptr<const CoordinatorView>& coordinator, CallId call) {
  const auto kind = rpc::from_wire(decision.kind, "decisions.kind");
  if (!kind) return kind.error();
  DecisionReceived event;
  event.call = call;
  event.opening = opening;
  event.coordinator = coordinator;
  event.id = rpc::from_wire(decision.id);
  if (decision.__isset.branch) event.branch = rpc::from_wire(decision.branch);
  event.decision = *kind;
  event.commit = Position{static_cast<std::uint64_t>(decision.commit_position)};
  if (event.decision == Decision::kCommit && event.branch == kNoBranch) {
    return Error{ErrorKind::kInvalidInput, "a commit of " + to_string(event.id) + " names no branch number"};
  }
  return event;
}

Result<ResolveRequested> to_event(const wire::ResolveRequest& request, CallId call) {
  const auto kind = rpc::from_wire(request.decision, "decision");
  if (!kind) return kind.error();
  if (request.reason.empty()) {
    return Error{ErrorKind::kInvalidInput, "a resolution by hand needs a reason: who decides, and why"};
  }
  return ResolveRequested{call, rpc::from_wire(request.id), *kind, request.reason};
}

Result<SchemaChangeRequested> to_event(wire::ApplySchemaRequest&& request, CallId call) {
  if (request.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Error{ErrorKind::kInvalidInput, "the schema file is empty: nothing was applied"};
  }
  return SchemaChangeRequested{call, std::make_shared<const std::string>(std::move(request.text))};
}

Result<AcknowledgeWriteRequested> to_event(const wire::AcknowledgeWriteRequest& request, CallId call) {
  if (request.reason.empty()) {
    return Error{ErrorKind::kInvalidInput, "an acknowledgement needs a reason: who gives it, and what was found"};
  }
  return AcknowledgeWriteRequested{call};
}

TestimonyRequested to_event(const wire::TestifyRequest& request, CallId call, const CoordinatorView& coordinator,
                            std::size_t most) {
  TestimonyRequested event;
  event.call = call;
  event.opening = Opening{bits(request.opening)};
  event.coordinator = coordinator;
  if (request.__isset.after) event.after = rpc::from_wire(request.after);
  event.most = most;
  return event;
}

SharedWord::SharedWord(CoordinatorView view)
    : line_(std::make_shared<const CoordinatorView>(CoordinatorView{view.line, view.address, {}})) {
  whole_ = std::make_shared<const CoordinatorView>(std::move(view));
}

Result<InquiryAnswered> to_event(const wire::InquiryAnswer& answer,
                                 std::shared_ptr<const CoordinatorView> coordinator) {
  InquiryAnswered event;
  event.coordinator = std::move(coordinator);
  event.id = rpc::from_wire(answer.id);
  event.branch = rpc::from_wire(answer.branch);
  event.commit = Position{static_cast<std::uint64_t>(answer.commit_position)};
  const auto result =
      rpc::enum_from_wire(answer.result, InquiryResult::kUndecided, InquiryResult::kEnded, "answers.result");
  if (!result) return result.error();
  event.result = *result;
  return event;
}

wire::ExecuteAnswer to_wire(const ExecuteAnswered& effect) {
  wire::ExecuteAnswer answer;
  answer.branch = rpc::to_wire(effect.branch);
  if (effect.ended.reason != AbortReason::kNone) {
    answer.__set_ended(rpc::to_wire(effect.ended));
  } else if (effect.failure.reason != AbortReason::kNone) {
    answer.__set_failure(rpc::to_wire(effect.failure));
  } else {
    answer.__set_result(rpc::to_wire(*effect.result));
  }
  return answer;
}

wire::VoteAnswer to_wire(const VoteAnswered& effect) {
  wire::VoteAnswer answer;
  answer.branch = rpc::to_wire(effect.branch);
  answer.vote = effect.already_committed ? wire::Vote::COMMITTED : rpc::to_wire(effect.vote);
  answer.cause = rpc::to_wire(effect.cause);
  if (effect.results) {
    answer.results = rpc::to_wire(*effect.results);
  }
  return answer;
}

wire::Acknowledgement to_wire(const DecisionAnswered& effect) {
  wire::Acknowledgement acknowledgement;
  acknowledgement.id = rpc::to_wire(effect.id);
  acknowledgement.detail = effect.detail;
  switch (effect.kind) {
    case AcknowledgementKind::kDone: acknowledgement.kind = wire::AcknowledgementKind::DONE; break;
    case AcknowledgementKind::kAgrees: acknowledgement.kind = wire::AcknowledgementKind::AGREES; break;
    case AcknowledgementKind::kContradicts: acknowledgement.kind = wire::AcknowledgementKind::CONTRADICTS; break;
    case AcknowledgementKind::kRefused: acknowledgement.kind = wire::AcknowledgementKind::REFUSED; break;
  }
  return acknowledgement;
}

wire::SchemaAnswer to_wire(const SchemaAnswered& effect) {
  wire::SchemaAnswer answer;
  answer.version = bits(effect.version);
  answer.applied_before = effect.was_applied_before;
  return answer;
}

wire::AcknowledgeWriteAnswer to_wire(const AcknowledgeWriteAnswered& effect) {
  wire::AcknowledgeWriteAnswer answer;
  answer.foreign_write = effect.foreign_write;
  return answer;
}

wire::Testimony to_wire(const TestimonyGiven& effect) {
  const Testimony& given = effect.testimony;
  wire::Testimony testimony;
  testimony.identity = bits(given.identity);
  testimony.position = bits(given.position);
  testimony.seen_position = bits(given.seen);
  testimony.released_through = bits(given.released.through);
  for (const Position position : given.released.except) testimony.released_except.push_back(bits(position));
  for (const auto& branch : given.branches) {
    wire::TestifiedBranch testified;
    testified.id = rpc::to_wire(branch.id);
    testified.branch = rpc::to_wire(branch.branch);
    testified.state = branch.state;
    testified.commit_position = bits(branch.commit);
    testified.stores = branch.stores;
    testimony.branches.push_back(std::move(testified));
  }
  testimony.more = given.more;
  return testimony;
}

wire::FaultCode::type to_wire(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::kInvalidArgument: return wire::FaultCode::INVALID_ARGUMENT;
    case RefusalKind::kNotFound: return wire::FaultCode::NOT_FOUND;
    case RefusalKind::kOverloaded: return wire::FaultCode::OVERLOADED;
    case RefusalKind::kUnavailable: return wire::FaultCode::UNAVAILABLE;
    case RefusalKind::kFenced: return wire::FaultCode::FENCED;
    case RefusalKind::kConflict: return wire::FaultCode::CONFLICT;
  }
  return wire::FaultCode::UNAVAILABLE;
}

wire::BranchStatus to_wire(const BranchSummary& branch) {
  wire::BranchStatus status;
  status.id = rpc::to_wire(branch.id);
  status.branch = rpc::to_wire(branch.branch);
  status.state = branch.state;
  status.age_ms = to_ms(branch.age);
  status.stores = branch.stores;
  status.coordinator = to_string(branch.coordinator) + " at " + branch.coordinator_address;
  status.inquiries = static_cast<std::int32_t>(branch.inquiries);
  status.changes = bits(branch.changes);
  for (const auto& waiter : branch.blocks) status.blocks.push_back(rpc::to_wire(waiter));
  return status;
}

wire::LockStatus to_wire(const LockSummary& lock) {
  wire::LockStatus status;
  status.table = lock.name.table;
  status.key = printable(lock.name.key);
  status.mode = lock.mode;
  status.id = rpc::to_wire(lock.id);
  status.granted = lock.granted;
  status.age_ms = to_ms(lock.age);
  return status;
}

namespace {

wire::StoreCounters counters_of(const StoreReport& report) {
  wire::StoreCounters counters;
  counters.prepared = bits(report.counters.prepared);
  counters.committed = bits(report.counters.committed);
  counters.aborted = bits(report.counters.aborted);
  for (const auto& [reason, count] : report.runner.aborted_by_reason) {
    counters.aborted_by_reason[std::string(to_string(reason))] = bits(count);
  }
  counters.wounded = bits(report.counters.wounded);
  for (const auto& [purpose, count] : report.runner.forces) {
    counters.forces[std::string(to_string(purpose))] = bits(count);
  }
  counters.syncs = bits(report.store.disk.syncs);
  counters.writes = bits(report.store.disk.writes);
  counters.written_bytes = bits(report.store.disk.written_bytes);
  counters.reads = bits(report.store.disk.reads);
  counters.journal_operations = to_wire(report.runner.journal_operations);
  counters.journal_us = to_wire(report.runner.journal);
  counters.batch_items = to_wire(report.runner.batch_items);
  counters.batch_wait_us = to_wire(report.runner.batch_wait);
  counters.run_us = to_wire(report.runner.run);
  counters.lock_waits = bits(report.counters.lock_waits);
  counters.lock_wait_us = to_wire(report.runner.lock_wait);
  counters.cpu_us = daemon::to_microseconds(report.cpu);
  return counters;
}

}  // namespace

wire::ParticipantStoreStatus to_wire(const std::string& store, const StoreReport& report) {
  wire::ParticipantStoreStatus status;
  status.store = store;
  status.identity = bits(report.identity);
  status.start_number = bits(report.start_number);
  status.opening = bits(report.opening);
  status.position = bits(report.position);
  status.active = static_cast<std::int32_t>(report.totals.active);
  status.prepared = static_cast<std::int32_t>(report.totals.prepared);
  status.committed = static_cast<std::int32_t>(report.totals.committed);
  status.locks = static_cast<std::int32_t>(report.totals.locks);
  status.waiting = static_cast<std::int32_t>(report.totals.waiting);
  status.operator_resolved = static_cast<std::int32_t>(report.totals.operator_resolved);
  status.oldest_doubt_ms = to_ms(report.totals.oldest_doubt);
  status.forces = bits(report.forces);
  status.resolved_in_doubt = bits(report.counters.resolved_in_doubt);
  status.alarms = bits(report.counters.alarms);
  status.foreign_write = report.foreign_write;
  status.wal_bytes = bits(report.store.wal_bytes);
  status.reapplied_rows = bits(report.store.reapplied_rows);
  status.counters = counters_of(report);
  for (const auto& line : report.seen) {
    wire::SeenLog seen;
    seen.log = bits(line.log);
    seen.epoch = bits(line.epoch);
    seen.position = bits(line.durable);
    status.seen.push_back(seen);
  }
  return status;
}

// Zeros if the store has seen nothing of the log.
wire::StoreRegistration to_registration(const std::string& store, const StoreStanding& standing, LogIdentity log) {
  wire::StoreRegistration registration;
  registration.store = store;
  registration.identity = bits(standing.identity);
  registration.start_number = bits(standing.start_number);
  registration.opening = bits(standing.opening);
  registration.position = bits(standing.position);
  const auto seen = std::find_if(standing.seen.begin(), standing.seen.end(),
                                 [log](const CoordinatorLine& line) { return line.log == log; });
  if (seen != standing.seen.end()) {
    registration.seen_epoch = bits(seen->epoch);
    registration.seen_nonce = bits(seen->nonce);
    registration.seen_position = bits(seen->durable);
  }
  return registration;
}

}  // namespace assent::participant
