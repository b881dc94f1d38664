#include "participant/store/zero_blob.h"

#include <algorithm>
#include <cstring>

namespace assent::participant {

namespace {

void zero_blob(sqlite3_context* context, int /*count*/, sqlite3_value** arguments) {
  const auto size = std::max<sqlite3_int64>(0, sqlite3_value_int64(*arguments));
  if (size > sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1)) {
    sqlite3_result_error_toobig(context);
    return;
  }
  const auto bytes = static_cast<sqlite3_uint64>(size);
  void* const zeros = sqlite3_malloc64(bytes + 1);  // of none at all SQLite would make a null pointer, which is NULL
  if (zeros == nullptr) {
    sqlite3_result_error_nomem(context);
    return;
  }
  std::memset(zeros, 0, bytes);
  sqlite3_result_blob64(context, zeros, bytes, sqlite3_free);
}

}  // namespace

void give_zero_blobs_their_bytes(Connection& connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  if (sqlite3_create_function_v2(connection.handle(), "zeroblob", 1, kFlags, nullptr, zero_blob, nullptr, nullptr,
                                 nullptr) != SQLITE_OK) {
    throw ResultError(sqlite_error(connection.handle(), "define zeroblob()"));
  }
}

}  // namespace assent::participant
