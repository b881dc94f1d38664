#include "participant/core/text.h"

#include <type_traits>

#include "participant/core/lock_table.h"

namespace assent::participant {

namespace {

template <typename T>
std::string number(T id) {
  return std::to_string(static_cast<std::uint64_t>(id));
}

std::string branch_of(const TransactionId& id, const BranchNumber& branch) {
  return to_string(id) + (branch == kNoBranch ? std::string(" (no branch)") : " branch " + to_string(branch));
}

std::string branch(const BranchNumber& branch) {
  return branch == kNoBranch ? std::string("no branch") : "branch " + to_string(branch);
}

template <typename Items, typename Print>
std::string list(const Items& items, Print print) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += print(item);
  }
  return text;
}

std::string released(const Released& released) {
  std::string text = "released through " + number(released.through);
  if (released.except.empty()) return text;
  return text + " except " + list(released.except, [](Position position) { return number(position); });
}

std::string line(const CoordinatorLine& line) {
  return "log " + to_string(line.log) + " epoch " + number(line.epoch) + " nonce " + number(line.nonce) + " durable " +
         number(line.durable);
}

std::string view(const CoordinatorView& view) {
  return line(view.line) + ", " + released(view.released);
}

std::string count(std::size_t size, const char* thing) {
  return std::to_string(size) + " " + thing + (size == 1 ? "" : "s");
}

std::string position_of(Position commit) {
  return commit == Position{} ? "" : " at " + number(commit);
}

std::string because(const AbortCause& cause) {
  return cause.reason == AbortReason::kNone ? "" : " (" + to_text(cause) + ")";
}

// The usual level goes without saying.
std::string at(IsolationLevel level) {
  return level == IsolationLevel::kSerializable ? "" : ", " + std::string(assent::to_string(level));
}

std::string reason(const std::string& text) {
  return text.empty() ? "" : ": " + text;
}

std::string_view word(RowState state) {
  switch (state) {
    case RowState::kPrepared: return "prepared";
    case RowState::kCommitted: return "committed";
    case RowState::kResolvedCommit: return "resolved commit";
    case RowState::kResolvedAbort: return "resolved abort";
  }
  return "invalid";
}

std::string_view word(InquiryResult result) {
  switch (result) {
    case InquiryResult::kUndecided: return "undecided";
    case InquiryResult::kCommit: return "commit";
    case InquiryResult::kAbort: return "abort";
    case InquiryResult::kNotMine: return "not mine";
    case InquiryResult::kNotAccepted: return "not accepted";
    case InquiryResult::kEnded: return "ended";
  }
  return "invalid";
}

std::string_view word(AcknowledgementKind kind) {
  switch (kind) {
    case AcknowledgementKind::kDone: return "done";
    case AcknowledgementKind::kAgrees: return "agrees";
    case AcknowledgementKind::kContradicts: return "contradicts";
    case AcknowledgementKind::kRefused: return "refused";
  }
  return "invalid";
}

std::string_view word(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::kInvalidArgument: return "invalid argument";
    case RefusalKind::kNotFound: return "not found";
    case RefusalKind::kOverloaded: return "overloaded";
    case RefusalKind::kUnavailable: return "unavailable";
    case RefusalKind::kFenced: return "fenced";
    case RefusalKind::kConflict: return "conflict";
  }
  return "invalid";
}

