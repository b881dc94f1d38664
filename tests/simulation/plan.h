// Plan: what one transaction of a client wants to do. Drawn at random, on few accounts, so that plans meet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assent/isolation_level.h"
#include "assent/transaction_id.h"
#include "assent/value.h"
#include "tests/simulation/store_disk.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

inline constexpr AccountId kAccounts = 3;        // at each store, from 0
inline constexpr AccountId kFirstMarker = 1000;  // above: one account per transaction that wrote here
inline constexpr Balance kFirstMoney = 1000;
inline constexpr AccountId kFirstCode = 200;  // above the lists, below the markers: in the same name space
inline constexpr AccountId kCodes = 4;        // few, so that they meet

struct Step {
  std::string store;
  Statement statement;
  std::optional<AccountId> account;  // of a read of one account, or list
  std::vector<std::size_t> marks;    // parameters that are the transaction's own number
  std::size_t own_writes = 0;        // of a read: how often the transaction has written there by then
  bool may_fail = false;             // and the transaction goes on

  bool is_of_all() const { return statement.sql == kSelectAll; }
  bool is_of_list() const { return account && *account >= kFirstList; }
};

struct UniqueCode {
  std::int64_t code = 0;
  bool is_freed = false;  // before it is taken: else nobody may have it
};

struct Plan {
  std::string name;
  bool is_one_shot = false;
  bool gives_up = false;  // aborts instead of committing
  IsolationLevel level = IsolationLevel::kSerializable;
  bool is_marked = true;  // inserts an account of its own at each store it writes at (so it cannot run there twice)
  std::vector<Step> steps;
  std::map<std::string, std::vector<AccountId>> writes;  // by store
  std::map<std::string, UniqueCode> codes;               // that its links take, by store
  std::string child_at;  // the store at which it inserts a link that nobody deletes, with the number of its marker

  // A plan that is run again is another transaction, with a marker of its own.
  void mark(AccountId marker);
};

// The account that a transaction inserts, and no other one.
AccountId marker_of(const TransactionId& id);

Plan draw_plan(World& world, const std::vector<std::string>& stores);

// All of these want the same two accounts, in either order.
Plan draw_crosswise_plan(World& world, const std::vector<std::string>& stores);

}  // namespace assent::simulation
