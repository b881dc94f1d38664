#include "participant/core/coordinators_seen.h"

#include <algorithm>
#include <tuple>

namespace assent::participant {

namespace {

const Released kNothing;

bool is_same_start(const CoordinatorLine& one, const CoordinatorLine& other) {
  return std::tie(one.epoch, one.nonce) == std::tie(other.epoch, other.nonce);
}

}  // namespace

CoordinatorsSeen::CoordinatorsSeen(const std::vector<SeenCoordinator>& recovered) {
  for (const SeenCoordinator& seen : recovered) {
    logs_[seen.line.log] = {.seen = seen, .address = {}, .on_disk = seen.line, .under_way = seen.line};
  }
}

Heard CoordinatorsSeen::hear(const CoordinatorView& view) {
  const LogIdentity identity = view.line.log;
  const auto [found, is_first] = logs_.try_emplace(identity);
  Log& log = found->second;
  CoordinatorLine& line = log.seen.line;
  if (is_first) line.log = identity;
  if (view.line.epoch < line.epoch) return {Hearing::kLowerEpoch};
  const bool is_new = is_first || view.line.epoch > line.epoch;
  if (!is_new && view.line.nonce != line.nonce) return {Hearing::kAnotherNonce};

  const bool more_released = log.seen.released.merge(view.released);
  const bool is_news = is_new || more_released || view.line.durable > line.durable;
  line.epoch = view.line.epoch;
  line.nonce = view.line.nonce;
  line.durable = std::max(line.durable, view.line.durable);
  if (!view.address.empty()) log.address = view.address;
  if (is_news) news_.insert(identity);
  return {is_new ? Hearing::kNewLine : Hearing::kKnown, more_released};
}

CoordinatorLine CoordinatorsSeen::line(LogIdentity log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() ? CoordinatorLine{.log = log, .epoch = {}, .nonce = {}, .durable = {}}
                              : found->second.seen.line;
}

std::vector<CoordinatorLine> CoordinatorsSeen::lines() const {
  std::vector<CoordinatorLine> lines;
  for (const auto& [identity, log] : logs_) lines.push_back(log.seen.line);
  return lines;
}

const Released& CoordinatorsSeen::released(LogIdentity log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() ? kNothing : found->second.seen.released;
}

std::string CoordinatorsSeen::address(LogIdentity log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() ? std::string{} : found->second.address;
}

std::vector<PutCoordinator> CoordinatorsSeen::take_news() {
  std::vector<PutCoordinator> words;
  for (const LogIdentity identity : news_) {
    Log& log = logs_.at(identity);
    log.under_way = log.seen.line;
    words.push_back({log.seen});
  }
  news_.clear();
  return words;
}

void CoordinatorsSeen::news_durable() {
  for (auto& [identity, log] : logs_) log.on_disk = log.under_way;
}

bool CoordinatorsSeen::is_line_durable(LogIdentity log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() || is_same_start(found->second.seen.line, found->second.on_disk);
}

}  // namespace assent::participant
