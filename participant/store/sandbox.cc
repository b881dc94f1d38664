#include "participant/store/sandbox.h"

#include <algorithm>
#include <array>
#include <utility>

#include "participant/store/catalog.h"

namespace assent::participant {

namespace {

constexpr int kDenied = SQLITE_DENY;

// Denied: pointers in and out, code from files, and what one branch would read of another on a shared connection.
// rtreecheck() reads tables that it does not name.
constexpr std::array<std::string_view, 6> kDeniedFunctions = {"load_extension", "fts3_tokenizer", "last_insert_rowid",
                                                              "changes",        "total_changes",  "rtreecheck"};

constexpr std::string_view kNoTransactionControl =
    "transaction control belongs to Assent: end the transaction through its client";
constexpr std::string_view kNoSchemaChange =
    "statements of a transaction can neither change the schema nor use tables internal to SQLite: an operator changes "
    "the schema with `assentctl schema apply`, and sqlite_schema shows what the store holds";

bool starts_with_lower(std::string_view text, std::string_view prefix) {
  return to_lower(text.substr(0, prefix.size())) == prefix;
}

// Full-text tables ask for these while they work.
bool is_asked_by_virtual_tables(std::string_view pragma, std::string_view argument) {
  return argument.empty() && (pragma == "data_version" || pragma == "page_size");
}

}  // namespace

bool is_schema_table(std::string_view table) {
  const std::string lower = to_lower(table);
  return lower == "sqlite_master" || lower == "sqlite_schema" || lower == "sqlite_temp_master" ||
         lower == "sqlite_temp_schema";
}

Sandbox::Sandbox(Connection& connection) {
  sqlite3* database = connection.handle();
  for (const auto& [option, on] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}}) {
    if (sqlite3_db_config(database, option, on, nullptr) != SQLITE_OK) {
      throw ResultError(sqlite_error(database, "configure the connection"));
    }
  }
  constexpr int kPatternBytes = 4096;
  constexpr int kTriggerDepth = 1000;
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, kPatternBytes);
  sqlite3_limit(database, SQLITE_LIMIT_TRIGGER_DEPTH, kTriggerDepth);
  sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_set_authorizer(database, &Sandbox::authorize, this);
}

int Sandbox::authorize(void* sandbox, int action, const char* first, const char* second, const char* database,
                       const char* cause) {
  auto& self = *static_cast<Sandbox*>(sandbox);
  const auto text = [](const char* chars) { return chars == nullptr ? std::string_view() : std::string_view(chars); };
  switch (self.trust_) {
    case Trust::kStore: return SQLITE_OK;
    case Trust::kSchema: return self.decide_schema(action, text(first), text(second));
    case Trust::kStatement:
      if (cause != nullptr && self.access_ != nullptr) {
        self.access_->causes.insert(cause);
      }
      return self.decide(action, text(first), text(second), text(database));
  }
  return kDenied;
}

int Sandbox::refuse(std::string reason) {
  if (access_ != nullptr && access_->refusal.empty()) {
    access_->refusal = std::move(reason);
  }
  return kDenied;
}

int Sandbox::decide(int action, std::string_view first, std::string_view second, std::string_view database) {
  const std::string table(first);
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION:
      if (std::find(kDeniedFunctions.begin(), kDeniedFunctions.end(), to_lower(second)) != kDeniedFunctions.end()) {
        return refuse("the function " + std::string(second) +
                      "() is refused: it shows or changes what does not belong to the transaction; "
                      "results carry the number of changed rows");
      }
      return SQLITE_OK;
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      if (starts_with_lower(first, "assent_")) {
        return refuse("`" + table + "` belongs to Assent: tables named `assent_…` can be read from outside only");
      }
      if (action != SQLITE_READ && is_schema_table(first)) {
        return refuse(std::string(kNoSchemaChange));
      }
      if (!is_schema_table(first) &&
          (starts_with_lower(first, "sqlite_") || starts_with_lower(first, "pragma_") || to_lower(first) == "dbstat")) {
        return refuse("`" + table + "` is internal to SQLite: read sqlite_schema for what the store holds");
      }
      if (database == "temp") {
        return refuse("`" + table + "` is a TEMP object: those are refused, for they live in one connection only");
      }
      if (access_ == nullptr) {
        return SQLITE_OK;
      }
      if ((action == SQLITE_READ || action == SQLITE_UPDATE) && second == "ROWID") {
        access_->rowids.insert(table);
      }
      (action == SQLITE_READ ? access_->reads : access_->targets).insert(table);
      if (action == SQLITE_INSERT) {
        access_->inserts.insert(table);
      }
      return SQLITE_OK;
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: return refuse(std::string(kNoTransactionControl));
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return refuse("ATTACH, DETACH and VACUUM are refused: a store is one file; VACUUM it offline");
    case SQLITE_PRAGMA:
      if (access_ == nullptr && is_asked_by_virtual_tables(first, second)) {
        return SQLITE_OK;
      }
      return refuse("PRAGMA is refused: the connection belongs to Assent; read sqlite_schema for what the store holds");
    default: return refuse(std::string(kNoSchemaChange));
  }
}

int Sandbox::decide_schema(int action, std::string_view first, std::string_view second) {
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return refuse("the schema is applied in one transaction: leave BEGIN, COMMIT and others out");
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return refuse("ATTACH, DETACH and VACUUM have no place in a store's schema");
    case SQLITE_PRAGMA:
      return is_asked_by_virtual_tables(first, second) ? SQLITE_OK : refuse("PRAGMA has no place in a store's schema");
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW: return refuse("TEMP objects have no place in a store's schema");
    case SQLITE_FUNCTION:
      return to_lower(second) == "load_extension" ? refuse("load_extension() is refused") : SQLITE_OK;
    default:
      if (starts_with_lower(first, "assent_") || (action != SQLITE_READ && starts_with_lower(second, "assent_"))) {
        return refuse("names that begin with `assent_` belong to Assent");
      }
      return SQLITE_OK;
  }
}

}  // namespace assent::participant
