// Random branches at read-committed, several at a time. What they read may change under them, so no order of theirs
// tells what they show; but what they wrote can be applied, and leaves no constraint broken.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "participant/core/lock_table.h"
#include "tests/unit/participant/store/random_sql.h"
#include "tests/unit/participant/store/reference_database.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

struct ReadCommittedBranch {
  Priority priority;
  Changes changes;
  bool needs_last_run = false;
  bool is_prepared = false;
  std::string history;
};

using Branches = std::map<std::uint64_t, ReadCommittedBranch>;

class ReadCommitted : public SqliteStoreTest {
 protected:
  void run_world(std::uint64_t seed) {
    constexpr int kSteps = 500;
    RandomSql sql(seed);
    schema_.clear();
    for (const std::string& text : runnable(sql.schema())) {
      schema_ += text + ";\n";
    }
    SCOPED_TRACE("ASSENT_SEED=" + std::to_string(seed) + "\n" + schema_);
    store_.reset();
    folder_.clear();
    options_.recursive_triggers = sql.recursive_triggers();
    create(schema_);
    for (int count = 0; count < kSteps && !HasFailure(); ++count) {
      advance(sql);
    }
    locks_ = LockTable();
    open_.clear();
    EXPECT_EQ(read_outside(path(), "PRAGMA integrity_check"), (Rows{{"ok"}}));
    EXPECT_EQ(read_outside(path(), "PRAGMA foreign_key_check"), Rows{});
  }

  void advance(RandomSql& sql) {
    if (open_.size() < 4 && (open_.empty() || sql.below(3) == 0)) {
      const std::uint64_t number = ++next_;
      open_[number].priority = {.begin_stamp = number, .id = transaction(number)};
    }
    auto branch = open_.begin();
    std::advance(branch, static_cast<std::ptrdiff_t>(sql.below(open_.size())));
    ReadCommittedBranch& open = branch->second;
    if (open.is_prepared) {
      decide(sql, branch);
    } else if (!open.changes.empty() && sql.below(4) == 0) {
      prepare(branch);
    } else if (!execute_in(open, {sql.statement()}, false)) {
      give_up(branch);
    }
  }

  // False: it would have to wait, or cannot commit.
  bool execute_in(ReadCommittedBranch& open, const std::vector<Statement>& statements, bool is_last) {
    const auto execution = store_->execute({.id = open.priority.id,
                                            .before = open.changes,
                                            .statements = statements,
                                            .level = IsolationLevel::kReadCommitted,
                                            .is_last = is_last});
    EXPECT_TRUE(execution) << execution.error().message << '\n' << open.history;
    if (!execution || !locks_.request(open.priority, execution->locks).granted) {
      return false;
    }
    EXPECT_NE(execution->failure.reason, AbortReason::kVoteNo) << execution->failure.detail << '\n' << open.history;
    if (execution->failure.reason != AbortReason::kNone) {
      return !is_last;
    }
    for (const Statement& statement : statements) {
      open.history += statement.sql + '\n';
    }
    open.changes.bytes += execution->changes.bytes;
    open.changes.rows += execution->changes.rows;
    open.needs_last_run = open.needs_last_run || execution->needs_last_run;
    return true;
  }

  void prepare(Branches::iterator branch) {
    ReadCommittedBranch& open = branch->second;
    if (open.needs_last_run && !execute_in(open, {}, true)) {
      give_up(branch);
      return;
    }
    SCOPED_TRACE(open.history);
    journal({PutPrepared{prepared_row(branch->first, open.changes, locks_.held_by(open.priority))}});
    locks_.set_prepared(open.priority);
    open.is_prepared = true;
  }

  void decide(RandomSql& sql, Branches::iterator branch) {
    SCOPED_TRACE(branch->second.history);
    if (sql.below(6) != 0) {
      journal({apply_branch(branch->first)});
      changed_rows_ += branch->second.changes.rows;
      ++applied_;
    }
    journal({DeleteBranch{branch->second.priority.id}});
    give_up(branch);
  }

  void give_up(Branches::iterator branch) {
    static_cast<void>(locks_.release(branch->second.priority));
    open_.erase(branch);
  }

  std::string schema_;
  LockTable locks_;
  Branches open_;
  std::uint64_t applied_ = 0;
  std::uint64_t changed_rows_ = 0;
};

TEST_F(ReadCommitted, BranchesNeverFailToApply) {
  const auto worlds = run_worlds(20, [&](std::uint64_t seed) { run_world(seed); });
  std::printf("%llu branches applied, %llu rows changed\n", static_cast<unsigned long long>(applied_),
              static_cast<unsigned long long>(changed_rows_));
  EXPECT_GE(applied_, 10 * worlds);
}

}  // namespace
}  // namespace assent::participant
