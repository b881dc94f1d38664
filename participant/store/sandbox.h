// Sandbox: what statements from outside may do on the store's connection, and what they touch.
//
// The authorizer is asked while SQLite compiles; it stays installed, for SQLite may compile a statement again when it
// is stepped. Whoever compiles or steps something says whose it is: Trust is kStore unless a Sandbox::As says
// otherwise.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "participant/store/connection.h"

namespace assent::participant {

// What a statement touches, as the authorizer was told while it was compiled.
struct Access {
  std::set<std::string> reads;    // names as SQLite gave them: of tables, also of views and of common table expressions
  std::set<std::string> targets;  // written, also by triggers and the actions of foreign keys
  std::set<std::string> inserts;  // of those, where rows may be inserted
  std::set<std::string> causes;   // names of the triggers that may fire, and of views
  std::set<std::string> rowids;   // of which a rowid that no column shows was named
  std::string refusal;            // why it may not run, and what to do instead
};

// The table that holds the schema, by any of its names.
bool is_schema_table(std::string_view table);

class Sandbox {
 public:
  enum class Trust : std::uint8_t {
    kStore,      // the store's own statements: everything
    kSchema,     // the operator's schema: creates and fills, leaves the rest alone
    kStatement,  // from outside
  };

  // Configures the connection for good, and installs the authorizer. The connection must outlive it.
  explicit Sandbox(Connection& connection);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // While it lives, what is compiled or stepped is not the store's own.
  class As {
   public:
    As(Sandbox& sandbox, Trust trust, Access* access = nullptr) : sandbox_(sandbox) {
      sandbox_.trust_ = trust;
      sandbox_.access_ = access;
    }
    ~As() {
      sandbox_.trust_ = Trust::kStore;
      sandbox_.access_ = nullptr;
    }
    As(const As&) = delete;
    As& operator=(const As&) = delete;

   private:
    Sandbox& sandbox_;
  };

 private:
  static int authorize(void* sandbox, int action, const char* first, const char* second, const char* database,
                       const char* cause);
  int decide(int action, std::string_view first, std::string_view second, std::string_view database);
  int decide_schema(int action, std::string_view first, std::string_view second);
  int refuse(std::string reason);

  Trust trust_ = Trust::kStore;
  Access* access_ = nullptr;  // null: while stepping
};

}  // namespace assent::participant
