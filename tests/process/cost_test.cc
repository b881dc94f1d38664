// What a transaction costs in messages and forced writes, as the daemons count them themselves, beside the least that
// presumed abort needs: C. Mohan, B. Lindsay, R. Obermarck, "Transaction Management in the R* Distributed Database
// Management System", ACM TODS 11(4), 1986, https://doi.org/10.1145/7239.7266, section 3.
//
//   presumed abort           messages for each store                        forced writes
//   -----------------------  ---------------------------------------------  -----------------------------------------
//   store that wrote         prepare, vote, commit, acknowledgement: 4       its prepare, its commit: 2
//   store that only read     prepare, vote: 2                                none
//   store that voted no      prepare, vote: 2                                none: aborts are not forced
//   another, in an abort     prepare, vote, abort: 3; it is not acknowledged its prepare: 1
//   coordinator                                                              the commit: 1; none if no store wrote
//
// To that come the client's request and its answer. What carries the statements of an interactive transaction is told
// apart; those of a one-shot transaction come with the prepare. So is what there is without transactions, too: hello,
// leases of ids, locations of stores, registrations (counts.cc).
//
// What is above the least, and why:
//   - An abort is a call as all messages are, and so has an answer, which nobody waits for: 1 for each store.
//   - A store that only read, of a one-shot transaction, is asked to prepare when all have executed, so that its locks
//     last until then. Its two messages more are those that bring its statements.
//   - With one store, the store could decide by itself (one-phase commit, which Assent does not have).
//   - When nothing follows, ends are forced after a second: 1 at the coordinator, so that the stores may forget, and 1
//     at each store that does. Otherwise they ride along. Presumed abort's stores forget as soon as they acknowledge;
//     Assent's remember until the end is durable, so that a commit that is sent again is told from one of a lost store.
//   - While the log goes on, a store where nothing happens forces once in a second how far the log has come, and knows
//   an
//     old copy of it by that. Elsewhere that rides along.
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>

#include "assent/assent.h"
#include "tests/process/counts.h"
#include "tests/process/daemons.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent {
namespace {

using daemon::FailpointAction;
using daemon::FailpointClient;

constexpr std::size_t kStores = 4;
const char* const kUpdate = "UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'";
const char* const kRead = "SELECT balance FROM accounts WHERE id = 'alice'";
const char* const kBreak = "INSERT INTO accounts VALUES ('alice', 1)";

std::string store(std::size_t number) {
  return "s" + std::to_string(number);
}

// A statement for each store, from s1 on.
Batch batch_of(const std::vector<const char*>& statements) {
  Batch batch;
  for (std::size_t index = 0; index < statements.size(); ++index) {
    if (statements[index] == kRead) {
      batch.query(store(index + 1), statements[index]);
    } else {
      batch.execute(store(index + 1), statements[index]);
    }
  }
  return batch;
}

Transaction begin_with(Client& client, const std::vector<const char*>& statements) {
  auto transaction = client.begin();
  for (std::size_t index = 0; index < statements.size(); ++index) {
    transaction.run(store(index + 1), Statement{statements[index], {}, {}});
  }
  return transaction;
}

// One participant for each store. Nothing is sent or asked again because time has passed.
class CostTest : public ProcessTest {
 protected:
  CostTest() {
    schema_ += "INSERT INTO accounts VALUES ";
    for (int number = 0; number < 10; ++number)
      schema_ += (number > 0 ? ", ('" : "('") + std::to_string(number) + "', 0)";
  }

