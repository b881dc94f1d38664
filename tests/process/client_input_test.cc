// What an application can ask wrongly of real daemons: it is told what and why, the same client goes on, and nothing is
// left behind at any store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assent/assent.h"
#include "participant/core/branch_table.h"
#include "participant/store/store.h"
#include "tests/process/daemons.h"

namespace assent {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kSchema = R"(
CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
INSERT INTO accounts VALUES ('alice', 100);
CREATE TABLE strict_types (id INTEGER PRIMARY KEY, v INTEGER) STRICT;
CREATE TABLE hides (rowid, oid, _rowid_);
CREATE TABLE lucky (id INTEGER PRIMARY KEY, v CHECK (random() > 0));
CREATE TABLE by_name (name TEXT PRIMARY KEY);
CREATE VIRTUAL TABLE words USING fts5(word);
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES parent (id));
)";

class ClientInputTest : public ProcessTest {
 protected:
  void SetUp() override { start({}); }

  void TearDown() override {
    if (participant_.is_running()) expect_that_all_goes_on();
  }

  void start(const Words& participant_flags) {
    schema_ = kSchema;
    start_coordinator({"--idle-force", "10ms"});
    start_participant(participant_flags);
    client_.emplace(ClientOptions{.coordinator = coordinator_.address(), .store_retry_time = std::chrono::seconds(5)});
  }

  Client& client() { return *client_; }

  std::int64_t balance(const std::string& store) {
    return client().run([&](Transaction& transaction) {
      return transaction.query_one(store, "SELECT balance FROM accounts WHERE id = 'alice'").get<std::int64_t>(0);
    });
  }

  // The same client commits on both stores, and then neither holds anything.
  void expect_that_all_goes_on() {
    const auto left = balance("left");
    const auto right = balance("right");
    client().run([](Transaction& transaction) {
      transaction.execute("left", "UPDATE accounts SET balance = balance - 1 WHERE id = 'alice'");
      transaction.execute("right", "UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'");
    });
    EXPECT_EQ(balance("left"), left - 1);
    EXPECT_EQ(balance("right"), right + 1);
    EXPECT_TRUE(becomes_true([this] { return has_nothing("left") && has_nothing("right"); }));
    EXPECT_TRUE(becomes_true([this] {
      return ctl({"transactions"}).out == "no transaction is undecided or owed an acknowledgement\n";
    })) << ctl({"transactions"}).out;
  }

  bool has_nothing(const std::string& store) {
    return ctl({"locks", store}).out == "store `" + store + "` holds no lock\n";
  }

  std::optional<Client> client_;
};

template <typename Error, typename Function>
Error thrown_by(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("nothing was thrown");
}

// ---- statements ----

struct BadStatement {
  std::string name;
  std::string sql;
  std::vector<Value> parameters;
  AbortReason reason = AbortReason::kStatementFailed;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const BadStatement& bad) {
  return out << bad.sql;
}

class BadStatementTest : public ClientInputTest, public testing::WithParamInterface<BadStatement> {
 protected:
  void SetUp() override {
    start({"--result-rows", "100", "--result-bytes", "64KiB", "--sql-bytes", "1KiB", "--parameters", "3",
           "--changed-rows", "100", "--run-time", "200ms", "--memory", "16MiB"});
  }
};

TEST_P(BadStatementTest, FailsAloneInATransactionAndAbortsABatchEverywhere) {
  const auto& bad = GetParam();
  Batch batch;
  batch.execute("right", "UPDATE accounts SET balance = 140 WHERE id = 'alice'");
  batch.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  batch.add("left", Statement{bad.sql, bad.parameters, {}});
  const auto aborted = thrown_by<Aborted>([&] { client().submit(batch); });
  EXPECT_EQ(aborted.reason(), bad.reason);
  EXPECT_EQ(aborted.cause().store, "left");
  EXPECT_EQ(aborted.cause().statement_index, 1);
  EXPECT_THAT(aborted.what(), AllOf(HasSubstr("left (statement 1 of this store"), HasSubstr(bad.message)));
  EXPECT_EQ(balance("left"), 100);
  EXPECT_EQ(balance("right"), 100);

  client().run([&](Transaction& transaction) {
    transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
    const auto failed = thrown_by<StatementError>([&] {
      transaction.run("left", Statement{bad.sql, bad.parameters, {}});
    });
    EXPECT_EQ(failed.reason(), bad.reason);
    EXPECT_EQ(failed.store(), "left");
    EXPECT_THAT(failed.what(), AllOf(HasSubstr("left"), HasSubstr(bad.message)));
    transaction.execute("right", "UPDATE accounts SET balance = 140 WHERE id = 'alice'");
  });
  EXPECT_EQ(balance("left"), 60);
  EXPECT_EQ(balance("right"), 140);
}

constexpr auto kConstraint = AbortReason::kConstraint;
constexpr auto kFailed = AbortReason::kStatementFailed;
const std::vector<Value> kAlice{std::string("alice")};
const std::vector<Value> kOne{std::string("one")};
const std::string kNumbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 101) ";

