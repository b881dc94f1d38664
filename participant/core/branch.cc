#include "participant/core/branch.h"

#include <algorithm>
#include <utility>

#include "participant/core/invariant.h"

namespace assent::participant {

namespace {

bool has_edge(BranchState from, BranchState to) {
  using enum BranchState;
  switch (from) {
    case kIdle: return to == kRunning || to == kPreparing;
    case kRunning: return to == kIdle || to == kWaiting || to == kPreparing;
    case kWaiting: return to == kRunning;
    case kPreparing: return to == kPrepared;
    case kPrepared: return to == kCommitting || to == kResolving;
    case kCommitting: return to == kCommitted;
    case kCommitted: return false;
    case kResolving: return to == kResolvedCommit || to == kResolvedAbort;
    case kResolvedCommit:
    case kResolvedAbort: return to == kSettling;
    case kSettling: return to == kCommitted || to == kResolvedAbort;
  }
  return false;
}

BranchState state_of(RowState state) {
  switch (state) {
    case RowState::kPrepared: return BranchState::kPrepared;
    case RowState::kCommitted: return BranchState::kCommitted;
    case RowState::kResolvedCommit: return BranchState::kResolvedCommit;
    case RowState::kResolvedAbort: return BranchState::kResolvedAbort;
  }
  invariant(false, "of a row: it has one of the four states");
  return BranchState::kPrepared;
}

std::optional<Time> earlier(std::optional<Time> one, std::optional<Time> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace

std::string_view to_string(BranchState state) {
  switch (state) {
    case BranchState::kIdle:
    case BranchState::kRunning:
    case BranchState::kWaiting: return "active";
    case BranchState::kPreparing: return "preparing";
    case BranchState::kPrepared: return "prepared";
    case BranchState::kCommitting: return "committing";
    case BranchState::kCommitted: return "committed";
    case BranchState::kResolving: return "resolving";
    case BranchState::kResolvedCommit: return "resolved commit";
    case BranchState::kResolvedAbort: return "resolved abort";
    case BranchState::kSettling: return "settling";
  }
  return "invalid";
}

std::string_view to_detailed_string(BranchState state) {
  switch (state) {
    case BranchState::kRunning: return "active, running";
    case BranchState::kWaiting: return "active, waiting for locks";
    default: return to_string(state);
  }
}

bool is_active(BranchState state) {
  return state == BranchState::kIdle || state == BranchState::kRunning || state == BranchState::kWaiting;
}

Branch::Branch(const TransactionId& id, BranchNumber number, std::uint64_t begin_stamp, bool one_shot, Time now,
               Time deadline)
    : id(id),
      number(number),
      priority{.begin_stamp = begin_stamp, .id = id},
      one_shot(one_shot),
      since(now),
      transaction_deadline(deadline),
      changes(std::make_shared<Changes>()),
      votes_next(one_shot),
      state_(BranchState::kIdle) {}

Branch::Branch(const BranchRow& row, Time now)
    : id(row.id),
      number(row.branch),
      priority{.begin_stamp = row.begin_stamp, .id = row.id},
      was_recovered(true),
      since(now),
      transaction_deadline(now),
      coordinator_address(row.coordinator_address),
      stores(row.stores),
      statement_count(row.statement_count),
      changes(std::make_shared<Changes>()),
      changed_rows(row.changes.rows),
      in_doubt_since(now),
      commit(row.commit),
      resolution(row.reason),
      state_(state_of(row.state)) {}

void Branch::move_to(BranchState next) {
  invariant(has_edge(state_, next), "B4: a branch changes its state along an edge of its diagram");
  state_ = next;
}

void Branch::add_changes(const Changes& more) {
  // Whoever was handed the changes to run statements on top of them keeps them as they were.
  if (changes.use_count() > 1) changes = std::make_shared<Changes>(*changes);
  changes->bytes += more.bytes;
  changes->rows += more.rows;
  changed_rows = changes->rows;
}

BranchRow Branch::take_row(Locks locks) {
  BranchRow row{.id = id,
                .branch = number,
                .state = RowState::kPrepared,
                .begin_stamp = priority.begin_stamp,
                .coordinator_address = coordinator_address,
                .statement_count = statement_count,
                .stores = stores,
                .changes = {},
                .locks = std::move(locks),
                .commit = {},
                .reason = {}};
  if (changes.use_count() > 1) changes = std::make_shared<Changes>(*changes);
  row.changes = std::exchange(*changes, {});
  return row;
}

std::optional<Time> Branch::next_deadline() const {
  switch (state_) {
    case BranchState::kIdle: return transaction_deadline;
    case BranchState::kRunning: return std::min(transaction_deadline, statement_deadline);
    case BranchState::kWaiting: return std::min({transaction_deadline, statement_deadline, wait_deadline});
    case BranchState::kPrepared: return earlier(inquiries.next, wounds.next);
    case BranchState::kCommitted:
    case BranchState::kResolvedCommit:
    case BranchState::kResolvedAbort: return inquiries.next;
    case BranchState::kPreparing:
    case BranchState::kCommitting:
    case BranchState::kResolving:
    case BranchState::kSettling: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace assent::participant
