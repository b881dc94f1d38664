// Sets of transaction ids of one log. Ids are given out one behind the other, so of many that have ended nearly all
// stand side by side: 64 ids of one epoch are a word, with a bit for each, the lowest for the first.
#pragma once

#include <bit>
#include <cstdint>

#include "assent/transaction_id.h"

namespace assent::coordinator {

using IdWord = std::uint64_t;

inline constexpr std::uint64_t kIdsPerWord = 64;

// The first id of the word that this id stands in: what names the word.
inline TransactionId word_of(TransactionId id) {
  id.number -= id.number % kIdsPerWord;
  return id;
}

inline IdWord bit_of(const TransactionId& id) {
  return IdWord{1} << (id.number % kIdsPerWord);
}

// The bits of its word up to this id, itself included.
inline IdWord bits_through(const TransactionId& id) {
  return bit_of(id) | (bit_of(id) - 1);
}

// REQUIRES: `ids` is not empty.
inline TransactionId last_of(TransactionId word, IdWord ids) {
  word.number += static_cast<std::uint64_t>(std::bit_width(ids)) - 1;
  return word;
}

}  // namespace assent::coordinator
