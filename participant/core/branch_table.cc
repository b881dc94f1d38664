#include "participant/core/branch_table.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "participant/core/invariant.h"

namespace assent::participant {

namespace {

// Whose answer it is; nothing if the effect answers no call.
std::optional<CallId> answered_call(const Effect& effect) {
  return std::visit(
      [](const auto& any) -> std::optional<CallId> {
        if constexpr (requires { any.call; }) return any.call;
        return std::nullopt;
      },
      effect);
}

}  // namespace

std::optional<std::string> check(const Settings& settings) {
  const auto is_positive = [](Duration duration) { return duration > Duration::zero(); };
  if (!is_positive(settings.transaction_timeout)) return "the transaction timeout must be longer than zero";
  if (!is_positive(settings.statement_timeout)) return "the statement timeout must be longer than zero";
  if (!is_positive(settings.lock_wait)) return "the lock wait must be longer than zero";
  if (!is_positive(settings.wound_after)) return "the wait before a wound must be longer than zero";
  if (!is_positive(settings.inquiry_first)) return "the first inquiry interval must be longer than zero";
  if (settings.inquiry_ceiling < settings.inquiry_first) {
    return "inquiry_ceiling must not be shorter than inquiry_first";
  }
  if (settings.decision_ride < Duration::zero()) return "the wait of a decision must not be negative";
  if (settings.idle_journal < settings.decision_ride) {
    return "idle_journal must not be shorter than decision_ride";
  }
  if (settings.branches == 0) return "a store must be allowed at least one branch";
  if (settings.statements_per_branch == 0) return "a branch must be allowed at least one statement";
  if (settings.changes_bytes == 0) return "a branch must be allowed at least one byte of changes";
  if (settings.lock_bytes == 0) return "a branch must be allowed at least one byte of locks";
  return std::nullopt;
}

BranchTable::BranchTable(Settings settings, const RecoveredStore& recovered, Opening opening, Time now)
    : settings_(settings),
      identity_(recovered.identity),
      start_number_(recovered.start_number),
      opening_(opening),
      coordinators_(recovered.coordinators),
      ends_(settings.remembered_ends),
      position_(recovered.position),
      last_branch_(static_cast<std::uint64_t>(opening) >> 32U),
      now_(now) {
  invariant(!check(settings), "of the settings: they work together");
  invariant(opening != Opening{}, "of the opening: it was drawn");
  for (const BranchRow& row : recovered.rows) {
    Branch& branch = branches_.try_emplace(row.id, row, now).first->second;
    if (branch.state() == BranchState::kPrepared) {
      invariant(locks_.restore(branch.priority, row.locks), "J2: no two prepared branches own one key");
    }
    const bool is_known = branch.state() == BranchState::kCommitted;
    branch.inquiries.start(
        is_known ? now + spread_pause(branch.id, 0, settings_.inquiry_first, settings_.inquiry_ceiling) : now);
    if (branch.commit != Position{}) unreleased_[branch.id.log].emplace(branch.commit, branch.id);
    schedule(branch);
  }
  for (const SeenCoordinator& seen : recovered.coordinators) delete_released(seen.line.log);
  made_.clear();  // transitions of what was released before the restart: nobody listens yet
}

// ---- events ----

void BranchTable::step(const Event& event, Time now, Effects& effects) {
  now_ = now;
  std::visit([this](const auto& any) { handle(any); }, event);
  deliver(effects);
}

std::optional<Time> BranchTable::next_deadline() const {
  const std::optional<Time> timer = timers_.next();
  const bool is_busy = journal_.is_under_way() || is_applying_schema();
  const std::optional<Time> journal = is_busy ? std::nullopt : journal_due();
  if (!timer || !journal) return timer ? timer : journal;
  return std::min(*timer, *journal);
}

void BranchTable::handle(const TimePassed& /*event*/) {
  for (const TransactionId& id : timers_.take_due(now_)) {
    if (id == kStoreItself) {
      refuse_overdue_schema();
      continue;
    }
    Branch* branch = find(id);
    if (branch == nullptr) continue;
    if (is_active(branch->state())) {
      end_overdue(*branch);
      continue;
    }
    if (branch->inquiries.is_due(now_)) ask(*branch);
    if (branch->wounds.is_due(now_)) wound_through_coordinator(*branch);
    schedule(*branch);
  }
}

void BranchTable::end_overdue(Branch& branch) {
  if (branch.transaction_deadline <= now_) {
    end(branch, EndKind::kAborted,
        {.reason = AbortReason::kTransactionTimeout,
         .store = {},
         .detail = "not prepared in the time of the transaction; use shorter transactions or a longer timeout"});
    return;
  }
  if (branch.state() == BranchState::kRunning && branch.statement_deadline <= now_) {
    end(branch, EndKind::kAborted,
        {.reason = AbortReason::kOverloaded,
         .store = {},
         .detail = "its statement waited too long for its turn, for this store has too much to do; run the transaction "
                   "again later"});
    return;
  }
  const Time deadline = std::min(branch.statement_deadline, branch.wait_deadline);
  if (branch.state() == BranchState::kWaiting && deadline <= now_) {
    end(branch, EndKind::kAborted,
        {.reason = AbortReason::kLockTimeout,
         .store = {},
         .detail = "waited too long for locks that other transactions hold; run the transaction again"});
    return;
  }
  schedule(branch);
}

void BranchTable::handle(const DrainRequested& /*event*/) {
  draining_ = true;
}

// ---- coordinators ----

void BranchTable::handle(const RegistrationAccepted& event) {
  const LogIdentity log = event.coordinator.line.log;
  if (!hear(event.coordinator, log, std::nullopt)) return;
  // Those that asked too early ask again at once, as if for the first time: their locks are in somebody's way, and
  // their pauses had grown because nobody could answer.
  const auto first = branches_.lower_bound({.log = log, .epoch = {}, .number = 0});
  for (auto entry = first; entry != branches_.end() && entry->first.log == log; ++entry) {
    Branch& branch = entry->second;
    if (!std::exchange(branch.was_not_accepted, false) || !branch.inquiries.next) continue;
    branch.inquiries.start(now_);
    ask(branch);
    schedule(branch);
  }
}

bool BranchTable::is_meant(Opening opening, CallId call) {
  if (opening == opening_) return true;
  refuse(call, RefusalKind::kUnavailable,
         "the coordinator means another opening of this store: either this one registers just now, then try again; or "
         "it is refused as a copy, then `assentctl stores` says why");
  return false;
}

bool BranchTable::hear(const CoordinatorView& view, LogIdentity log, std::optional<CallId> call) {
  const auto who = [&view] { return "the coordinator of log " + to_string(view.line.log); };
  if (view.line.log != log) {
    if (call) refuse(*call, RefusalKind::kInvalidArgument, who() + " speaks of a transaction of another log");
    return false;
  }
  const Heard heard = coordinators_.hear(view);
  switch (heard.hearing) {
    case Hearing::kKnown: break;
    case Hearing::kNewLine:
      words_due_ = now_;
      end_active_of_earlier_epochs(view.line);
      ask_when_accepted(log);
      break;
    case Hearing::kLowerEpoch:
      if (call)
        refuse(*call, RefusalKind::kFenced, who() + " was replaced: this store has seen a later start; stop it");
      return false;
    case Hearing::kAnotherNonce:
      alarm(who() + " is there twice: two starts have one epoch; stop the one whose log is a copy");
      if (call) refuse(*call, RefusalKind::kFenced, who() + " is there twice, and this store follows the other one");
      return false;
  }
  if (coordinators_.has_news() && !words_due_) words_due_ = now_ + settings_.idle_journal;
  if (call && !coordinators_.is_line_durable(log)) calls_of_new_lines_.emplace(*call, log);
  if (heard.more_released) delete_released(log);
  return true;
}

void BranchTable::end_active_of_earlier_epochs(const CoordinatorLine& line) {
  std::vector<TransactionId> earlier;
  const auto first = branches_.lower_bound({.log = line.log, .epoch = {}, .number = 0});
  const auto last = branches_.lower_bound({.log = line.log, .epoch = line.epoch, .number = 0});
  for (auto entry = first; entry != last; ++entry) {
    if (is_active(entry->second.state())) earlier.push_back(entry->first);
  }
  for (const TransactionId& id : earlier) end(*find(id), EndKind::kAborted, ended_with_its_coordinator());
}

void BranchTable::delete_released(LogIdentity log) {
  const auto rows = unreleased_.find(log);
  if (rows == unreleased_.end()) return;
  const Released& released = coordinators_.released(log);
  auto row = rows->second.begin();
  while (row != rows->second.end() && row->first <= released.through) {
    if (!released.contains(row->first)) {
      ++row;
      continue;
    }
    Branch& branch = *find(row->second);
    row = rows->second.erase(row);
    end_released(branch);
  }
}

void BranchTable::end_released(Branch& branch) {
  if (branch.state() == BranchState::kResolvedAbort) {
    end(branch, EndKind::kAborted, branch.cause_of_resolution());  // nothing of it has committed here
  } else {
    end(branch, EndKind::kReleased, {});
  }
}

// Whoever has asked an earlier start, or nobody because the coordinator was away, need not wait until its next turn.
void BranchTable::ask_when_accepted(LogIdentity log) {
  const auto first = branches_.lower_bound({.log = log, .epoch = {}, .number = 0});
  for (auto entry = first; entry != branches_.end() && entry->first.log == log; ++entry) {
    Branch& branch = entry->second;
    branch.was_not_accepted = branch.was_not_accepted || (branch.inquiries.next && branch.inquiries.attempts > 0);
  }
}

// ---- the journal ----

std::optional<Time> BranchTable::journal_due() const {
  const std::optional<Time> operations = journal_.due();
  if (!operations || !words_due_) return operations ? operations : words_due_;
  return std::min(*operations, *words_due_);
}

void BranchTable::handle(const BatchEnded& /*event*/) {
  const std::optional<Time> due = journal_due();
  if (journal_.is_under_way() || is_applying_schema() || !due || *due > now_) return;
  for (PutCoordinator& word : coordinators_.take_news()) journal_.add(std::move(word), now_);
  words_due_.reset();
  made_.emplace_back(WriteJournal{journal_.start()});
}

void BranchTable::handle(const JournalDurable& event) {
  const std::vector<JournalQueue::Ticket> tickets = journal_.finish();
  position_ = event.position;
  coordinators_.news_durable();
  const auto leaves = std::stable_partition(held_answers_.begin(), held_answers_.end(), [this](const auto& held) {
    return !coordinators_.is_line_durable(held.first);
  });
  for (auto held = leaves; held != held_answers_.end(); ++held) made_.push_back(std::move(held->second));
  held_answers_.erase(leaves, held_answers_.end());
  for (const JournalQueue::Ticket& ticket : tickets) {
    if (ticket.id == kStoreItself) acknowledged_write();
    if (Branch* branch = find(ticket.id, ticket.branch)) journaled(*branch);
  }
  apply_schema_when_ready();
}

// The operation of the branch (B6) is durable: these are the double lines of its diagram.
void BranchTable::journaled(Branch& branch) {
  const std::vector<CallId> calls = branch.take_calls();
  const auto first_pause = spread_pause(branch.id, 0, settings_.inquiry_first, settings_.inquiry_ceiling);
  branch.inquiries.start(now_ + first_pause);
  switch (branch.state()) {
    case BranchState::kPreparing:
      move(branch, BranchState::kPrepared);
      branch.in_doubt_since = now_;
      ++counters_.prepared;
      for (const CallId call : calls) vote(call, branch, Vote::kYes);
      break;
    case BranchState::kCommitting:
      move(branch, BranchState::kCommitted);
      ++counters_.committed;
      for (const CallId call : calls) acknowledge(call, branch.id, AcknowledgementKind::kDone, {});
      release_locks(branch.priority);
      break;
    case BranchState::kResolving:
      move(branch, branch.journaled_as == RowState::kResolvedCommit ? BranchState::kResolvedCommit
                                                                    : BranchState::kResolvedAbort);
      branch.inquiries.start(now_);
      release_locks(branch.priority);
      for (const CallId call : calls) made_.emplace_back(ResolveAnswered{call, summary(branch, now_)});
      break;
    case BranchState::kSettling: {
      const bool agrees = branch.journaled_as == RowState::kCommitted;
      move(branch, agrees ? BranchState::kCommitted : BranchState::kResolvedAbort);
      const auto kind = agrees ? AcknowledgementKind::kAgrees : AcknowledgementKind::kContradicts;
      for (const CallId call : calls) acknowledge(call, branch.id, kind, branch.resolution);
      break;
    }
    default: invariant(false, "B6: only a branch whose operation is under way goes on when that is durable");
  }
  schedule(branch);
  if (branch.commit == Position{}) return;
  if (coordinators_.released(branch.id.log).contains(branch.commit)) {
    end_released(branch);
  } else {
    unreleased_[branch.id.log].emplace(branch.commit, branch.id);
  }
}

// ---- branches ----

Branch* BranchTable::find(const TransactionId& id) {
  const auto found = branches_.find(id);
  return found == branches_.end() ? nullptr : &found->second;
}

Branch* BranchTable::find(const TransactionId& id, BranchNumber number) {
  Branch* branch = find(id);
  return branch != nullptr && branch->number == number ? branch : nullptr;
}

void BranchTable::move(Branch& branch, BranchState next) {
  const std::string_view from = to_string(branch.state());
  branch.move_to(next);
  const std::string_view to = to_string(next);
  if (from != to) made_.emplace_back(Transition{branch.id, from, to, {}});
}

void BranchTable::schedule(const Branch& branch) {
  timers_.set(branch.id, branch.next_deadline());
}

void BranchTable::release_locks(const Priority& owner) {
  for (const Priority& next : locks_.release(owner)) granted(next);
}

void BranchTable::granted(const Priority& owner) {
  if (owner != kSchemaOwner) {
    run(*find(owner.id));
    return;
  }
  timers_.set(kStoreItself, std::nullopt);
  schema_->state = SchemaWork::State::kFlushing;
  apply_schema_when_ready();
}

void BranchTable::end(Branch& branch, EndKind kind, AbortCause cause) {
  const Branch ended = std::move(branch);
  branches_.erase(ended.id);
  timers_.set(ended.id, std::nullopt);
  made_.emplace_back(Transition{ended.id, to_string(ended.state()), "none", cause});
  if (!is_active(ended.state())) journal_.add(DeleteBranch{ended.id}, now_ + settings_.idle_journal);
  if (kind == EndKind::kAborted) ++counters_.aborted;
  for (const CallId call : ended.calls) {
    if (ended.votes_next) {
      vote_no(call, ended.number, cause);
    } else {
      answer_ended(call, ended.number, cause);
    }
  }
  ends_.remember(ended.id, {.branch = ended.number, .kind = kind, .cause = std::move(cause)});
  release_locks(ended.priority);
}

// ---- answers ----

AbortCause BranchTable::ended_with_its_coordinator() {
  return {.reason = AbortReason::kPresumed,
          .store = {},
          .detail = "its coordinator restarted before the transaction was decided; run the transaction again"};
}

void BranchTable::refuse(CallId call, RefusalKind kind, std::string message) {
  made_.emplace_back(CallRefused{call, kind, std::move(message)});
}

void BranchTable::alarm(std::string text) {
  ++counters_.alarms;
  made_.emplace_back(Alarm{std::move(text)});
}

void BranchTable::deliver(Effects& effects) {
  if (calls_of_new_lines_.empty() && effects.empty()) return effects.swap(made_);
  for (Effect& effect : made_) {
    if (!calls_of_new_lines_.empty()) {
      const std::optional<CallId> call = answered_call(effect);
      const auto found = call ? calls_of_new_lines_.find(*call) : calls_of_new_lines_.end();
      if (found != calls_of_new_lines_.end()) {
        const LogIdentity log = found->second;
        calls_of_new_lines_.erase(found);
        if (!coordinators_.is_line_durable(log)) {
          held_answers_.emplace_back(log, std::move(effect));
          continue;
        }
      }
    }
    effects.push_back(std::move(effect));
  }
  made_.clear();
}

}  // namespace assent::participant
