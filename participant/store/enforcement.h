// Enforcement: whether triggers fire and foreign keys hold on the connection.
//
// They do while statements from outside write. They do not while captured changes are applied, for what they did was
// captured, too. A switch makes SQLite compile every statement again when it is next used
// (https://www.sqlite.org/c3ref/c_dbconfig_defensive.html), so there is none for a statement in which neither has a
// part, nor where the schema has neither.
#pragma once

#include "participant/store/catalog.h"
#include "participant/store/connection.h"

namespace assent::participant {

class Enforcement {
 public:
  // REQUIRES: both are off.
  Enforcement(Connection& connection, Catalog& catalog) : connection_(connection), catalog_(catalog) {}

  void turn_on() { turn(catalog_.has_triggers_or_foreign_keys()); }
  void turn_off() { turn(false); }

 private:
  void turn(bool on);

  Connection& connection_;
  Catalog& catalog_;
  bool is_on_ = false;
};

}  // namespace assent::participant
