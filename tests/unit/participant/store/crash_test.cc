// Crashes: whatever was on disk when the process ended, the store opens with all of a journal transaction or none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "participant/store/store_file.h"
#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

namespace filesystem = std::filesystem;

constexpr const char* kSchema =
    "CREATE TABLE accounts(id INTEGER PRIMARY KEY, balance INTEGER, note TEXT);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
    "INSERT INTO accounts SELECT i, 100, hex(zeroblob(200)) FROM n";

// Everything a store keeps but what every opening changes, as text.
std::string image_of_store(Store& store) {
  const std::vector<Statement> all = {statement("SELECT id, balance, note FROM accounts ORDER BY id")};
  const Execution execution = store.execute({.id = {}, .before = {}, .statements = all}).value();
  std::string image;
  for (const auto& row : execution.results.at(0).rows) {
    image += std::to_string(std::get<std::int64_t>(row[0])) + "=" + std::to_string(std::get<std::int64_t>(row[1])) +
             std::get<std::string>(row[2]).substr(0, 3) + " ";
  }
  for (const BranchRow& row : store.recovered().rows) {
    image += to_string(row.id) + ":" + std::to_string(static_cast<int>(row.state)) + ":" + row.changes.bytes + " ";
  }
  for (const SeenCoordinator& seen : store.recovered().coordinators) {
    image += to_hex(static_cast<std::uint64_t>(seen.line.log)) + std::to_string(static_cast<int>(seen.line.durable));
  }
  return image;
}

class Crash : public SqliteStoreTest {
 protected:
  // The journal transactions of a life: prepared, committed, aborted and released branches, large and small.
  std::vector<std::vector<JournalOperation>> life() {
    const auto changes = [this](const std::string& sql) { return execute(sql).changes; };
    std::vector<std::vector<JournalOperation>> transactions;
    transactions.push_back({PutPrepared{prepared_row(1, changes("UPDATE accounts SET balance = 0 WHERE id = 1"))}});
    transactions.push_back(
        {PutCoordinator{
             {.line = {.log = LogIdentity{1}, .epoch = {}, .nonce = {}, .durable = Position{2}}, .released = {}}},
         apply_branch(1), PutPrepared{prepared_row(2, changes("DELETE FROM accounts WHERE id > 30"))},
         PutPrepared{prepared_row(3, changes("UPDATE accounts SET note = 'x' WHERE id = 5"))}});
    transactions.push_back({apply_branch(2), DeleteBranch{transaction(3)}});
    transactions.push_back({DeleteBranch{transaction(1)}, DeleteBranch{transaction(2)}});
    return transactions;
  }

  std::string image_of_copy(const std::string& name) {
    auto opened = open_sqlite_store(folder_.file(name), options_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? image_of_store(**opened) : std::string();
  }

  // What a power failure leaves if everything written so far is on disk, but only `wal_bytes` of the log.
  void copy_files(const std::string& name, std::uintmax_t wal_bytes) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      filesystem::remove(folder_.file(name) + suffix);
    }
    filesystem::copy_file(path(), folder_.file(name));
    if (filesystem::exists(path() + "-wal")) {
      filesystem::copy_file(path() + "-wal", folder_.file(name) + "-wal");
      filesystem::resize_file(folder_.file(name) + "-wal", wal_bytes);
    }
  }

  std::uintmax_t wal_size() const {
    return filesystem::exists(path() + "-wal") ? filesystem::file_size(path() + "-wal") : 0;
  }
};

TEST_F(Crash, EveryPrefixOfTheLogIsAWholeNumberOfTransactions) {
  create(kSchema);
  std::uintmax_t before_size = wal_size();
  copy_files("copy.db", before_size);
  std::string before = image_of_copy("copy.db");
  for (const auto& operations : life()) {
    journal(operations);
    copy_files("copy.db", wal_size());
    const std::string after = image_of_copy("copy.db");
    EXPECT_NE(after, before);
    constexpr std::uintmax_t kStep = 1031;  // a prime: cuts headers and pages at many places
    for (std::uintmax_t size = before_size; size < wal_size(); size += kStep) {
      copy_files("copy.db", size);
      EXPECT_EQ(image_of_copy("copy.db"), before) << size;
    }
    before = after;
    before_size = wal_size();
  }
}