INSTANTIATE_TEST_SUITE_P(
    All, BadStatementTest,
    testing::Values(
        BadStatement{"SqlError", "SELEKT 1", {}, kFailed, "near \"SELEKT\": syntax error"},
        BadStatement{"NoSuchTable", "DELETE FROM nowhere", {}, kFailed, "no such table: nowhere"},
        BadStatement{"TooFewParameters", "DELETE FROM accounts WHERE id = ?1 AND balance = ?2", kAlice, kFailed,
                     "has 2 parameters, but 1 values were given: give one for each"},
        BadStatement{"TooManyParameters", "DELETE FROM accounts", kAlice, kFailed,
                     "has 0 parameters, but 1 values were given: give one for each"},
        BadStatement{"TypeOfAStrictTable", "INSERT INTO strict_types VALUES (1, ?1)", kOne, kConstraint,
                     "cannot store TEXT value in INTEGER column strict_types.v"},
        BadStatement{"TypeOfAKey", "INSERT INTO strict_types VALUES (?1, 1)", kOne, kFailed, "datatype mismatch"},
        BadStatement{"ViolatedConstraint",
                     "UPDATE accounts SET balance = -1 WHERE id = 'alice'",
                     {},
                     kConstraint,
                     "CHECK constraint failed: balance >= 0"},
        BadStatement{"TwoStatements",
                     "DELETE FROM accounts; SELECT 1",
                     {},
                     kFailed,
                     "several statements in the text: send each as a statement of its own"},
        BadStatement{"NoStatement", "-- nothing", {}, kFailed, "there is no statement in the text: give one"},
        BadStatement{"LongStatement",
                     "SELECT '" + std::string(1024, 'x') + "'",
                     {},
                     kFailed,
                     "more than 1024: bind values as parameters"},
        BadStatement{"LargeResult",
                     kNumbers + "SELECT i FROM n",
                     {},
                     kFailed,
                     "the result is larger than 100 rows or 65536 bytes: read it in pages"},
        BadStatement{"LargeValue",
                     "SELECT hex(zeroblob(32768))",
                     {},
                     kFailed,
                     "the result is larger than 100 rows or 65536 bytes: read it in pages"},
        BadStatement{"ManyParameters",
                     "SELECT ?1, ?2, ?3, ?4",
                     {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}},
                     kFailed,
                     "the statement has 4 parameters, more than 3: send several statements"},
        BadStatement{"ManyChanges",
                     kNumbers + "INSERT INTO strict_types SELECT i, i FROM n",
                     {},
                     kFailed,
                     "changes more than 100 rows"},
        BadStatement{"EndlessStatement",
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
                     {},
                     kFailed,
                     "ran longer than 200 ms: do less at once"},
        BadStatement{"TooMuchMemory",
                     "SELECT length(hex(zeroblob(20000000)))",
                     {},
                     kFailed,
                     "out of memory: all stores of this participant may take 16777216 bytes: do less in one statement, "
                     "or raise --memory"},
        BadStatement{"TooMuchMemoryInTheMiddleOfAWrite",
                     "UPDATE accounts SET balance = length(hex(zeroblob(20000000)))",
                     {},
                     kFailed,
                     "out of memory"},
        BadStatement{"TableThatHidesItsRows",
                     "INSERT INTO hides VALUES (1, 1, 1)",
                     {},
                     kFailed,
                     "hide the number by which its rows are told apart: rename one of them"},
        BadStatement{
            "CheckByChance", "INSERT INTO lucky VALUES (1, 1)", {}, kFailed, "has a CHECK that calls random()"},
        BadStatement{"VirtualTable", "INSERT INTO words VALUES ('x')", {}, kFailed, "stores cannot write to those"},
        BadStatement{"HiddenRowid", "SELECT rowid FROM by_name", {}, kFailed, "use its primary key"},
        BadStatement{"ForeignKey", "INSERT INTO child VALUES (1, 1)", {}, kConstraint, "FOREIGN KEY constraint failed"},
        BadStatement{"TransactionControl", "COMMIT", {}, kFailed, "end the transaction through its client"},
        BadStatement{"SchemaChange", "DROP TABLE accounts", {}, kFailed, "`assentctl schema apply`"},
        BadStatement{"AnotherFile", "ATTACH 'x' AS y", {}, kFailed, "a store is one file"}),
    [](const auto& info) { return info.param.name; });

TEST_F(ClientInputTest, TheLimitOfABranchIsThatOfAStatement) {
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_participant({"--changes", "2KiB"});
  auto transaction = client().begin();
  const auto failed = thrown_by<StatementError>(
      [&] { transaction.execute("left", "INSERT INTO accounts VALUES (hex(zeroblob(2000)), 0)"); });
  EXPECT_THAT(failed.what(), HasSubstr("the statement changes more than 1000000 rows or 2048 bytes"));
}

