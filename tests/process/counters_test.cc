// What daemons count, beside what is known of the work that they were given, and how operators read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <future>

#include "assent/assent.h"
#include "tests/process/daemons.h"

namespace assent {
namespace {

using boost::json::object;
using boost::json::value;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Clock = std::chrono::steady_clock;

std::int64_t microseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

class CountersTest : public ProcessTest {
 protected:
  // Nothing is written because time has passed.
  void start_both() {
    start_coordinator({"--idle-force", "1m"});
    start_participant({"--idle-journal", "1h"});
    client_.emplace(ClientOptions{.coordinator = coordinator_.address()});
  }

  value json(const Words& words) {
    Words all{"--json"};
    all.insert(all.end(), words.begin(), words.end());
    const auto finished = ctl(all);
    EXPECT_EQ(finished.code, 0) << finished.err;
    return boost::json::parse(finished.out);
  }

  value coordinator_counters() { return json({"counters"}).at("coordinator"); }
  value participant_counters() { return json({"counters"}).at("participants").at(0); }
  // Of the store `left`.
  value counters() { return participant_counters().at("stores").at(0); }
  std::int64_t status_of_left(const char* field) { return json({"stores"}).at(0).at(field).as_int64(); }

  static std::int64_t number(const value& counters, const char* field) { return counters.at(field).as_int64(); }
  static std::int64_t total(const value& counts) {
    std::int64_t sum = 0;
    for (const auto& [name, count] : counts.as_object()) sum += count.as_int64();
    return sum;
  }

  void update_both() {
    Batch batch;
    for (const char* const store : {"left", "right"}) {
      batch.execute(store, "UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'");
    }
    client_->submit(batch, Return::applied);
  }

