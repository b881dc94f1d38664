// Random events, most of them repeated, late or wrong, with restarts at any point. A checker outside the table holds
// it to what it must never do. Seeds are fixed, and printed when they fail.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "participant/core/branch_table.h"
#include "participant/core/text.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;

constexpr LogIdentity kLog{0xA};
constexpr std::uint64_t kTransactions = 6;

constexpr Opening kOpening{7};

// What is on disk, and what was ordered to be.
struct Disk {
  std::map<TransactionId, BranchRow> rows;
  std::map<LogIdentity, SeenCoordinator> coordinators;
  std::map<std::pair<TransactionId, BranchNumber>, int> applied;  // how often
  std::uint64_t position = 0;
  std::uint64_t start = 0;

  void operator()(const PutPrepared& put) {
    for (const auto& [id, row] : rows) {
      for (const Lock& held : row.locks) {
        for (const Lock& lock : put.row.locks) {
          const bool conflict =
              held.name == lock.name && (held.mode == LockMode::kExclusive || lock.mode == LockMode::kExclusive);
          EXPECT_FALSE(conflict && id != put.row.id) << "two prepared branches own " << to_text(lock.name);
        }
      }
    }
    EXPECT_FALSE(rows.contains(put.row.id)) << "a row is put over another";
    rows[put.row.id] = put.row;
  }
  void operator()(const ApplyBranch& apply) {
    BranchRow& row = rows.at(apply.id);
    EXPECT_EQ(row.state, RowState::kPrepared);
    EXPECT_EQ((++applied[{row.id, row.branch}]), 1);
    mark(row, apply.state, apply.commit, apply.reason);
  }
  void operator()(const MarkBranch& marked) { mark(rows.at(marked.id), marked.state, marked.commit, marked.reason); }
  void operator()(const DeleteBranch& gone) { rows.erase(gone.id); }
  void operator()(const PutCoordinator& put) { coordinators[put.seen.line.log] = put.seen; }

