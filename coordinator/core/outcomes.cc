#include "coordinator/core/outcomes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assent::coordinator {

Outcomes::Outcomes(Duration retention, Duration interval, std::optional<TransactionId> forgotten_through)
    : retention_(retention), interval_(interval), forgotten_through_(forgotten_through) {}

void Outcomes::retain(CommitRecord record, std::vector<std::string> contradicting, Time now) {
  const TransactionId id = record.id;
  ending_.erase(id);
  retained_.insert_or_assign(id, Retained{std::move(record), std::move(contradicting), now + retention_});
}

const CommitRecord* Outcomes::find(const TransactionId& id) const {
  const auto found = retained_.find(id);
  return found == retained_.end() ? nullptr : &found->second.record;
}

const std::vector<std::string>& Outcomes::contradicting(const TransactionId& id) const {
  return retained_.at(id).contradicting;
}

Duration Outcomes::age(const TransactionId& id, Time now) const {
  return now - (retained_.at(id).until - retention_);
}

bool Outcomes::may_be_forgotten(const TransactionId& id) const {
  return forgotten_through_ && id <= *forgotten_through_;
}

std::optional<ForgottenRecord> Outcomes::forget(Time now, const Released& released) {
  not_before_ = now + interval_;
  const auto may_go = [&](const Retained& commit) {
    return commit.until <= now && released.contains(commit.record.commit);
  };
  const auto passable = ending_.empty() ? retained_.end() : retained_.lower_bound(*ending_.begin());  // O4
  const auto first_kept =
      std::find_if_not(retained_.begin(), passable, [&](const auto& entry) { return may_go(entry.second); });
  if (first_kept == retained_.begin()) return std::nullopt;
  const ForgottenRecord record{std::prev(first_kept)->first};
  retained_.erase(retained_.begin(), first_kept);
  forgotten_through_ = std::max(forgotten_through_.value_or(record.through), record.through);
  return record;
}

std::optional<Time> Outcomes::next_deadline() const {
  if (retained_.empty()) return std::nullopt;
  return std::max(retained_.begin()->second.until, not_before_);
}

}  // namespace assent::coordinator
