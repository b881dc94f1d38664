// What operators order of the whole store: a change of its schema, and the acknowledgement of a foreign write.
#include <algorithm>

#include "participant/core/branch_table.h"
#include "participant/core/invariant.h"

namespace assent::participant {

// ---- the schema ----

void BranchTable::handle(const SchemaChangeRequested& event) {
  if (draining_) {
    refuse(event.call, RefusalKind::kUnavailable,
           "this store is shutting down: nothing was applied; change its schema when it is back");
    return;
  }
  if (schema_) {
    refuse(event.call, RefusalKind::kConflict,
           "another schema change is under way at this store: nothing was applied; try again when it has ended");
    return;
  }
  if (!short_of_space_.empty()) {
    refuse(event.call, RefusalKind::kUnavailable, short_of_space_ + ": nothing was applied; make room first");
    return;
  }
  schema_ = SchemaWork{.call = event.call, .text = event.text, .since = now_};
  const LockTable::Answer answer = locks_.request(kSchemaOwner, {{.name = {}, .mode = LockMode::kExclusive}});
  if (answer.granted) {
    granted(kSchemaOwner);
    return;
  }
  timers_.set(kStoreItself, now_ + settings_.lock_wait);
  ++counters_.lock_waits;
  make_way(kSchemaOwner, answer, "a change of the schema needed the whole store; run the transaction again");
}

void BranchTable::refuse_overdue_schema() {
  const auto prepared = std::count_if(branches_.begin(), branches_.end(),
                                      [](const auto& entry) { return is_kept_in_doubt(entry.second.state()); });
  refuse(schema_->call, RefusalKind::kConflict,
         (prepared == 1 ? "1 branch is" : std::to_string(prepared) + " branches are") +
             " prepared at this store, and the schema cannot change before they have ended: nothing was applied; see "
             "`assentctl in-doubt`, and try again later");
  end_schema_change();
}

void BranchTable::apply_schema_when_ready() {
  if (!schema_ || schema_->state != SchemaWork::State::kFlushing || journal_.is_under_way()) return;
  if (journal_.due()) {
    journal_.hurry(now_);  // S3: JournalDurable comes here again
    return;
  }
  schema_->state = SchemaWork::State::kApplying;
  made_.emplace_back(ApplySchema{schema_->text});
}

void BranchTable::handle(const SchemaApplied& event) {
  invariant(is_applying_schema(), "S2: what was applied was ordered");
  const SchemaChange& change = event.change;
  if (!change.failure.empty()) {
    refuse(schema_->call, RefusalKind::kInvalidArgument, change.failure);
  } else {
    if (!change.was_applied_before) position_ = change.position;
    made_.emplace_back(SchemaAnswered{schema_->call, change.version, change.was_applied_before});
  }
  end_schema_change();
}

void BranchTable::end_schema_change() {
  schema_.reset();
  timers_.set(kStoreItself, std::nullopt);
  release_locks(kSchemaOwner);
}

bool BranchTable::is_applying_schema() const {
  return schema_ && schema_->state == SchemaWork::State::kApplying;
}

// ---- foreign writes ----

void BranchTable::handle(const HealthChanged& event) {
  if (!event.foreign_write.empty() && event.foreign_write != foreign_write_) {
    alarm("another program has written to this store: " + event.foreign_write +
          "; it votes no until an operator has found that program, looked at the data, and given `assentctl "
          "acknowledge-write`");
  }
  short_of_space_ = event.short_of_space;
  foreign_write_ = event.foreign_write;
}

std::string BranchTable::why_no_promises() const {
  if (foreign_write_.empty()) return short_of_space_;
  return (short_of_space_.empty() ? "" : short_of_space_ + "; and ") + "another program has written to this store (" +
         foreign_write_ + "): an operator must look at it, and acknowledge it with `assentctl acknowledge-write`";
}

void BranchTable::handle(const AcknowledgeWriteRequested& event) {
  if (foreign_write_.empty()) {
    refuse(event.call, RefusalKind::kConflict,
           "no write of another program waits to be acknowledged at this store; see `assentctl stores`");
    return;
  }
  acknowledging_.push_back(event.call);
  if (acknowledging_.size() == 1) journal_.add(AcknowledgeWrite{}, now_, {kStoreItself, kNoBranch});
}

void BranchTable::acknowledged_write() {
  for (const CallId call : std::exchange(acknowledging_, {})) {
    made_.emplace_back(AcknowledgeWriteAnswered{call, foreign_write_});
  }
  foreign_write_.clear();
}

}  // namespace assent::participant