  void start(std::size_t stores, const std::string& idle_force, const std::string& idle_journal) {
    start_coordinator({"--resend-first", "1h", "--resend-ceiling", "1h", "--vote-timeout", "5m",
                       "--transaction-timeout", "5m", "--idle-force", idle_force});
    std::ofstream(path("schema.sql")) << schema_;
    for (std::size_t number = 1; number <= stores; ++number) {
      const auto name = store(number);
      auto& participant = *participants_.emplace_back(std::make_unique<daemon::DaemonProcess>());
      participant
          .start({program("assent-participant"),
                  {"--coordinator",
                   coordinator_.address(),
                   "--listen",
                   "127.0.0.1:0",
                   "--create",
                   "--store",
                   name + "=" + path(name + ".db"),
                   "--schema",
                   name + "=" + path("schema.sql"),
                   "--transaction-timeout",
                   "1h",
                   "--statement-timeout",
                   "1h",
                   "--lock-wait",
                   "1h",
                   "--inquiry-first",
                   "1h",
                   "--inquiry-ceiling",
                   "1h",
                   "--idle-journal",
                   idle_journal},
                  {},
                  path(name + ".log")})
          .value();
      addresses_.push_back(participant.address());
    }
    client_ = std::make_unique<Client>(ClientOptions{.coordinator = coordinator_.address()});
    client_->submit(batch_of(std::vector<const char*>(stores, kUpdate)), Return::applied);  // connections are there now
    begin_with(*client_, std::vector<const char*>(stores, kRead)).commit();
  }

  // Whatever can ride along waits for something to ride on.
  void start_without_idle_forces(std::size_t stores) { start(stores, "1m", "1h"); }

  Counts now() const { return read_counts(coordinator_.address(), addresses_); }

  Counts quiet() const {
    Counts counts;
    EXPECT_TRUE(becomes_true([&] {
      counts = now();
      return counts.is_quiet;
    }));
    EXPECT_EQ(counts.with_stores, counts.with_coordinator) << "both ends count the same";
    return counts;
  }

  // What it has cost, once at least so many messages were sent and all is quiet.
  template <typename Action>
  Counts cost_of(std::int64_t messages, const Action& action) const {
    const auto before = quiet();
    action();
    Counts cost;
    EXPECT_TRUE(becomes_true([&] {
      const auto after = now();
      cost = since(before, after);
      return after.is_quiet && sum(cost.messages) >= messages;
    }));
    return cost;
  }

  daemon::DaemonProcess& participant(std::size_t number) { return *participants_.at(number - 1); }

  std::unique_ptr<Client> client_;

