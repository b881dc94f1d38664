// What a store says to files that it cannot open, and what it leaves of them: everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/journal_tables.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace filesystem = std::filesystem;

constexpr const char* kOpeningSchema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a')";

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

class Opening : public SqliteStoreTest {
 protected:
  void expect_refused(const std::string& file, ErrorKind kind, const std::string& message) {
    const auto opened = open_sqlite_store(file, options_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, kind) << opened.error().message;
    EXPECT_THAT(opened.error().message, HasSubstr(message));
  }

  void create_and_close() {
    create(kOpeningSchema);
    store_.reset();
  }
};

TEST_F(Opening, AMissingFileIsNotCreatedUnasked) {
  expect_refused(path(), ErrorKind::kNotFound, "store.db: no such store; check the path, or create it with --create");
  EXPECT_FALSE(filesystem::exists(path()));
  EXPECT_TRUE(filesystem::is_empty(folder_.path()));
}

TEST_F(Opening, TheNameOfTheLogIsForcedBeforeAnythingIsCommitted) {
  create_and_close();
  bool has_log = false;
  bool is_committed = true;
  options_.force_names = [&](const std::string& file) {
    has_log = filesystem::exists(file + "-wal");
    is_committed = read_outside(file, "SELECT start_number FROM assent_store") != (Rows{{std::int64_t{1}}});
  };
  reopen();
  EXPECT_TRUE(has_log);
  EXPECT_FALSE(is_committed);
}

TEST_F(Opening, ALogWhoseNameCannotBeForcedIsNotUsed) {
  create_and_close();
  options_.force_names = [](const std::string& file) { throw ResultError({ErrorKind::kIo, file + ": no"}); };
  expect_refused(path(), ErrorKind::kIo, "store.db: no");
}

TEST_F(Opening, AMissingFolderIsNamed) {
  options_.create = kIdentity;
  expect_refused(folder_.file("nowhere/store.db"), ErrorKind::kNotFound, "nowhere: no such folder");
}

TEST_F(Opening, AnExistingFileIsNotCreatedOver) {
  create_and_close();
  const std::string before = content_of(path());
  options_.create = StoreIdentity{99};
  expect_refused(path(), ErrorKind::kConflict, "exists already; leave --create out");
  EXPECT_EQ(content_of(path()), before);

  write_file(folder_.file("notes.txt"), "notes");
  expect_refused(folder_.file("notes.txt"), ErrorKind::kConflict, "exists already");
  EXPECT_EQ(content_of(folder_.file("notes.txt")), "notes");
  options_.create.reset();
  reopen();
  EXPECT_EQ(store_->recovered().identity, kIdentity);
}

TEST_F(Opening, AFileThatIsNotADatabaseIsLeftAsItIs) {
  const std::string text(10000, 'x');
  write_file(path(), text);
  expect_refused(path(), ErrorKind::kCorrupt, "file is not a database");
  EXPECT_EQ(content_of(path()), text);
  expect_refused(folder_.path().string(), ErrorKind::kCorrupt, "is not a file");
}

TEST_F(Opening, ADatabaseThatIsNotAStoreIsLeftAsItIs) {
  write_outside(path(), "CREATE TABLE t(a); PRAGMA journal_mode = DELETE");
  const std::string before = content_of(path());
  expect_refused(path(), ErrorKind::kInvalidInput, "is an SQLite database, but not an Assent store");
  EXPECT_EQ(content_of(path()), before);
  write_file(folder_.file("empty.db"), "");
  expect_refused(folder_.file("empty.db"), ErrorKind::kInvalidInput, "not an Assent store");
  EXPECT_EQ(filesystem::file_size(folder_.file("empty.db")), 0U);
}

TEST_F(Opening, AnotherFormatIsRefused) {
  create_and_close();
  write_outside(path(), "UPDATE assent_store SET format = 1");
  expect_refused(path(), ErrorKind::kWrongVersion,
                 "has the store format 1, this program reads format 3; use the version of Assent that wrote it");
}

