#include "participant/store/enforcement.h"

namespace assent::participant {

void Enforcement::turn(bool on) {
  if (on == is_on_) {
    return;
  }
  for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_FKEY}) {
    if (sqlite3_db_config(connection_.handle(), option, on ? 1 : 0, nullptr) != SQLITE_OK) {
      throw ResultError(sqlite_error(connection_.handle(), "switch triggers and foreign keys"));
    }
  }
  is_on_ = on;
}

}  // namespace assent::participant