TEST_F(Crash, WhateverWriteOrForceFailsTheDiskHoldsAllOfItOrNothing) {
  for (const bool for_good : {false, true}) {
    for (std::size_t step = 0; step < 4; ++step) {
      bool failed = true;
      int failures = 0;
      for (int operation = 1; failed; ++operation) {
        SCOPED_TRACE("transaction " + std::to_string(step) + ", operation " + std::to_string(operation));
        FaultyDisk disk;
        store_.reset();
        filesystem::remove_all(folder_.path());
        filesystem::create_directory(folder_.path());
        create(kSchema);
        const auto transactions = life();
        for (std::size_t done = 0; done < step; ++done) {
          journal(transactions[done]);
        }
        reopen();
        const std::string before = image_of_store(*store_);
        EXPECT_TRUE(store_->end_executions());
        disk.fault().fail_at(operation, for_good);
        const auto result = store_->journal(transactions[step]);
        failed = disk.fault().has_failed();
        EXPECT_EQ(!result, failed) << "a failure is told, always";
        if (!result) {
          ++failures;
          EXPECT_EQ(result.error().kind, ErrorKind::kIo) << result.error().message;
          EXPECT_FALSE(store_->journal({})) << "and the store is of no use any more";
        }
        store_.reset();
        disk.fault().heal();
        reopen();
        const std::string after = image_of_store(*store_);
        if (!failed) {
          EXPECT_NE(after, before);
        } else if (after != before) {  // all of it is there
          reopen();
          EXPECT_EQ(image_of_store(*store_), after);
        } else {
          const auto again = store_->journal(transactions[step]);
          EXPECT_TRUE(again) << again.error().message;
        }
      }
      EXPECT_GE(failures, 2) << "a write and a force at least";
    }
  }
}

TEST_F(Crash, BehindAForceThatFailedOnlyAWholeOpeningMovesTheLogIntoTheFile) {
  FaultyDisk disk(DiskOperation::kForce);
  create(kSchema);
  journal(life()[0]);
  const auto file = [&] { return content_of(path()); };
  const std::string before = file();
  disk.fault().fail_at(1, false);
  EXPECT_FALSE(store_->journal(life()[1]));
  store_.reset();
  EXPECT_TRUE(file() == before) << "a close has copied what was not forced";
  EXPECT_GT(wal_size(), 0U);

  disk.fault().fail_at(1, false);
  EXPECT_FALSE(open_sqlite_store(path(), options_));
  EXPECT_TRUE(disk.fault().has_failed());
  EXPECT_TRUE(file() == before) << "an opening that failed has";
  EXPECT_GT(wal_size(), 0U);

  disk.fault().heal();
  reopen();
  store_.reset();
  EXPECT_FALSE(filesystem::exists(path() + "-wal")) << "a clean close leaves one file";
}

TEST_F(Crash, AnOpeningBehindAWriteThatMayHaveFailedWritesTheLogAgainBeforeItIsCopied) {
  FaultyDisk disk;
  create(kSchema);
  journal(life()[0]);
  disk.fault().fail_at(1, false);
  EXPECT_FALSE(store_->journal(life()[1]));
  store_.reset();
  const std::string log = content_of(path() + "-wal");

  disk.fault().fail_at(1, false);
  const auto opened = open_sqlite_store(path(), options_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("store.db-wal: cannot be written again"));
  EXPECT_EQ(opened.error().kind, ErrorKind::kIo);

  disk.fault().heal();
  write_log_again(path());
  EXPECT_TRUE(content_of(path() + "-wal") == log);
  reopen();
  EXPECT_EQ(store_->recovered().rows.size(), 1U);
}

TEST_F(Crash, TheLogIsNotWrittenAgainWhileSomebodyElseWrites) {
  create(kSchema);
  Connection other(path(), SQLITE_OPEN_READWRITE);
  other.run_once("BEGIN IMMEDIATE");
  try {
    write_log_again(path());
    FAIL() << "what is written meanwhile would be written over";
  } catch (const ResultError& error) {
    EXPECT_EQ(error.error().kind, ErrorKind::kConflict) << error.error().message;
  }
  other.run_once("ROLLBACK");
  write_log_again(path());
}

