// A history: what clients saw of transactions over lists that only grow. Pure values.
//
// Lists, because one read shows in which order everything before it was appended (Kingsbury, Alvaro: Elle, VLDB 2020).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace assent::isolation {

// A list, of any store.
enum class ListId : std::int64_t {};
// Appended to a list at most once in a history.
enum class Element : std::int64_t {};

// Of one monotonic clock, from any origin.
using Moment = std::chrono::nanoseconds;

struct Append {
  ListId list{};
  Element element{};
};

// The whole list, as it was then. What the transaction itself had appended is part of it.
struct Read {
  ListId list{};
  std::vector<Element> elements;
};

using Operation = std::variant<Append, Read>;

enum class Ending {
  kCommitted,
  kAborted,
  kUnknown,  // it may have committed, or not, or will
};

enum class Level {
  kSerializable,
  kReadCommitted,  // mixed_levels.h says what that makes of its reads
};

// One run of a transaction: a run that was wounded and its repetition are two.
struct TransactionRecord {
  std::string name;                   // for people; a transaction id, for example
  std::vector<Operation> operations;  // in their order
  Moment begin{};                     // before anything of it was asked for
  Moment end{};                       // after its end was known; means nothing if that is unknown
  Ending ending = Ending::kCommitted;
  Level level = Level::kSerializable;
};

using History = std::vector<TransactionRecord>;

}  // namespace assent::isolation