TEST_F(Opening, OnlyOneParticipantAtATimeHasTheFile) {
  create(kOpeningSchema);
  for (const std::string& name : {path(), folder_.path().string() + "/./store.db"}) {
    expect_refused(name, ErrorKind::kConflict, "another participant (process " + std::to_string(::getpid()) + ")");
  }
  filesystem::create_symlink(path(), folder_.file("other-name.db"));
  expect_refused(folder_.file("other-name.db"), ErrorKind::kConflict, "stop it first");
  store_.reset();
  reopen();
}

// As a user whom permissions bind, whoever runs the tests.
std::string message_without_privileges(const std::function<std::string()>& body) {
  int channel[2];
  if (::pipe(channel) != 0) {
    return "no pipe";
  }
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const bool dropped = ::geteuid() != 0 || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0);
    const std::string message = dropped ? body() : "no rights to drop rights";
    const bool written = ::write(channel[1], message.data(), message.size()) >= 0;
    ::_exit(written ? 0 : 1);
  }
  ::close(channel[1]);
  std::string message(4096, '\0');
  const ssize_t size = ::read(channel[0], message.data(), message.size());
  ::close(channel[0]);
  ::waitpid(child, nullptr, 0);
  message.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return message;
}

TEST_F(Opening, AReadOnlyFileOrFolderIsRefused) {
  create_and_close();
  const auto open = [this] {
    const auto opened = open_sqlite_store(path(), options_);
    return opened ? std::string("opened") : opened.error().message;
  };
  using filesystem::perms;
  filesystem::permissions(folder_.path(), perms::all);
  filesystem::permissions(path() + ".assent-lock", perms::all);
  filesystem::permissions(path(), perms::owner_read | perms::group_read | perms::others_read);
  EXPECT_THAT(message_without_privileges(open),
              HasSubstr("store.db: is read-only; let the participant write the file, its folder and its disk"));

  filesystem::permissions(path(), perms::all);
  filesystem::remove(path() + ".assent-lock");
  filesystem::permissions(folder_.path(), perms::owner_read | perms::owner_exec | perms::others_read |
                                              perms::others_exec | perms::group_read | perms::group_exec);
  EXPECT_THAT(message_without_privileges(open),
              AllOf(HasSubstr("cannot open the lock file"), HasSubstr("must be able to write the store's folder")));
  filesystem::permissions(folder_.path(), perms::all);
  reopen();
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"a"}}));
}

TEST_F(Opening, TextsThatAreNotUtf8AreRefused) {
  write_outside(path(),
                "PRAGMA encoding = 'UTF-16le'; CREATE TABLE assent_store(format); INSERT INTO assent_store VALUES (1)");
  expect_refused(path(), ErrorKind::kInvalidInput, "its texts are UTF-16le");
}

TEST_F(Opening, DamagedPagesAreFoundAndKept) {
  create_and_close();
  std::string content = content_of(path());
  content.resize(4096);
  write_file(path(), content);
  expect_refused(path(), ErrorKind::kCorrupt, "keep the file as evidence");
  EXPECT_EQ(content_of(path()), content);
}

