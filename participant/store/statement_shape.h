// The recogniser: which statements touch rows by their primary key alone, so that they need not lock their table.
//
// Small and certain: whatever it does not know for sure is kOther, and takes the table. It reads statements that SQLite
// has compiled already, so their syntax is right.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "assent/value.h"
#include "participant/store/catalog.h"
#include "participant/store/tokens.h"

namespace assent::participant {

struct ParameterNumber {
  std::size_t number = 0;  // from 1
};

// What stands beside a key column: a parameter or a literal.
using Operand = std::variant<ParameterNumber, Value>;

struct StatementShape {
  enum class Kind : std::uint8_t {
    kOther,
    kKeyedRead,    // SELECT … FROM one table WHERE as of kKeyedWrite
    kKeyedWrite,   // UPDATE or DELETE … WHERE every column of the primary key = operand, AND conditions on that row
    kPlainInsert,  // INSERT INTO … VALUES (…), with no OR and no ON CONFLICT
  };

  Kind kind = Kind::kOther;
  std::vector<Operand> key;            // of keyed ones: one for each column of the primary key, in its order
  std::vector<Operand> inserted_keys;  // of kPlainInsert: what becomes the INTEGER PRIMARY KEY of each row, if known
  bool may_choose_key = false;         // of kPlainInsert: SQLite chooses one, or may; it does where one above is NULL
  bool has_conflict_handling = false;  // OR …, REPLACE: it also rules over what its triggers do
  std::string refusal;                 // why a store does not run it, and what to do instead; empty: it does
};

// `table` is the one that it writes, or else the only one that it reads; null: a read of others.
StatementShape recognise(const std::vector<Token>& tokens, const TableSchema* table);

// The same with its value.
const Value& value_of(const Operand& operand, const std::vector<Value>& parameters);

}  // namespace assent::participant
