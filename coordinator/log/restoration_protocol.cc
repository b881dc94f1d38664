#include "coordinator/log/restoration_protocol.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assent::coordinator {

RestorationProtocol::RestorationProtocol(LogState copy, const std::map<std::string, std::string>& named,
                                         std::set<std::string> without, Nonce nonce, Epoch above)
    : copy_(std::move(copy)), without_(std::move(without)), start_{copy_.log, above, nonce, {}} {
  for (const auto& [name, record] : copy_.stores) witnesses_[name].address = record.address;
  for (const auto& [name, address] : named) witnesses_[name].address = address;
  for (const auto& name : without_) witnesses_.erase(name);
}

bool RestorationProtocol::found(const std::string& store, Opening opening, Epoch seen) {
  Witness& witness = witnesses_.at(store);
  if (witness.opening) return false;
  witness.opening = opening;
  witness.seen = seen;
  if (!all_are_found()) return false;
  Epoch highest = std::max(copy_.epoch(), start_.epoch);
  for (const auto& [name, each] : witnesses_) highest = std::max(highest, each.seen);
  start_.epoch = restored_epoch(highest, start_.nonce);
  return true;
}

std::optional<TestimonyQuestion> RestorationProtocol::question(const std::string& store) const {
  const auto witness = witnesses_.find(store);
  if (witness == witnesses_.end() || witness->second.has_testified || !all_are_found()) return std::nullopt;
  return TestimonyQuestion{store, *witness->second.opening, start_, witness->second.last};
}

bool RestorationProtocol::answered(const TestimonyQuestion& question, Testimony piece, bool more) {
  if (question != this->question(question.store)) return false;
  Witness& witness = witnesses_.at(question.store);
  witness.has_testified = !more || piece.branches.empty();
  if (!piece.branches.empty()) witness.last = piece.branches.back().id;
  // What the store says of itself is as the last piece has it.
  Testimony& testimony = testimonies_[question.store];
  piece.address = witness.address;
  std::swap(piece.branches, testimony.branches);
  std::move(testimony.branches.begin(), testimony.branches.end(), std::back_inserter(piece.branches));
  testimony = std::move(piece);
  return true;
}

bool RestorationProtocol::is_complete() const {
  return std::all_of(witnesses_.begin(), witnesses_.end(), [](const auto& each) { return each.second.has_testified; });
}

Result<Restoration> RestorationProtocol::restore() const {
  if (witnesses_.empty()) {
    return Error{ErrorKind::kNotFound,
                 "no store is left to be asked: name those that there are, a new one too (--store NAME=HOST:PORT)"};
  }
  return restore_log(copy_, testimonies_, without_, start_.epoch, start_.nonce);
}

bool RestorationProtocol::all_are_found() const {
  return std::all_of(witnesses_.begin(), witnesses_.end(),
                     [](const auto& each) { return each.second.opening.has_value(); });
}

}  // namespace assent::coordinator