TEST_F(Opening, ARowThatCannotBeReadIsNamed) {
  const std::string id = to_string(transaction(1));
  const std::string branch = "assent_branches row `" + id + "`, column ";
  for (const auto& [sql, message] : std::vector<std::pair<std::string, std::string>>{
           {"UPDATE assent_branches SET id = 'x'", "assent_branches row `x`, column id"},
           {"UPDATE assent_branches SET state = 'unsure'", branch + "state"},
           {"UPDATE assent_branches SET state = 1", branch + "state"},
           {"UPDATE assent_branches SET branch_start = 'x'", branch + "branch_start"},
           {"UPDATE assent_branches SET branch_counter = 1.5", branch + "branch_counter"},
           {"UPDATE assent_branches SET begin_stamp = x'00'", branch + "begin_stamp"},
           {"UPDATE assent_branches SET statement_count = -1", branch + "statement_count"},
           {"UPDATE assent_branches SET coordinator_address = x'00'", branch + "coordinator_address"},
           {"UPDATE assent_branches SET stores = 'text'", branch + "stores"},
           {"UPDATE assent_branches SET stores = x'05'", branch + "stores"},
           {"UPDATE assent_branches SET changed_rows = changed_rows + 1", branch + "changes"},
           {"UPDATE assent_branches SET changes = substr(changes, 1, length(changes) - 1)", branch + "changes"},
           {"UPDATE assent_branches SET changes = x'ff' || changes", branch + "changes"},
           {"UPDATE assent_branches SET locks = substr(locks, 1, length(locks) - 1)", branch + "locks"},
           {"UPDATE assent_branches SET locks = x'000003'", branch + "locks"},
           {"UPDATE assent_branches SET commit_position = 'x'", branch + "commit_position"},
           {"UPDATE assent_branches SET reason = x'00'", branch + "reason"},
           {"UPDATE assent_coordinators SET log = 'abc'", "assent_coordinators, column log"},
           {"UPDATE assent_coordinators SET nonce = 'ABCDEF0123456789'", "column nonce"},
           {"UPDATE assent_coordinators SET epoch = 'x'", "column epoch"},
           {"UPDATE assent_coordinators SET released_except = x'ff'", "column released_except"},
           {"UPDATE assent_coordinators SET released_except = x'ffffffffffffffffffff01'", "column released_except"},
           {"UPDATE assent_store SET identity = 'x'", "assent_store, column identity"},
           {"UPDATE assent_store SET position = 'x'", "assent_store, column position"},
           {"UPDATE assent_store SET foreign_write = x'00'", "assent_store, column foreign_write"},
           {"INSERT INTO assent_store SELECT * FROM assent_store", "assent_store, column identity"},
           {"DELETE FROM assent_store", "assent_store"}}) {
    SCOPED_TRACE(sql);
    store_.reset();
    for (const auto& file : filesystem::directory_iterator(folder_.path())) {
      filesystem::remove(file.path());
    }
    create(kOpeningSchema);
    const Execution execution = execute("UPDATE t SET v = 'b' WHERE id = 1");
    journal({PutPrepared{prepared_row(1, execution.changes, execution.locks)},
             PutCoordinator{{.line = {.log = LogIdentity{1}, .epoch = Epoch{2}, .nonce = Nonce{3}, .durable = {}},
                             .released = {.through = Position{9}, .except = {Position{4}}}}}});
    store_.reset();
    write_outside(path(), sql);
    expect_refused(path(), ErrorKind::kCorrupt, message);
    expect_refused(path(), ErrorKind::kCorrupt, "keep the file as evidence");
    EXPECT_EQ(read_outside(path(), "SELECT v FROM t"), (Rows{{"a"}})) << "nothing is acted on";
  }
}

TEST_F(Opening, WhatIsLeftOfARemovedStoreIsNotReadIntoANewOne) {
  write_file(path() + "-wal", "old");
  options_.create = kIdentity;
  expect_refused(path(), ErrorKind::kConflict, "store.db-wal: is left of a store that is gone");
  EXPECT_FALSE(filesystem::exists(path()));
}

TEST_F(Opening, AnUnfinishedCreationIsDoneAgain) {
  write_file(path() + ".assent-new", "half");
  create(kOpeningSchema);
  EXPECT_FALSE(filesystem::exists(path() + ".assent-new"));
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"a"}}));
}

TEST_F(Opening, NamesAreNeverUris) {
  const filesystem::path before = filesystem::current_path();
  filesystem::current_path(folder_.path());
  options_.create = kIdentity;
  auto opened = open_sqlite_store("file:x?mode=memory", options_);
  ASSERT_TRUE(opened) << opened.error().message;
  opened = Error{};
  EXPECT_TRUE(filesystem::exists(folder_.file("file:x?mode=memory")));
  filesystem::current_path(before);
}

// ---- the schema ----

