// Random branches, several at a time under the locks that their statements ask for, some prepared and decided later,
// against plain SQLite that runs those that commit one after the other: every statement shows the same, and both end
// with the same rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "participant/core/lock_table.h"
#include "tests/unit/participant/store/random_sql.h"
#include "tests/unit/participant/store/reference_database.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

// One transaction that is under way.
struct OpenBranch {
  struct Step {
    Statement statement;
    Shown shown;
    std::vector<Change> changes;
  };

  Priority priority;
  Changes changes;
  bool needs_last_run = false;
  bool is_prepared = false;
  std::vector<Step> steps;
  std::map<std::string, std::int64_t> numbers;  // the smallest that it inserted, by table
};

class Differential : public SqliteStoreTest {
 protected:
  // Runs one world, and counts what it met.
  void run(std::uint64_t seed, int statements) {
    RandomSql sql(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    schema_.clear();
    const std::vector<std::string> schema = runnable(sql.schema());
    for (const std::string& text : schema) {
      schema_ += text + ";\n";
    }
    store_.reset();
    folder_.clear();
    options_.recursive_triggers = sql.recursive_triggers();
    create(schema_);
    reference_ = std::make_unique<ReferenceDatabase>(schema, sql.recursive_triggers());
    reference_->roll_back();
    for (int count = 0; count < statements && !HasFatalFailure() && !HasNonfatalFailure(); ++count) {
      advance(sql);
    }
    while (!open_.empty() && !HasNonfatalFailure()) {
      end(sql, open_.begin(), sql.below(4) != 0);
    }
    compare(sql);
    last_committed_ = 0;
    locks_ = LockTable();
    open_.clear();
  }

  void advance(RandomSql& sql) {
    if (open_.size() < 4 && (open_.empty() || sql.below(3) == 0)) {
      const std::uint64_t number = ++next_;
      open_[number].priority = {.begin_stamp = number, .id = transaction(number)};
    }
    auto branch = open_.begin();
    std::advance(branch, static_cast<std::ptrdiff_t>(sql.below(open_.size())));
    if (branch->second.is_prepared || (!branch->second.steps.empty() && sql.below(4) == 0)) {
      end(sql, branch, sql.below(6) != 0);
    } else {
      step(branch, sql.statement());
    }
  }

  using Branches = std::map<std::uint64_t, OpenBranch>;

  Execution execute_in(const OpenBranch& branch, const std::vector<Statement>& statements, bool is_last) {
    auto execution = store_->execute({.id = branch.priority.id,
                                      .before = branch.changes,
                                      .statements = statements,
                                      .level = IsolationLevel::kSerializable,
                                      .is_last = is_last});
    EXPECT_TRUE(execution) << execution.error().message << '\n' << history(branch);
    return execution ? std::move(*execution) : Execution{};
  }

  // What would have to wait is not done, so that the others go on; the branch keeps what it held.
  bool is_granted(const OpenBranch& branch, const Locks& wanted) {
    const Locks held = locks_.held_by(branch.priority);
    if (locks_.request(branch.priority, wanted).granted) {
      return true;
    }
    ++conflicts_;
    static_cast<void>(locks_.release(branch.priority));
    EXPECT_TRUE(locks_.request(branch.priority, held).granted);
    return false;
  }

  void give_up(Branches::iterator branch) {
    static_cast<void>(locks_.release(branch->second.priority));
    open_.erase(branch);
  }

  void step(Branches::iterator branch, const Statement& statement) {
    OpenBranch& open = branch->second;
    Execution execution = execute_in(open, {statement}, false);
    ++statements_;
    if (!is_granted(open, execution.locks)) {
      return;
    }
    Shown shown;
    if (execution.failure.reason != AbortReason::kNone) {
      shown.code = execution.failure.sqlite_extended_code;
      ASSERT_NE(shown.code, 0) << "refused: " << execution.failure.detail << '\n' << statement.sql;
      ++failed_;
    } else {
      shown.rows = std::move(execution.results.at(0).rows);
      shown.changed = execution.results.at(0).changed_rows;
    }
    open.steps.push_back({statement, std::move(shown), read_changes(execution.changes)});
    for (const auto& [table, number] : smallest_numbers(open.steps.back().changes)) {
      const auto [place, is_new] = open.numbers.emplace(table, number);
      place->second = std::min(place->second, number);
    }
    open.changes.bytes += execution.changes.bytes;
    open.changes.rows += execution.changes.rows;
    open.needs_last_run = open.needs_last_run || execution.needs_last_run;
  }

  // At once, or in two steps: half of those that shall commit are prepared first, and decided when they are drawn
  // again.
  void end(RandomSql& sql, Branches::iterator branch, bool commits) {
    OpenBranch& open = branch->second;
    if (open.is_prepared) {
      decide(sql, branch, commits);
      return;
    }
    if (!commits) {
      give_up(branch);
      return;
    }
    int code = SQLITE_OK;
    if (open.needs_last_run) {
      const Execution last = execute_in(open, {}, true);
      if (!is_granted(open, last.locks)) {
        give_up(branch);
        return;
      }
      ASSERT_NE(last.failure.reason, AbortReason::kVoteNo) << last.failure.detail << '\n' << history(open);
      code = last.failure.sqlite_extended_code;
    }
    if (code == SQLITE_OK && !open.changes.empty() && sql.below(2) == 0) {
      prepare(sql, branch);
    } else {
      commit(sql, branch, code);
    }
  }

  void prepare(RandomSql& sql, Branches::iterator branch) {
    OpenBranch& open = branch->second;
    journal({PutPrepared{prepared_row(open.priority.id.number, open.changes, locks_.held_by(open.priority))}});
    locks_.set_prepared(open.priority);
    open.is_prepared = true;
    ++prepared_;
    if (sql.below(16) == 0) {
      restart();
    }
  }

  // As a participant does: what is not prepared is gone, and what is has its changes and its locks.
  void restart() {
    std::erase_if(open_, [](const auto& branch) { return !branch.second.is_prepared; });
    reopen();
    locks_ = LockTable();
    std::size_t prepared = 0;
    for (const BranchRow& row : store_->recovered().rows) {
      if (row.state == RowState::kPrepared) {
        ++prepared;
        const OpenBranch& open = open_.at(row.id.number);
        ASSERT_EQ(row.changes, open.changes);
        ASSERT_TRUE(locks_.restore(open.priority, row.locks));
        locks_.set_prepared(open.priority);
      }
    }
    ASSERT_EQ(prepared, open_.size());
  }

  void decide(const RandomSql& sql, Branches::iterator branch, bool commits) {
    if (commits && reference_->can_draw(branch->second.numbers)) {
      commit(sql, branch, SQLITE_OK);
      return;
    }
    journal({DeleteBranch{branch->second.priority.id}});
    give_up(branch);
  }

  // With the code that plain SQLite's COMMIT ends with.
  void commit(const RandomSql& sql, Branches::iterator branch, int code) {
    const OpenBranch& open = branch->second;
    if (!reference_->can_draw(open.numbers)) {
      give_up(branch);  // a later number has committed before: plain SQLite gives no earlier one any more
      return;
    }
    repeat(open, code);
    if (code == SQLITE_OK && !open.changes.empty()) {
      apply(open);
      if (compares_each_) {
        compare_tables(sql, open);
      }
    }
    give_up(branch);
  }

  void apply(const OpenBranch& open) {
    const std::uint64_t number = open.priority.id.number;
    std::vector<JournalOperation> operations;
    if (last_committed_ != 0) {
      operations.push_back(DeleteBranch{transaction(last_committed_)});
    }
    if (!open.is_prepared) {
      operations.push_back(PutPrepared{prepared_row(number, open.changes)});
    }
    operations.push_back(apply_branch(number));
    SCOPED_TRACE(history(open));
    journal(operations);
    last_committed_ = number;
    ++committed_;
  }

  void repeat(const OpenBranch& open, int expected) {
    std::vector<const OpenBranch::Step*> kept;
    reference_->begin();
    for (const OpenBranch::Step& step : open.steps) {
      reference_->draw_from(step.changes);
      const Shown shown = reference_->show(step.statement);
      ++compared_;
      Shown store = step.shown;
      store.rows = sorted(std::move(store.rows));
      ASSERT_EQ(store, shown) << step.statement.sql << "\nstore: " << to_text(store) << "\nplain: " << to_text(shown)
                              << '\n'
                              << history(open);
      if (reference_->in_transaction()) {
        kept.push_back(&step);
        continue;
      }
      // OR ROLLBACK, and RAISE(ROLLBACK): SQLite has rolled back all, the store only that statement.
      reference_->begin();
      for (const OpenBranch::Step* before : kept) {
        reference_->draw_from(before->changes);
        reference_->show(before->statement);
      }
    }
    ASSERT_EQ(reference_->commit(), expected) << history(open);
  }

  void compare(const RandomSql& sql) {
    compare_tables(sql, {});
    EXPECT_EQ(read_outside(path(), "PRAGMA integrity_check"), (Rows{{"ok"}}));
  }

  void compare_tables(const RandomSql& sql, const OpenBranch& last) {
    Connection outside(path(), SQLITE_OPEN_READONLY);
    for (const std::string& table : sql.tables()) {
      const Shown store{.code = 0, .rows = dump(outside.handle(), table), .changed = 0};
      const Shown plain{.code = 0, .rows = dump(reference_->handle(), table), .changed = 0};
      ASSERT_EQ(store, plain) << table << "\nstore: " << to_text(store) << "\nplain: " << to_text(plain) << '\n'
                              << history(last);
    }
  }

  std::string history(const OpenBranch& open) const {
    std::ostringstream text;
    text << schema_;
    for (const OpenBranch::Step& step : open.steps) {
      text << "  " << step.statement.sql << " -> " << to_text(step.shown) << '\n';
    }
    return text.str();
  }

  std::string schema_;
  std::unique_ptr<ReferenceDatabase> reference_;
  LockTable locks_;
  Branches open_;
  std::uint64_t last_committed_ = 0;
  bool compares_each_ = std::getenv("ASSENT_COMPARE_EACH") != nullptr;
  std::uint64_t statements_ = 0;  // that the store ran
  std::uint64_t compared_ = 0;    // that were also run by plain SQLite: those of branches that tried to commit
  std::uint64_t failed_ = 0;
  std::uint64_t conflicts_ = 0;
  std::uint64_t prepared_ = 0;
  std::uint64_t committed_ = 0;
};

// ASSENT_COMPARE_EACH finds the branch after which they differ.
TEST_F(Differential, BranchesEndAsPlainSqliteDoes) {
  constexpr int kStatementsOfAWorld = 500;
  const auto worlds = run_worlds(40, [&](std::uint64_t seed) { run(seed, kStatementsOfAWorld); });
  std::printf("%llu statements, %llu compared, %llu failed, %llu conflicts, %llu prepared, %llu commits\n",
              static_cast<unsigned long long>(statements_), static_cast<unsigned long long>(compared_),
              static_cast<unsigned long long>(failed_), static_cast<unsigned long long>(conflicts_),
              static_cast<unsigned long long>(prepared_), static_cast<unsigned long long>(committed_));
  EXPECT_GE(compared_, statements_ / 3);
  EXPECT_LE(failed_, statements_ / 4);
  EXPECT_GE(prepared_, 5 * worlds);
  EXPECT_GE(committed_, 10 * worlds);
}

}  // namespace
}  // namespace assent::participant
