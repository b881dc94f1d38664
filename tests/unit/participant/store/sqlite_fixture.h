// What the tests of the SQLite store share: a store in a folder of its own, and a reader outside it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "participant/store/connection.h"
#include "participant/store/sqlite_store.h"
#include "tests/unit/participant/store/temporary_folder.h"

namespace assent::participant {

using Rows = std::vector<std::vector<Value>>;

inline constexpr StoreIdentity kIdentity{0x1234};

inline TransactionId transaction(std::uint64_t number) {
  return {.log = LogIdentity{0xabc}, .epoch = Epoch{3}, .number = number};
}

inline BranchRow prepared_row(std::uint64_t number, Changes changes, Locks locks = {}) {
  BranchRow row;
  row.id = transaction(number);
  row.branch = {.start = 1, .counter = number + 1};
  row.coordinator_address = "127.0.0.1:7400";
  row.statement_count = 1;
  row.stores = {"bank-a", "bank-b"};
  row.changes = std::move(changes);
  row.locks = std::move(locks);
  return row;
}

inline ApplyBranch apply_branch(std::uint64_t number, std::uint64_t commit = 7) {
  return {.id = transaction(number), .state = RowState::kCommitted, .commit = Position{commit}, .reason = {}};
}

inline Blob blob(std::string_view bytes) {
  Blob made;
  for (const char byte : bytes) {
    made.bytes.push_back(static_cast<std::byte>(byte));
  }
  return made;
}

inline Statement statement(std::string sql, std::vector<Value> parameters = {}) {
  return {.sql = std::move(sql), .parameters = std::move(parameters), .expected_rows = {}};
}

// Everything that a query shows to a program that opens the file read-only.
inline Rows read_outside(const std::string& path, const std::string& sql) {
  Connection connection(path, SQLITE_OPEN_READONLY);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection.handle());
  const StatementHandle handle(statement);
  Rows rows;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    auto& row = rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      row.push_back(read_column(statement, column).value());
    }
  }
  return rows;
}

// Runs SQL on the file as some other program would.
inline void write_outside(const std::string& path, const std::string& sql) {
  Connection connection(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  connection.run_once(sql);
}

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SqliteStoreTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("store.db"); }

  void create(const std::string& schema) {
    store_.reset();
    options_.create = kIdentity;
    options_.schema = schema;
    auto opened = open_sqlite_store(path(), options_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    options_.create.reset();
    options_.schema.reset();
  }

  void reopen() {
    store_.reset();
    auto opened = open_sqlite_store(path(), options_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  Execution execute(const std::vector<Statement>& statements, const Changes& before = {}) {
    auto execution = store_->execute({.id = {}, .before = before, .statements = statements});
    EXPECT_TRUE(execution) << execution.error().message;
    return execution ? std::move(*execution) : Execution{};
  }

  Execution execute(std::string sql, std::vector<Value> parameters = {}) {
    return execute(std::vector<Statement>{statement(std::move(sql), std::move(parameters))});
  }

  // As a branch of its own: executed, prepared and committed.
  void commit(const std::vector<Statement>& statements) {
    const Execution execution = execute(statements);
    ASSERT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
    journal({PutPrepared{prepared_row(next_, execution.changes, execution.locks)}, apply_branch(next_)});
    ++next_;
  }

  void commit(std::string sql, std::vector<Value> parameters = {}) {
    commit(std::vector<Statement>{statement(std::move(sql), std::move(parameters))});
  }

  void journal(const std::vector<JournalOperation>& operations) {
    const auto position = store_->journal(operations);
    ASSERT_TRUE(position) << position.error().message;
  }

  Rows rows(const std::string& sql) {
    const Execution execution = execute(sql);
    EXPECT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
    return execution.results.empty() ? Rows{} : execution.results[0].rows;
  }

  TemporaryFolder folder_;
  SqliteStoreOptions options_{.create = {}, .schema = {}, .limits = {}, .reserve_bytes = 0, .validate_replay = true};
  std::unique_ptr<Store> store_;
  std::uint64_t next_ = 1000;
};

}  // namespace assent::participant