  static void mark(BranchRow& row, RowState state, Position commit, const std::string& reason) {
    row.state = state;
    row.commit = commit;
    row.reason = reason;
    row.locks.clear();
  }
};

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed) { open(); }

  void play(std::size_t steps) {
    for (std::size_t step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      if (pick(60) == 0) {
        if (pick(2) == 0) write();
        open();
      }
      now_ += pick(4) == 0 ? Duration{std::chrono::milliseconds(pick(3000))} : 0ms;
      feed(any_event());
      if (pick(3) == 0) feed(BatchEnded{});
      if (pick(3) == 0) confirm();
    }
    settle();
  }

  static std::size_t committed;
  static std::size_t wounded;
  static std::size_t refused;

 private:
  std::uint64_t pick(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }
  TransactionId any_id() { return {.log = kLog, .epoch = Epoch{7}, .number = pick(kTransactions)}; }
  static Position position_of(const TransactionId& id) { return Position{100 + id.number}; }
  CallId new_call() {
    unanswered_.insert(CallId{++last_call_});
    return CallId{last_call_};
  }
  CoordinatorView view(std::uint64_t released = 0) {
    return {.line = {.log = kLog, .epoch = Epoch{7}, .nonce = Nonce{1}, .durable = Position{0}},
            .address = "there",
            .released = {.through = Position{released}, .except = {}}};
  }

  Opening some_opening() { return pick(30) == 0 ? Opening{1} : kOpening; }

  // Most often the branch that the store named last.
  BranchNumber some_branch(const TransactionId& id) {
    const auto known = branches_.find(id);
    if (known == branches_.end() || pick(8) == 0)
      return pick(2) == 0 ? kNoBranch : BranchNumber{disk_.start, 1 + pick(9)};
    return known->second;
  }

  // The coordinator's decision is made once: commit only what voted yes, and that branch only.
  bool is_committed(const TransactionId& id, BranchNumber branch) const {
    const auto decided = commits_.find(id);
    return decided != commits_.end() && decided->second == branch;
  }

  Event any_event() {
    const TransactionId id = any_id();
    const auto statements = std::make_shared<std::vector<Statement>>(1);
    switch (pick(12)) {
      case 0:
      case 1:
        return ExecuteRequested{new_call(), id, 100 - id.number, some_branch(id), static_cast<std::uint32_t>(pick(3)),
                                statements, 5s, "there"};
      case 2: return ExecuteRequested{new_call(), id, 100 - id.number, kNoBranch, 0, statements, 5s, "there"};
      case 3:
      case 4:
        return ExecuteAndPrepareRequested{new_call(),      some_opening(), view(), id,
                                          100 - id.number, statements,     5s,     {"here"}};
      case 5:
        return PrepareRequested{
            new_call(), some_opening(), view(), id, some_branch(id), static_cast<std::uint32_t>(1 + pick(2)), {"here"}};
      case 6:
      case 7:
      case 8: return decision(id);
      case 9: {
        const BranchNumber branch = some_branch(id);
        const bool commits = is_committed(id, branch);
        const bool aborts = !commits && pick(2) == 0;
        if (aborts) aborted_.insert({id, branch});
        return InquiryAnswered{view(), id, branch,
                               commits  ? InquiryResult::kCommit
                               : aborts ? InquiryResult::kAbort
                                        : InquiryResult::kUndecided,
                               commits ? position_of(id) : Position{}};
      }
      case 10: return TimePassed{};
      default: return RegistrationAccepted{view()};
    }
  }

  std::shared_ptr<const CoordinatorView> shared_view() { return std::make_shared<const CoordinatorView>(view()); }

  Event decision(const TransactionId& id) {
    const BranchNumber branch = some_branch(id);
    const bool may_commit = yes_.contains({id, branch}) && !aborted_.contains({id, branch}) && !commits_.contains(id) &&
                            !aborted_.contains({id, kNoBranch});
    if (may_commit && pick(2) == 0) commits_[id] = branch;
    if (is_committed(id, branch)) {
      const CallId call = new_call();
      commit_calls_.insert(call);
      return DecisionReceived{call, kOpening, shared_view(), id, branch, Decision::kCommit, position_of(id)};
    }
    if (branch == kNoBranch && (commits_.contains(id) || pick(20) != 0)) return TimePassed{};
    aborted_.insert({id, branch});
    return DecisionReceived{new_call(), kOpening, shared_view(), id, branch, Decision::kAbort, {}};
  }

  void feed(const Event& event) {
    Effects effects;
    table_->step(event, now_, effects);
    for (const Effect& effect : effects) {
      SCOPED_TRACE(to_text(effect));
      std::visit([this](const auto& any) { observe(any); }, effect);
    }
    // What is to be run is run at once, as by the store.
    while (!runs_.empty()) {
      const RunStatements run = runs_.back();
      runs_.pop_back();
      feed(ran(run));
    }
  }

  StatementsRan ran(const RunStatements& run) {
    StatementsRan ran{run.run, std::make_shared<std::vector<StatementResult>>(1), {}, {}, {}};
    const bool writes = pick(3) != 0;
    if (writes) ran.changes = {.bytes = "c", .rows = 1};
    for (std::uint64_t i = 0; i <= pick(2); ++i) {
      ran.locks.push_back({{"t", std::to_string(pick(3))}, writes ? LockMode::kExclusive : LockMode::kShared});
    }
    return ran;
  }

  void answered(CallId call) { EXPECT_EQ(unanswered_.erase(call), 1U) << "each call gets one answer"; }

  void observe(const RunStatements& run) { runs_.push_back(run); }
  void observe(const WriteJournal& write) {
    EXPECT_TRUE(ordered_.empty()) << "one journal transaction is under way at a time";
    EXPECT_FALSE(write.operations.empty());
    ordered_ = write.operations;
  }
  void observe(const ExecuteAnswered& answer) {
    answered(answer.call);
    if (answer.ended.reason == AbortReason::kNone) branches_[id_of(answer.branch)] = answer.branch;
  }
  void observe(const VoteAnswered& answer) {
    answered(answer.call);
    if (answer.already_committed) return;
    if (answer.vote == Vote::kNo) return;
    const TransactionId id = id_of(answer.branch);
    branches_[id] = answer.branch;
    if (answer.vote != Vote::kYes) return;
    const auto row = disk_.rows.find(id);
    ASSERT_NE(row, disk_.rows.end()) << "a vote of yes before its row is durable";
    EXPECT_EQ(row->second.branch, answer.branch);
    yes_.insert({id, answer.branch});
  }
  void observe(const DecisionAnswered& answer) {
    answered(answer.call);
    if (answer.kind == AcknowledgementKind::kRefused) ++refused;
    if (answer.kind != AcknowledgementKind::kDone || !commit_calls_.contains(answer.call)) return;
    const auto row = disk_.rows.find(answer.id);
    const bool is_of_the_commit = row != disk_.rows.end() && row->second.branch == commits_.at(answer.id);
    if (!is_of_the_commit) return;
    EXPECT_EQ(row->second.state, RowState::kCommitted) << "acknowledged before the apply is durable";
  }
  void observe(const CallRefused& answer) { answered(answer.call); }
  void observe(const ResolveAnswered& answer) { answered(answer.call); }
  void observe(const SendInquiry& inquiry) { EXPECT_TRUE(disk_.rows.contains(inquiry.id)); }
  void observe(const SendWound& wound) { EXPECT_TRUE(disk_.rows.contains(wound.id)); }
  void observe(const Alarm&) {}
  void observe(const Transition& transition) {
    if (transition.to == "active") branch_ids_.push_back(transition.id);  // numbers count with beginnings
  }

  TransactionId id_of(BranchNumber branch) const {
    if (branch.start == disk_.start) return branch_ids_.at(branch.counter - 1);
    for (const auto& [id, row] : disk_.rows) {
      if (row.branch == branch) return id;
    }
    ADD_FAILURE() << "no branch " << to_string(branch);
    return {};
  }

  void write() {
    for (const JournalOperation& operation : std::exchange(ordered_, {})) std::visit(disk_, operation);
    ++disk_.position;
  }

  void confirm() {
    if (ordered_.empty()) return;
    write();
    feed(JournalDurable{StorePosition{disk_.position}});
  }

  void open() {
    ordered_.clear();
    runs_.clear();
    unanswered_.clear();
    branch_ids_.clear();
    if (table_) count();
    RecoveredStore recovered{StoreIdentity{1}, ++disk_.start, StorePosition{disk_.position}, {}, {}};
    for (const auto& [id, row] : disk_.rows) recovered.rows.push_back(row);
    for (const auto& [log, seen] : disk_.coordinators) recovered.coordinators.push_back(seen);
    table_ = std::make_unique<BranchTable>(Settings{}, recovered, kOpening, now_);
  }

  void count() const {
    committed += table_->counters().committed;
    wounded += table_->counters().wounded;
  }

  // The coordinator tells everything that it has decided, and releases it: nothing may be left over.
  void settle() {
    for (int round = 0; round < 4; ++round) {
      now_ += 31s;
      feed(TimePassed{});
      for (const BranchSummary& branch : table_->branches(1000, now_)) {
        const bool commits = is_committed(branch.id, branch.branch);
        feed(DecisionReceived{new_call(), kOpening, shared_view(), branch.id, branch.branch,
                              commits ? Decision::kCommit : Decision::kAbort,
                              commits ? position_of(branch.id) : Position{}});
      }
      now_ += 4ms;
      feed(BatchEnded{});
      confirm();
    }
    feed(RegistrationAccepted{view(200)});
    now_ += 1s;
    feed(BatchEnded{});
    confirm();
    count();
    const Totals totals = table_->totals(now_);
    EXPECT_EQ(totals.active + totals.prepared + totals.committed + totals.locks + totals.waiting, 0U);
    EXPECT_TRUE(disk_.rows.empty());
    EXPECT_TRUE(unanswered_.empty());
    EXPECT_EQ(table_->next_deadline(), std::nullopt);
    for (const auto& [id, branch] : commits_) {
      const std::pair committed_branch{id, branch};
      EXPECT_EQ(disk_.applied[committed_branch], 1) << to_string(id) << " was committed and not applied";
    }
    EXPECT_EQ(disk_.applied.size(), commits_.size()) << "something was applied that nobody committed";
  }

  std::mt19937_64 random_;
  Time now_{};
  Disk disk_;
  std::unique_ptr<BranchTable> table_;
  std::vector<JournalOperation> ordered_;
  std::vector<RunStatements> runs_;
  std::set<CallId> unanswered_;
  std::set<CallId> commit_calls_;
  std::uint64_t last_call_ = 0;
  std::vector<TransactionId> branch_ids_;  // of this start, by counter
  std::map<TransactionId, BranchNumber> branches_;
  std::set<std::pair<TransactionId, BranchNumber>> yes_;
  std::set<std::pair<TransactionId, BranchNumber>> aborted_;
  std::map<TransactionId, BranchNumber> commits_;
};

std::size_t Chaos::committed = 0;
std::size_t Chaos::wounded = 0;
std::size_t Chaos::refused = 0;

TEST(BranchTableRandom, NeverDoesWhatItMustNot) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed).play(300);
    if (HasFailure()) break;
  }
  RecordProperty("committed", std::to_string(Chaos::committed));
  EXPECT_GT(Chaos::committed, 500U);
  EXPECT_GT(Chaos::wounded, 500U);
}

}  // namespace
}  // namespace assent::participant
