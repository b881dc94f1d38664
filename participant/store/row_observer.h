// RowObserver: sees every row that changes on the connection, before it does (SQLite's preupdate hook).
//
// Capturing, it writes down what a statement does, row by row. Verifying, it compares what a replay does with what was
// captured: the same row, the same old and new values, byte for byte, and nothing else.
#pragma once

#include <cstdint>
#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/change.h"
#include "participant/store/connection.h"

namespace assent::participant {

struct CaptureLimits {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

class RowObserver {
 public:
  // The hook stays installed, also while nothing is observed: SQLite would compile statements that bypass it.
  explicit RowObserver(Connection& connection);
  RowObserver(const RowObserver&) = delete;
  RowObserver& operator=(const RowObserver&) = delete;

  // Rows of these tables, which must live until then, are written down until take_captured(). Beyond the limits the
  // running statement is interrupted, and what was written down is gone: it may end well all the same, so ask
  // is_beyond_limits() whatever SQLite says.
  void capture(const std::vector<const TableSchema*>& tables, CaptureLimits limits);
  std::vector<Change> take_captured();
  bool is_beyond_limits() const { return beyond_limits_; }

  // SQLite could not show a row: its code, or SQLITE_OK. A capture ends as beyond the limits; an expectation is not
  // met.
  int failure() const { return failure_; }

  // Exactly `change` is to come, once. Both must live until has_met_expectation().
  void expect(const TableSchema& table, const Change& change);
  bool has_met_expectation();

 private:
  enum class Mode : std::uint8_t { kOff, kCapture, kVerify };

  static void on_change(void* observer, sqlite3* database, int operation, const char* schema, const char* table,
                        sqlite3_int64 old_rowid, sqlite3_int64 new_rowid);
  // What the hook shows of a row, before or after.
  struct Side {
    const TableSchema& table;
    ChangeKind kind;
    bool is_new;
    std::int64_t rowid;
  };

  void observe(ChangeKind kind, std::string_view table, std::int64_t old_rowid, std::int64_t new_rowid);
  void verify(const Side& before, const Side& after);
  sqlite3_value* value_at(const Side& side, std::size_t column);
  bool read_row(const Side& side, RowImage& row);  // false: a failure, or beyond the limits, and not all is read
  bool equals(const Side& side, const RowImage& expected);

  sqlite3* database_;
  Mode mode_ = Mode::kOff;
  std::vector<const TableSchema*> tables_;  // whose changes are expected
  CaptureLimits limits_;
  std::uint64_t captured_bytes_ = 0;
  bool beyond_limits_ = false;
  int failure_ = SQLITE_OK;
  std::vector<Change> captured_;
  const Change* expected_ = nullptr;
  int met_ = 0;
  bool surprised_ = false;  // something else came
};

}  // namespace assent::participant
