#include "coordinator/core/outcomes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assent::coordinator {

Outcomes::Outcomes(Duration retention, Duration interval, const LogState& recovered, Time now)
    : retention_(retention),
      interval_(interval),
      forgotten_through_(recovered.forgotten_through),
      mixed_(recovered.mixed) {
  for (const auto& [first, ids] : recovered.ended) words_.emplace(first, Word{ids, now + retention_});
}

void Outcomes::retain(const TransactionId& id, std::vector<std::string> contradicting, Time now) {
  ending_.erase(id);
  Word& word = words_[word_of(id)];
  word.ids |= bit_of(id);
  word.until = now + retention_;
  if (!contradicting.empty()) mixed_.insert_or_assign(id, std::move(contradicting));
}

bool Outcomes::has_ended(const TransactionId& id) const {
  const auto word = words_.find(word_of(id));
  return word != words_.end() && (word->second.ids & bit_of(id)) != 0;
}

std::vector<std::string> Outcomes::contradicting(const TransactionId& id) const {
  const auto found = mixed_.find(id);
  return found == mixed_.end() ? std::vector<std::string>() : found->second;
}

Duration Outcomes::age(const TransactionId& id, Time now) const {
  return now - (words_.at(word_of(id)).until - retention_);
}

bool Outcomes::may_be_forgotten(const TransactionId& id) const {
  return forgotten_through_ && id <= *forgotten_through_;
}

std::optional<ForgottenRecord> Outcomes::forget(Time now) {
  not_before_ = now + interval_;
  const auto passable = ending_.empty() ? words_.end() : words_.lower_bound(word_of(*ending_.begin()));  // O4
  const auto first_kept =
      std::find_if(words_.begin(), passable, [now](const auto& entry) { return entry.second.until > now; });
  if (first_kept == words_.begin()) return std::nullopt;
  const auto last = std::prev(first_kept);
  const ForgottenRecord record{last_of(last->first, last->second.ids)};
  words_.erase(words_.begin(), first_kept);
  mixed_.erase(mixed_.begin(), mixed_.upper_bound(record.through));
  forgotten_through_ = std::max(forgotten_through_.value_or(record.through), record.through);
  return record;
}

std::optional<Time> Outcomes::next_deadline() const {
  if (words_.empty()) return std::nullopt;
  return std::max(words_.begin()->second.until, not_before_);
}

}  // namespace assent::coordinator
