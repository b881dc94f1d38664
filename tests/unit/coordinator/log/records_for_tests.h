// Records that the tests of the decision log write.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/records.h"

namespace assent::coordinator {

inline constexpr LogIdentity kTestLog{0x9f0c1a22b7d34e10};

// A commit of transaction `number` (the position, if none is given) at the stores `ledger` and `stock`.
inline CommitRecord commit_record(std::uint64_t position, std::optional<std::uint64_t> number = std::nullopt) {
  return {Position{position},
          {kTestLog, Epoch{1}, number.value_or(position)},
          {{"ledger", StoreIdentity{0xa1}, {1, position}}, {"stock", StoreIdentity{0xb2}, {3, position}}}};
}

inline EndRecord end_record(std::uint64_t commit, bool contradicts = false) {
  return {Position{commit}, {{"ledger", StorePosition{commit * 2}, contradicts}, {"stock", StorePosition{commit}}}};
}

inline ForgottenRecord forgotten_record(std::uint64_t number) {
  return {{kTestLog, Epoch{1}, number}};
}

inline EpochRecord epoch_record(std::uint64_t start, std::uint64_t epoch, std::uint64_t nonce) {
  return {Position{start}, kTestLog, Epoch{epoch}, Nonce{nonce}};
}

// What opening the log adds to it.
inline std::optional<std::string> start(LogState& state, std::uint64_t epoch, std::uint64_t nonce) {
  const auto record = epoch_record(static_cast<std::uint64_t>(state.last) + 1, epoch, nonce);
  return state.apply(record.start, record);
}

inline StoreRecord store_record(const std::string& name, std::uint64_t identity) {
  return {name, StoreIdentity{identity}, name + ".example:7001", StorePosition{}};
}

}  // namespace assent::coordinator