TEST_F(Opening, ASchemaThatFailsLeavesNoStore) {
  for (const auto& [schema, message] : std::vector<std::pair<std::string, std::string>>{
           {"CREATE TABLE a(x); CREATE TABLE a(y)", "table a already exists"},
           {"CREATE TABLE a(x); nonsense", "syntax error"},
           {"CREATE TABLE assent_mine(x)", "names that begin with `assent_` belong to Assent"},
           {"CREATE TRIGGER x AFTER INSERT ON assent_branches BEGIN SELECT 1; END", "belong to Assent"},
           {"DELETE FROM assent_store", "belong to Assent"},
           {std::string("CREATE TABLE a(x);") + '\0' + "CREATE TABLE b(x)", "it holds a NUL byte"},
           {"COMMIT", "in one transaction"},
           {"ATTACH 'x' AS y", "ATTACH"},
           {"PRAGMA journal_mode = DELETE", "PRAGMA"},
           {"CREATE TEMP TABLE a(x)", "TEMP"}}) {
    SCOPED_TRACE(schema);
    options_.create = kIdentity;
    options_.schema = schema;
    expect_refused(path(), ErrorKind::kInvalidInput, message);
    EXPECT_FALSE(filesystem::exists(path()));
    EXPECT_FALSE(filesystem::exists(path() + ".assent-new"));
  }
}

TEST_F(Opening, AClaimThatCannotBeWrittenIsGivenBack) {
  create(kOpeningSchema);
  store_.reset();
  filesystem::remove(path() + ".assent-lock");
  filesystem::create_symlink("/dev/full", path() + ".assent-lock");
  for (int attempt = 0; attempt < 2; ++attempt) {
    expect_refused(path(), ErrorKind::kIo, "make room on the disk");
  }
}

// It says whether there is something to force first.
TEST_F(Opening, AClaimThatCannotBeReadIsNotTakenForAnEmptyOne) {
  create("");
  store_.reset();
  const std::string lock_file = path() + ".assent-lock";
  filesystem::remove(lock_file);
  ASSERT_EQ(::mkfifo(lock_file.c_str(), 0600), 0);
  expect_refused(path(), ErrorKind::kIo, "cannot be read");
}

TEST_F(Opening, ANameThatIsNoTableIsNotRemembered) {
  Connection connection(folder_.file("any.db"), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  Catalog catalog(connection);
  EXPECT_EQ(catalog.find("t"), nullptr);
  connection.run_once("CREATE TABLE T(id INTEGER PRIMARY KEY)");
  EXPECT_NE(catalog.find("t"), nullptr);
}

TEST_F(Opening, EachSchemaIsAppliedOnce) {
  options_.create = kIdentity;
  store_ = open_sqlite_store(path(), options_).value();
  options_.create.reset();
  reopen();
  EXPECT_EQ(execute("SELECT * FROM t").failure.detail, "no such table: t");
  options_.schema = kOpeningSchema;
  reopen();
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"a"}}));
  reopen();
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"a"}}));
  options_.schema = "CREATE TABLE other(id INTEGER PRIMARY KEY)";
  reopen();
  EXPECT_EQ(rows("SELECT count(*) FROM other"), (Rows{{std::int64_t{0}}}));
  options_.schema = kOpeningSchema;
  reopen();
  EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM assent_schema"), (Rows{{std::int64_t{2}}}));
}

TEST_F(Opening, ASchemaThatFailsLeavesTheStoreAsItWas) {
  create_and_close();
  options_.schema = "CREATE TABLE u(x);\nINSERT INTO t VALUES (2, 'b');\nCREATE TABLE t(x)";
  expect_refused(path(), ErrorKind::kInvalidInput,
                 "store.db: the schema cannot be applied: table t already exists (line 3); correct its SQL; nothing of "
                 "it was applied");
  options_.schema.reset();
  reopen();
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"a"}}));
  EXPECT_EQ(execute("SELECT * FROM u").failure.detail, "no such table: u");
}

TEST_F(Opening, NoSchemaIsAppliedWhileABranchIsPrepared) {
  options_.create = kIdentity;
  store_ = open_sqlite_store(path(), options_).value();
  options_.create.reset();
  journal({PutPrepared{prepared_row(1, {})}});
  store_.reset();
  options_.schema = kOpeningSchema;
  expect_refused(path(), ErrorKind::kInvalidInput, "branch " + to_string(transaction(1)) + " is prepared");
}

}  // namespace
}  // namespace assent::participant