struct EventText {
  std::string operator()(const ExecuteRequested& event) const {
    return "call " + number(event.call) + ": execute statement " + std::to_string(event.statement_number) + " of " +
           branch_of(event.id, event.branch) + at(event.level);
  }
  std::string operator()(const ExecuteAndPrepareRequested& event) const {
    return "call " + number(event.call) + ": execute and prepare " +
           count(event.statements ? event.statements->size() : 0, "statement") + " of " + to_string(event.id) +
           at(event.level) + "; " + view(event.coordinator);
  }
  std::string operator()(const PrepareRequested& event) const {
    return "call " + number(event.call) + ": prepare " + count(event.statement_count, "statement") + " of " +
           branch_of(event.id, event.branch) + "; " + view(event.coordinator);
  }
  std::string operator()(const DecisionReceived& event) const {
    return "call " + number(event.call) + ": " + std::string(assent::to_string(event.decision)) + " " +
           branch_of(event.id, event.branch) + position_of(event.commit) + "; " + view(*event.coordinator);
  }
  std::string operator()(const ResolveRequested& event) const {
    return "call " + number(event.call) + ": operator resolves " + to_string(event.id) + " as " +
           std::string(assent::to_string(event.decision)) + reason(event.reason);
  }
  std::string operator()(const SchemaChangeRequested& event) const {
    return "call " + number(event.call) + ": operator changes the schema (" + count(event.text->size(), "byte") + ")";
  }
  std::string operator()(const AcknowledgeWriteRequested& event) const {
    return "call " + number(event.call) + ": operator acknowledges the foreign write";
  }
  std::string operator()(const TestimonyRequested& event) const {
    return "call " + number(event.call) + ": operator asks for testimony" +
           (event.after ? " behind " + to_string(*event.after) : "") + "; " + view(event.coordinator);
  }
  std::string operator()(const RegistrationAccepted& event) const {
    return "registration accepted; " + view(event.coordinator);
  }
  std::string operator()(const InquiryAnswered& event) const {
    return "inquiry about " + branch_of(event.id, event.branch) + " answered: " + std::string(word(event.result)) +
           position_of(event.commit) + "; " + view(*event.coordinator);
  }
  std::string operator()(const StatementsRan& event) const {
    return "run " + number(event.run) + " ran: " + count(event.results ? event.results->size() : 0, "result") + ", " +
           count(event.changes.rows, "changed row") + because(event.failure) +
           ", locks: " + list(event.locks, [](const Lock& lock) { return to_text(lock); }) +
           (event.needs_last_run ? ", needs a last run" : "");
  }
  std::string operator()(const JournalDurable& event) const { return "journal durable at " + number(event.position); }
  std::string operator()(const SchemaApplied& event) const {
    const SchemaChange& change = event.change;
    if (!change.failure.empty()) return "schema not applied: " + change.failure;
    if (change.was_applied_before) return "schema applied before as version " + number(change.version);
    return "schema applied as version " + number(change.version) + " at " + number(change.position);
  }
  std::string operator()(const TimePassed&) const { return "time passed"; }
  std::string operator()(const BatchEnded&) const { return "batch ended"; }
  std::string operator()(const DrainRequested&) const { return "drain requested"; }
  std::string operator()(const HealthChanged& event) const {
    const bool is_well = event.short_of_space.empty() && event.foreign_write.empty();
    if (is_well) return "the store can promise";
    const bool has_both = !event.short_of_space.empty() && !event.foreign_write.empty();
    return "the store cannot promise: " + event.short_of_space + (has_both ? "; " : "") +
           (event.foreign_write.empty() ? "" : "foreign write: " + event.foreign_write);
  }
};

struct OperationText {
  std::string operator()(const PutPrepared& put) const {
    return "put prepared " + branch_of(put.row.id, put.row.branch) + " (" + count(put.row.changes.rows, "changed row") +
           ", " + count(put.row.locks.size(), "lock") + ")";
  }
  std::string operator()(const ApplyBranch& apply) const {
    return "apply " + to_string(apply.id) + " as " + std::string(word(apply.state)) + position_of(apply.commit) +
           reason(apply.reason);
  }
  std::string operator()(const MarkBranch& mark) const {
    return "mark " + to_string(mark.id) + " as " + std::string(word(mark.state)) + position_of(mark.commit) +
           reason(mark.reason);
  }
  std::string operator()(const DeleteBranch& gone) const { return "delete " + to_string(gone.id); }
  std::string operator()(const PutCoordinator& put) const {
    return "put " + line(put.seen.line) + ", " + released(put.seen.released);
  }
  std::string operator()(const AcknowledgeWrite&) const { return "acknowledge the foreign write"; }
};