TEST_F(Crash, AFailureWhileOpeningLeavesAStoreThatOpens) {
  bool failed = true;
  for (int operation = 1; failed; ++operation) {
    SCOPED_TRACE(operation);
    FaultyDisk disk;
    store_.reset();
    filesystem::remove_all(folder_.path());
    filesystem::create_directory(folder_.path());
    create(kSchema);
    journal(life()[0]);
    const auto start = store_->recovered().start_number;
    copy_files("copy.db", wal_size());
    disk.fault().fail_at(operation, true);
    auto opened = open_sqlite_store(folder_.file("copy.db"), options_);
    failed = disk.fault().has_failed();
    if (!opened) {
      EXPECT_EQ(opened.error().kind, ErrorKind::kIo) << opened.error().message;
    }
    opened = Error{};
    disk.fault().heal();
    opened = open_sqlite_store(folder_.file("copy.db"), options_);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_GT((*opened)->recovered().start_number, start);
    EXPECT_EQ((*opened)->recovered().rows.size(), 1U);
  }
}

TEST_F(Crash, AFailureWhileCreatingLeavesNothingInTheWay) {
  bool failed = true;
  for (int operation = 1; failed; ++operation) {
    SCOPED_TRACE(operation);
    FaultyDisk disk;
    store_.reset();
    filesystem::remove_all(folder_.path());
    filesystem::create_directory(folder_.path());
    options_.create = kIdentity;
    options_.schema = kSchema;
    disk.fault().fail_at(operation, true);
    auto opened = open_sqlite_store(path(), options_);
    failed = disk.fault().has_failed();
    const bool created = filesystem::exists(path());
    opened = Error{};
    disk.fault().heal();
    if (created) {
      options_.create.reset();
    }
    opened = open_sqlite_store(path(), options_);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->recovered().identity, kIdentity);
    opened = Error{};
    EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM accounts"), (Rows{{std::int64_t{50}}}));
  }
}

// https://www.sqlite.org/fileformat2.html, section 1.3.3
std::string journal_versions_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 20> header{};
  file.read(header.data(), header.size());
  return {header.begin() + 18, header.end()};
}

TEST_F(Crash, AStoreThatWasOpenedThoughAWriteFailedKeepsAWriteAheadLog) {
  FaultyDisk disk;
  bool failed = true;
  for (int write = 1; failed; ++write) {
    SCOPED_TRACE(write);
    store_.reset();
    folder_.clear();
    options_.create = kIdentity;
    disk.fault().fail_at(write, false);
    auto opened = open_sqlite_store(path(), options_);
    failed = disk.fault().has_failed();
    disk.fault().heal();
    if (!opened) {
      EXPECT_EQ(opened.error().kind, ErrorKind::kIo) << opened.error().message;
      continue;
    }
    opened = Error{};
    EXPECT_EQ(journal_versions_of(path()), "\2\2");
  }
}

// Behind a commit that finds the log long, its pages go back into the file. From some write or force on, as in a crash
// within that, nothing more reaches the disk.
TEST_F(Crash, WithinACheckpointOfTheLogNothingIsLost) {
  create(kSchema);
  constexpr std::uintmax_t kAlmostLong = std::uintmax_t{980} * 4120;  // of a thousand pages with their headers
  while (wal_size() < kAlmostLong) {
    commit("UPDATE accounts SET balance = balance + 1 WHERE id < 30");
  }
  copy_files("almost.db", wal_size());
  const auto balance = [this] { return std::get<std::int64_t>(rows("SELECT balance FROM accounts").at(0).at(0)); };
  const std::int64_t before = balance();
  const auto open_copy = [this] {
    auto opened = open_sqlite_store(folder_.file("copy.db"), options_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  };
  int within = 0;
  bool failed = true;
  for (int operation = 1; failed; ++operation) {
    SCOPED_TRACE(operation);
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm", ".assent-lock"}) {
      filesystem::remove(folder_.file("copy.db") + suffix);
    }
    for (const char* suffix : {"", "-wal"}) {
      filesystem::copy_file(folder_.file("almost.db") + suffix, folder_.file("copy.db") + suffix);
    }
    FaultyDisk disk;
    open_copy();
    disk.fault().fail_at(operation, true);
    std::int64_t answered = 0;
    bool told = false;
    constexpr int kPastTheCheckpoint = 8;
    while (!disk.fault().has_failed() && answered < kPastTheCheckpoint) {
      const Execution execution = execute("UPDATE accounts SET balance = balance + 1 WHERE id = 1");
      const std::vector<JournalOperation> operations = {
          PutPrepared{prepared_row(next_, execution.changes, execution.locks)}, apply_branch(next_)};
      ++next_;
      told = !store_->journal(operations);
      answered += told ? 0 : 1;
    }
    failed = disk.fault().has_failed();
    within += failed && !told ? 1 : 0;
    store_.reset();
    disk.fault().heal();
    open_copy();
    const std::int64_t after = balance() - before;
    EXPECT_TRUE(after == answered || (told && after == answered + 1)) << after << " of " << answered;
  }
  EXPECT_GE(within, 3) << "two pages and a force at least";
}