TEST(Defaults, TheLongestStatementEndsBeforeItsClientGivesItUp) {
  const auto longest = participant::Settings().statement_timeout + participant::StatementLimits().time;
  EXPECT_LT(longest, ClientOptions().statement_timeout);
}

// ---- transactions ----

TEST_F(ClientInputTest, AnUnknownStoreAbortsTheTransaction) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 0 WHERE id = 'alice'");
  const auto error = thrown_by<Aborted>([&] { transaction.execute("nowhere", "DELETE FROM accounts"); });
  EXPECT_EQ(error.reason(), AbortReason::kUnknownStore);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("no store `nowhere` has registered"), HasSubstr("start its participant")));
  EXPECT_EQ(balance("left"), 100);
}

TEST_F(ClientInputTest, AnUnknownStoreAbortsTheBatch) {
  Batch batch;
  batch.execute("left", "UPDATE accounts SET balance = 0 WHERE id = 'alice'");
  batch.execute("nowhere", "DELETE FROM accounts");
  const auto error = thrown_by<Aborted>([&] { client().submit(batch); });
  EXPECT_EQ(error.reason(), AbortReason::kUnknownStore);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("nowhere"), HasSubstr("start its participant")));
  EXPECT_EQ(balance("left"), 100);
}

TEST_F(ClientInputTest, ACommittedTransactionTakesNoMore) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  const auto outcome = transaction.commit();
  for (const auto& more : std::vector<std::function<void()>>{
           [&] { transaction.execute("left", "DELETE FROM accounts"); }, [&] { transaction.commit(); }}) {
    EXPECT_THAT(thrown_by<InvalidArgument>(more).what(),
                HasSubstr(to_string(outcome.id) + " has committed: begin another one"));
  }
  transaction.roll_back();
  EXPECT_EQ(balance("left"), 60);
}

TEST_F(ClientInputTest, AnAbortedTransactionTakesNoMore) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  EXPECT_THROW(transaction.abort("changed my mind"), Aborted);
  for (const auto& more : std::vector<std::function<void()>>{
           [&] { transaction.execute("left", "DELETE FROM accounts"); }, [&] { transaction.commit(); }}) {
    const auto error = thrown_by<Aborted>(more);
    EXPECT_EQ(error.reason(), AbortReason::kApplication);
    EXPECT_THAT(error.what(), HasSubstr("changed my mind"));
  }
  EXPECT_EQ(balance("left"), 100);
}

TEST_F(ClientInputTest, ATransactionThatItsStoreHasEndedIsAborted) {
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_participant({"--transaction-timeout", "300ms"});
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  EXPECT_TRUE(becomes_true([this] { return has_nothing("left"); }));
  const auto error = thrown_by<Aborted>([&] { transaction.execute("left", "UPDATE accounts SET balance = 0"); });
  EXPECT_EQ(error.reason(), AbortReason::kTransactionTimeout);
  EXPECT_EQ(error.cause().store, "left");
  EXPECT_EQ(balance("left"), 100);
}

TEST_F(ClientInputTest, ATransactionWhoseStoreWasRestartedIsAborted) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  participant_.kill();
  start_participant();
  const auto error = thrown_by<Aborted>([&] { transaction.execute("left", "UPDATE accounts SET balance = 0"); });
  EXPECT_TRUE(error.worth_another_run());
  EXPECT_EQ(error.cause().store, "left");
  EXPECT_EQ(balance("left"), 100);
}

TEST_F(ClientInputTest, AnIdThatWasNeverGivenOutHasNoOutcome) {
  const auto known = client().begin().id();
  auto foreign = known;
  foreign.log = LogIdentity{1};
  EXPECT_THAT(thrown_by<InvalidArgument>([&] { client().outcome(foreign); }).what(), HasSubstr(to_string(foreign)));
  auto future = known;
  future.number += 1'000'000;
  EXPECT_THAT(thrown_by<InvalidArgument>([&] { client().outcome(future); }).what(), HasSubstr(to_string(future)));
}

TEST_F(ClientInputTest, AnEmptyBatchIsRefused) {
  EXPECT_THAT(thrown_by<InvalidArgument>([&] { client().submit(Batch()); }).what(), HasSubstr("add a statement"));
}

TEST_F(ClientInputTest, AValueOfAnotherTypeIsNamedWithItsColumnAndAbortsTheRun) {
  const auto error = thrown_by<InvalidArgument>([&] {
    client().run([](Transaction& transaction) {
      transaction.execute("left", "UPDATE accounts SET balance = 0 WHERE id = 'alice'");
      transaction.query_one("left", "SELECT id FROM accounts").get<std::int64_t>("id");
    });
  });
  EXPECT_THAT(error.what(), HasSubstr("column id holds text, wanted was"));
  EXPECT_EQ(balance("left"), 100);
}

TEST_F(ClientInputTest, ACoordinatorThatIsAwayIsNamed) {
  Client lost({.coordinator = "127.0.0.1:1", .run_attempts = 1});
  EXPECT_THAT(thrown_by<Unavailable>([&] { lost.begin(); }).what(), HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace assent
