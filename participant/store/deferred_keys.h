// DeferredKeys: the foreign keys that SQLite checks at COMMIT only (https://www.sqlite.org/foreignkeys.html,
// section 4.2).
//
// A branch commits where they are off, and until then its changes come and go with savepoints, which lose SQLite's
// count of violations. So they are looked up here before the branch votes: every key that a child came to use, and
// every one that a parent lost. The branch has locked both when it changed them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/change.h"
#include "participant/store/connection.h"

namespace assent::participant {

class DeferredKeys {
 public:
  DeferredKeys(Connection& connection, Catalog& catalog) : connection_(connection), catalog_(catalog) {}

  // Whether one of them may have been broken.
  bool are_touched_by(const std::vector<Change>& changes);

  // A sentence about one that is broken, or nothing. REQUIRES: the changes of the whole branch, all of them applied.
  std::optional<std::string> violation(const std::vector<Change>& changes);

 private:
  bool dangles(const ForeignKey& key, const RowImage& child);
  bool is_missed(const ForeignKey& key, const RowImage& parent);
  bool has_parent(const ForeignKey& key, const std::vector<Value>& values);

  Connection& connection_;
  Catalog& catalog_;
};

}  // namespace assent::participant