struct EffectText {
  std::string operator()(const RunStatements& run) const {
    return "run " + number(run.run) + (run.is_last ? ", the last: " : ": ") +
           count(run.statements->size(), "statement") + " of " + to_string(run.id) + " on top of " +
           count(run.before->rows, "changed row") + at(run.level);
  }
  std::string operator()(const WriteJournal& write) const {
    return "write journal: " + list(write.operations, [](const JournalOperation& one) { return to_text(one); });
  }
  std::string operator()(const ApplySchema& apply) const {
    return "apply a schema of " + count(apply.text->size(), "byte");
  }
  std::string operator()(const ExecuteAnswered& answer) const {
    std::string text = "answer " + number(answer.call) + ": ";
    if (answer.ended.reason != AbortReason::kNone) return text + "ended" + because(answer.ended);
    text += "branch " + to_string(answer.branch) + ", ";
    if (answer.failure.reason != AbortReason::kNone) return text + "the statement failed" + because(answer.failure);
    return text + count(answer.result->rows.size(), "row") + ", " + count(answer.result->changed_rows, "changed row");
  }
  std::string operator()(const VoteAnswered& answer) const {
    std::string text = "answer " + number(answer.call) + ": " + branch(answer.branch) + ", ";
    if (answer.already_committed) return text + "committed long since";
    text += std::string(assent::to_string(answer.vote)) + because(answer.cause);
    return answer.results ? text + ", " + count(answer.results->size(), "result") : text;
  }
  std::string operator()(const DecisionAnswered& answer) const {
    return "answer " + number(answer.call) + ": " + to_string(answer.id) + " " + std::string(word(answer.kind)) +
           ", store at " + number(answer.position) + reason(answer.detail);
  }
  std::string operator()(const CallRefused& refused) const {
    return "refuse " + number(refused.call) + ": " + std::string(word(refused.kind)) + ": " + refused.message;
  }
  std::string operator()(const ResolveAnswered& answer) const {
    return "answer " + number(answer.call) + ": " + to_string(answer.branch.id) + " is " +
           std::string(answer.branch.state);
  }
  std::string operator()(const SchemaAnswered& answer) const {
    return "answer " + number(answer.call) + ": schema version " + number(answer.version) +
           (answer.was_applied_before ? ", applied before" : "");
  }
  std::string operator()(const AcknowledgeWriteAnswered& answer) const {
    return "answer " + number(answer.call) + ": acknowledged: " + answer.foreign_write;
  }
  std::string operator()(const TestimonyGiven& answer) const {
    const Testimony& testimony = answer.testimony;
    const auto print = [](const TestifiedBranch& one) {
      return branch_of(one.id, one.branch) + " " + std::string(one.state) + position_of(one.commit);
    };
    return "answer " + number(answer.call) + ": store " + to_string(testimony.identity) + " at " +
           number(testimony.position) + ", seen " + number(testimony.seen) + ", " + released(testimony.released) +
           "; " + (testimony.branches.empty() ? "no branch" : list(testimony.branches, print)) +
           (testimony.more ? ", and more" : "");
  }
  std::string operator()(const SendInquiry& inquiry) const {
    return "inquire about " + branch_of(inquiry.id, inquiry.branch) + " at " + inquiry.address + "; seen " +
           line(inquiry.seen);
  }
  std::string operator()(const SendWound& wound) const {
    return "wound " + to_string(wound.id) + " at " + wound.address;
  }
  std::string operator()(const Alarm& alarm) const { return "ALARM: " + alarm.text; }
  std::string operator()(const Transition& transition) const {
    return to_string(transition.id) + ": " + std::string(transition.from) + " -> " + std::string(transition.to) +
           because(transition.cause);
  }
};

}  // namespace

std::string to_text(const Event& event) {
  return std::visit(EventText{}, event);
}

std::string to_text(const Effect& effect) {
  return std::visit(EffectText{}, effect);
}

std::string to_text(const JournalOperation& operation) {
  return std::visit(OperationText{}, operation);
}

std::string to_text(const LockName& name) {
  if (name.table.empty()) return "(store)";
  if (name.key.empty()) return name.table;
  std::string text = name.table + "[";
  for (const char byte : name.key) {
    if (byte >= ' ' && byte <= '~') {
      text += byte;
    } else {
      text += "\\x" + to_hex(static_cast<unsigned char>(byte)).substr(14);
    }
  }
  return text + "]";
}

std::string to_text(const Lock& lock) {
  return to_text(lock.name) + " " + to_string_modes(static_cast<LockModes>(lock.mode));
}

std::string to_text(const AbortCause& cause) {
  std::string text(assent::to_string(cause.reason));
  if (!cause.store.empty()) text += " at " + cause.store;
  if (cause.statement_index >= 0) text += ", statement " + std::to_string(cause.statement_index);
  return text + reason(cause.detail);
}

}  // namespace assent::participant