  std::optional<Client> client_;
};

// The position of a store is what its journal has taken, and stands in its file.
TEST_F(CountersTest, ForcesOfAStoreAreTheTransactionsOfItsJournal) {
  start_both();
  update_both();
  const auto position = status_of_left("position");
  const auto wal_bytes = status_of_left("wal_bytes");
  const auto before = counters();
  for (int round = 0; round < 10; ++round) update_both();
  const auto after = counters();
  const auto forces = total(after.at("forces")) - total(before.at("forces"));
  EXPECT_EQ(forces, 20) << "a prepare and a commit for each";
  EXPECT_EQ(status_of_left("position") - position, forces);
  EXPECT_EQ(number(after, "syncs") - number(before, "syncs"), forces);
  EXPECT_EQ(number(after.at("journal_us"), "count") - number(before.at("journal_us"), "count"), forces);
  EXPECT_EQ(number(after, "written_bytes") - number(before, "written_bytes"), status_of_left("wal_bytes") - wal_bytes)
      << "all of it stands in the write-ahead log";
  EXPECT_EQ(number(after, "prepared") - number(before, "prepared"), 10);
  EXPECT_EQ(number(after, "committed") - number(before, "committed"), 10);
  EXPECT_EQ(number(after.at("run_us"), "count") - number(before.at("run_us"), "count"), 10);
  EXPECT_GT(number(after, "cpu_us"), number(before, "cpu_us"));
}

TEST_F(CountersTest, RecordsOfBlocksAreThePositionsOfTheLog) {
  start_both();
  update_both();
  const auto position = number(json({"status"}), "durable_position");
  const auto before = coordinator_counters().at("log");
  for (int round = 0; round < 10; ++round) update_both();
  const auto after = coordinator_counters().at("log");
  EXPECT_EQ(total(after.at("forces")) - total(before.at("forces")), 10);
  EXPECT_EQ(number(after, "syncs") - number(before, "syncs"), 10);
  EXPECT_EQ(number(after.at("records"), "sum") - number(before.at("records"), "sum"),
            number(json({"status"}), "durable_position") - position);
  EXPECT_EQ(number(after.at("block_bytes"), "sum") - number(before.at("block_bytes"), "sum"),
            number(after, "written_bytes") - number(before, "written_bytes"));
}

TEST_F(CountersTest, BothEndsCountTheSameMessages) {
  start_both();
  for (int round = 0; round < 10; ++round) update_both();
  const auto all = json({"counters"});
  const auto& said = all.at("coordinator").at("stores").at("methods").as_object();
  const auto& heard = all.at("participants").at(0).at("callers").at("methods").as_object();
  for (const char* const method : {"execute_and_prepare", "decide"}) {
    EXPECT_EQ(said.at(method), heard.at(method)) << method;
    EXPECT_EQ(number(said.at(method), "requests"), 20) << method;
  }
}

TEST_F(CountersTest, AWaitForLocksIsCountedWithItsTime) {
  start_both();
  const std::string sql = "UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'";
  auto holder = client_->begin();
  auto waiter = client_->begin();
  holder.execute("left", sql);
  const auto begun = Clock::now();
  auto waiting = std::async(std::launch::async, [&] { return waiter.execute("left", sql); });
  EXPECT_TRUE(becomes_true([this] { return ctl({"locks", "left"}).out.find("waits") != std::string::npos; }));
  const auto seen = Clock::now();
  EXPECT_EQ(number(counters(), "lock_waits"), 1);
  EXPECT_EQ(number(counters().at("lock_wait_us"), "count"), 0) << "it has not ended";
  const auto shortest = microseconds(Clock::now() - seen);
  holder.commit();
  EXPECT_EQ(waiting.get(), 1U);
  const auto longest = microseconds(Clock::now() - begun);
  const auto waits = counters().at("lock_wait_us");
  EXPECT_EQ(number(waits, "count"), 1);
  EXPECT_EQ(number(waits, "sum"), number(waits, "max"));
  EXPECT_GE(number(waits, "sum"), shortest);
  EXPECT_LE(number(waits, "sum"), longest);
  waiter.commit();
}

TEST_F(CountersTest, AbortsAreCountedByTheirReasons) {
  start_both();
  EXPECT_NE(ctl({"sql", "left", "INSERT INTO accounts VALUES ('alice', 1)"}).code, 0);
  EXPECT_NE(ctl({"sql", "left", "SELEKT 1"}).code, 0);
  const value expected = object{{"constraint", 1}, {"statement failed", 1}};
  EXPECT_EQ(coordinator_counters().at("aborted_by_reason"), expected);
  EXPECT_EQ(counters().at("aborted_by_reason"), expected);
  EXPECT_EQ(number(counters(), "aborted"), 2);
}

// ---- for operators ----

TEST_F(CountersTest, TheTablesNameWhoCountedWhatForWhat) {
  start_both();
  update_both();
  const auto shown = ctl({"counters"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  const auto coordinator = coordinator_.address();
  EXPECT_THAT(shown.out, testing::ContainsRegex(coordinator + " +callers +submit +1 +[0-9]+ +1 +[0-9]+\n"));
  EXPECT_THAT(shown.out, testing::ContainsRegex(coordinator + " +commit +1\n"));
  EXPECT_THAT(shown.out, testing::ContainsRegex("left +prepare +1\n"));
  EXPECT_THAT(shown.out, testing::ContainsRegex("right +commit +1\n"));
}

TEST_F(CountersTest, OneParticipantIsAskedWithoutTheCoordinator) {
  start_both();
  coordinator_.kill();
  const auto all = json({"--participant", participant_.address(), "counters"});
  EXPECT_FALSE(all.as_object().contains("coordinator"));
  EXPECT_EQ(all.at("participants").at(0).at("address"), boost::json::string(participant_.address()));
}

TEST_F(CountersTest, AParticipantThatDoesNotAnswerIsNamedBelowTheRest) {
  start_both();
  update_both();
  participant_.kill();
  const auto shown = ctl({"counters"});
  EXPECT_EQ(shown.code, 1);
  EXPECT_THAT(shown.err, HasSubstr(participant_.address()));
  EXPECT_THAT(shown.out, AllOf(HasSubstr("submit"), Not(HasSubstr("left"))));
}

}  // namespace
}  // namespace assent