 private:
  std::vector<std::unique_ptr<daemon::DaemonProcess>> participants_;
  std::vector<std::string> addresses_;
};

// ---- the table ----

struct Row {
  std::string name;
  std::function<void(Client&)> transaction;
  Tally messages;
  Tally forces = {};
  // Of presumed abort, for the stores: without the client's two, and without what carries statements only.
  std::int64_t least_messages = 0;
  std::int64_t least_forces = 0;
  std::int64_t messages_above = 0;
};

std::vector<Row> rows_for(std::size_t stores) {
  const auto n = static_cast<std::int64_t>(stores);
  const std::vector<const char*> all_write(stores, kUpdate);
  const std::vector<const char*> all_read(stores, kRead);
  std::vector<const char*> one_writes(stores, kRead);
  one_writes[0] = kUpdate;
  Tally forced{{"log commit", 1}};
  for (std::size_t number = 1; number <= stores; ++number) {
    forced[store(number) + " prepare"] = 1;
    forced[store(number) + " commit"] = 1;
  }
  const Tally forced_at_one{{"log commit", 1}, {"s1 prepare", 1}, {"s1 commit", 1}};
  const auto submit = [](const std::vector<const char*>& statements) {
    return [batch = batch_of(statements)](Client& client) { client.submit(batch, Return::applied); };
  };
  const auto interactive = [](const std::vector<const char*>& statements) {
    return [statements](Client& client) { begin_with(client, statements).commit(Return::applied); };
  };
  std::vector<Row> rows{
      {.name = "one-shot, every store writes",
       .transaction = submit(all_write),
       .messages = {{"submit", 2}, {"execute_and_prepare", 2 * n}, {"decide", 2 * n}},
       .forces = forced,
       .least_messages = 4 * n,
       .least_forces = 2 * n + 1},
      {.name = "interactive, every store writes",
       .transaction = interactive(all_write),
       .messages = {{"execute", 2 * n}, {"commit", 2}, {"prepare", 2 * n}, {"decide", 2 * n}},
       .forces = forced,
       .least_messages = 4 * n,
       .least_forces = 2 * n + 1},
      {.name = "one-shot, every store only reads",
       .transaction = submit(all_read),
       .messages = {{"submit", 2}, {"execute_and_prepare", 2 * n}, {"prepare", 2 * n}},
       .least_messages = 2 * n,
       .messages_above = 2 * n},
      {.name = "interactive, every store only reads",
       .transaction = interactive(all_read),
       .messages = {{"execute", 2 * n}, {"commit", 2}, {"prepare", 2 * n}},
       .least_messages = 2 * n},
      {.name = "one-shot, one store writes, the others only read",
       .transaction = submit(one_writes),
       .messages = {{"submit", 2}, {"execute_and_prepare", 2 * n}, {"prepare", 2 * (n - 1)}, {"decide", 2}},
       .forces = forced_at_one,
       .least_messages = 2 * n + 2,
       .least_forces = 3,
       .messages_above = 2 * (n - 1)},
      {.name = "interactive, one store writes, the others only read",
       .transaction = interactive(one_writes),
       .messages = {{"execute", 2 * n}, {"commit", 2}, {"prepare", 2 * n}, {"decide", 2}},
       .forces = forced_at_one,
       .least_messages = 2 * n + 2,
       .least_forces = 3},
      {.name = "interactive, its client aborts it before any store is asked to prepare",
       .transaction = [all_write](Client& client) { begin_with(client, all_write).roll_back(); },
       .messages = {{"execute", 2 * n}, {"abort", 2}, {"decide", 2 * n}},
       .least_messages = n,
       .messages_above = n},
  };
  for (auto& row : rows) std::erase_if(row.messages, [](const auto& entry) { return entry.second == 0; });
  return rows;
}

// Every fdatasync is one of these forces.
Tally syncs_of(const Tally& forces) {
  Tally syncs;
  for (const auto& [name, count] : forces) syncs[name.substr(0, name.find(' '))] += count;
  return syncs;
}

TEST_F(CostTest, EachKindOfTransactionCostsExactlyItsRow) {
  start_without_idle_forces(kStores);
  for (std::size_t stores = 1; stores <= kStores; ++stores) {
    for (const auto& row : rows_for(stores)) {
      SCOPED_TRACE(row.name + ", " + std::to_string(stores) + " stores");
      const auto cost = cost_of(sum(row.messages), [&] { row.transaction(*client_); });
      EXPECT_EQ(cost.messages, row.messages);
      EXPECT_EQ(cost.forces, row.forces);
      EXPECT_EQ(cost.syncs, syncs_of(row.forces));
      const auto statements = cost.messages.contains("execute") ? cost.messages.at("execute") : 0;
      EXPECT_EQ(sum(cost.messages) - statements - 2, row.least_messages + row.messages_above);
      EXPECT_EQ(sum(cost.forces), row.least_forces);
    }
  }
}

// ---- on the way to the answer ----

TEST_F(CostTest, TwoForcesOneAfterTheOtherAreOnTheWayToTheAnswer) {
  start_without_idle_forces(2);
  FailpointClient coordinator(coordinator_.failpoints());
  coordinator.arm("coordinator.before_send_decision", FailpointAction::kError).value();  // no store hears of it
  const auto before = quiet();
  std::map<std::size_t, std::unique_ptr<FailpointClient>> stores;
  std::map<std::size_t, std::uint64_t> passes;
  for (const std::size_t number : {1U, 2U}) {
    auto& failpoints = stores[number] = std::make_unique<FailpointClient>(participant(number).failpoints());
    passes[number] = failpoints->passes("store.before_journal").value();
    failpoints->arm("store.before_journal", FailpointAction::kPause).value();
  }
  auto committed = std::async(std::launch::async, [this] { return client_->submit(batch_of({kUpdate, kUpdate})); });
  for (const auto& [number, failpoints] : stores) {
    failpoints->wait_for_passes("store.before_journal", passes[number] + 1).value();
  }
  for (const auto& [number, failpoints] : stores) failpoints->disarm("store.before_journal").value();
  EXPECT_TRUE(committed.get().committed());
  EXPECT_EQ(since(before, now()).forces, (Tally{{"log commit", 1}, {"s1 prepare", 1}, {"s2 prepare", 1}}))
      << "the stores' at the same time, for each was about to begin while the other was, then the coordinator's";
}

// ---- aborts ----

TEST_F(CostTest, WhenAStoreVotesNoTheOthersHaveForcedTheirPrepareAndNothingElseIs) {
  start_without_idle_forces(2);
  const auto before = quiet();
  FailpointClient failpoints(participant(2).failpoints());
  failpoints.arm("store.before_execute", FailpointAction::kPause).value();
  auto ended = std::async(std::launch::async, [this] { client_->submit(batch_of({kUpdate, kBreak})); });
  const auto votes = [this] { return read_counts(coordinator_.address(), {}).with_stores["execute_and_prepare"]; };
  const auto votes_before = before.with_stores.at("execute_and_prepare");
  EXPECT_TRUE(becomes_true([&] { return votes() == votes_before + 3; })) << "two were asked, and the first has voted";
  failpoints.disarm("store.before_execute").value();
  EXPECT_THROW(ended.get(), Aborted);
  const auto cost = since(before, quiet());
  EXPECT_EQ(cost.messages, (Tally{{"submit", 2}, {"execute_and_prepare", 4}, {"decide", 2}}))
      << "presumed abort needs one less: its aborts have no answer";
  EXPECT_EQ(cost.forces, (Tally{{"s1 prepare", 1}}));
  EXPECT_EQ(cost.syncs, (Tally{{"s1", 1}}));
}

// ---- one after the other ----

TEST_F(CostTest, WhatFollowsTakesTheEndsOfWhatWasBeforeAlongAndSomeCommits) {
  start_without_idle_forces(2);
  constexpr std::int64_t kTransfers = 50;
  const auto cost = cost_of(10 * kTransfers, [&] {
    for (std::int64_t number = 0; number < kTransfers; ++number) {
      Batch batch;
      const auto account = std::to_string(number % 10);
      batch.execute("s1", "UPDATE accounts SET balance = balance - 1 WHERE id = ?", account);
      batch.execute("s2", "UPDATE accounts SET balance = balance + 1 WHERE id = ?", account);
      client_->submit(batch);
    }
  });
  EXPECT_EQ(cost.messages,
            (Tally{{"submit", 2 * kTransfers}, {"execute_and_prepare", 4 * kTransfers}, {"decide", 4 * kTransfers}}));
  auto forces = cost.forces;
  for (const char* const name : {"s1 commit", "s2 commit"}) {
    EXPECT_GE(forces[name], 1) << "the last one has nothing to ride on";
    EXPECT_LE(forces[name], kTransfers);
    forces.erase(name);
  }
  EXPECT_EQ(forces, (Tally{{"log commit", kTransfers}, {"s1 prepare", kTransfers}, {"s2 prepare", kTransfers}}));
  EXPECT_EQ(cost.syncs, syncs_of(cost.forces));
}

TEST_F(CostTest, WhenNothingFollowsEachEndIsForcedOnce) {
  start(3, "20ms", "20ms");
  const auto forces = [](const Counts& counts, const std::vector<std::string>& names) {
    std::vector<std::int64_t> found;
    for (const auto& name : names) found.push_back(counts.forces.contains(name) ? counts.forces.at(name) : 0);
    return found;
  };
  using Forces = std::vector<std::int64_t>;
  const std::vector<std::string> ends{"log end", "s1 end", "s2 end", "s3 end"};
  EXPECT_TRUE(becomes_true([&] { return forces(now(), ends) == Forces{1, 1, 1, 1}; })) << "of the first one";
  const auto before = quiet();
  client_->submit(batch_of({kUpdate, kUpdate}), Return::applied);
  EXPECT_TRUE(becomes_true([&] { return forces(now(), ends) == Forces{2, 2, 2, 1}; }));
  // It hears of the log at the next registration.
  EXPECT_TRUE(becomes_true([&] { return since(before, now()).forces.contains("s3 word"); }));
  auto forced = since(before, quiet()).forces;
  // How often a word is forced alone depends on when it is said.
  for (const char* const name : {"s1 word", "s2 word", "s3 word"}) forced.erase(name);
  EXPECT_EQ(forced, (Tally{{"log commit", 1},
                           {"log end", 1},
                           {"s1 prepare", 1},
                           {"s1 commit", 1},
                           {"s1 end", 1},
                           {"s2 prepare", 1},
                           {"s2 commit", 1},
                           {"s2 end", 1}}));
}

}  // namespace
}  // namespace assent