// One letter for each journal transaction that has returned.
[[noreturn]] void transfer_for_ever(const std::string& path, SqliteStoreOptions options, int progress) {
  options.create = kIdentity;
  options.schema = kSchema;
  const auto store = open_sqlite_store(path, options).value();
  for (std::uint64_t number = 0;; ++number) {
    const std::vector<Statement> statements = {
        statement("UPDATE accounts SET balance = balance - 1, note = ?1 WHERE id = 1", {std::string(3000, 'n')}),
        statement("UPDATE accounts SET balance = balance + 1 WHERE id = 2")};
    const Execution execution = store->execute({.id = {}, .before = {}, .statements = statements}).value();
    std::vector<JournalOperation> operations = {PutPrepared{prepared_row(number, execution.changes)}};
    store->journal(operations).value();
    operations = {apply_branch(number)};
    if (number > 0) {
      operations.push_back(DeleteBranch{transaction(number - 1)});
    }
    store->journal(operations).value();
    if (::write(progress, "+", 1) != 1) {
      ::_exit(1);
    }
  }
}

TEST_F(Crash, AKilledProcessLosesNothingThatItHadAnswered) {
  for (const int transfers : {1, 7, 400}) {  // the last with checkpoints of the log behind it
    SCOPED_TRACE(transfers);
    filesystem::remove_all(folder_.path());
    filesystem::create_directory(folder_.path());
    int progress[2];
    ASSERT_EQ(::pipe(progress), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      transfer_for_ever(path(), options_, progress[1]);
    }
    ::close(progress[1]);
    char letter = 0;
    for (int count = 0; count < transfers; ++count) {
      ASSERT_EQ(::read(progress[0], &letter, 1), 1);
    }
    auto claimed = open_sqlite_store(path(), options_);
    ASSERT_FALSE(claimed);
    EXPECT_EQ(claimed.error().kind, ErrorKind::kConflict);
    EXPECT_THAT(claimed.error().message, testing::HasSubstr("process " + std::to_string(child)));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    int answered = transfers;
    while (::read(progress[0], &letter, 1) == 1) {
      ++answered;
    }
    ::close(progress[0]);

    reopen();
    const Rows found = rows("SELECT balance FROM accounts WHERE id < 3 ORDER BY id");
    const std::int64_t first = std::get<std::int64_t>(found.at(0).at(0));
    const std::int64_t second = std::get<std::int64_t>(found.at(1).at(0));
    EXPECT_EQ(first + second, 200);
    EXPECT_GE(100 - first, answered);
    EXPECT_LE(100 - first, answered + 1);
    EXPECT_LE(store_->recovered().rows.size(), 2U);
    EXPECT_EQ(store_->recovered().start_number, 2U);
    store_.reset();
  }
}

// Of a temporary file, every write would fail.
TEST(Spilling, ASortThatOutgrowsTheCacheNeedsNoFile) {
  const TemporaryFolder folder;
  FaultyDisk disk;
  SqliteStoreOptions options;
  options.create = kIdentity;
  options.limits.time = std::chrono::minutes(10);
  auto store = open_sqlite_store(folder.file("store.db"), options);
  ASSERT_TRUE(store) << store.error().message;
  disk.fault().fail_at(1, true);
  const std::vector<Statement> statements = {
      statement("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
                "SELECT hex(randomblob(50)) AS v FROM n ORDER BY v LIMIT 1 OFFSET 99999")};
  const auto execution = (*store)->execute({.id = {}, .before = {}, .statements = statements});
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->results.at(0).rows.size(), 1U);
  EXPECT_FALSE(disk.fault().has_failed());
}

}  // namespace
}  // namespace assent::participant
