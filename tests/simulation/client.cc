#include "tests/simulation/client.h"

#include <utility>

#include "tests/simulation/call.h"

namespace assent::simulation {

namespace {

// In a healthy cluster a statement, or one run of a whole transaction, is answered within this time, whoever stands in
// its way.
constexpr Duration kLongestWait = 1s;

coordinator::ReturnWhen return_when(bool applied) {
  return applied ? coordinator::ReturnWhen::kApplied : coordinator::ReturnWhen::kDecided;
}

}  // namespace

void Client::end(Duration least, Duration most) {
  begin_stamp_.reset();
  rest(least, most);
}

void Client::die() {
  cluster_.world.count("clients died");
  clock_.restart();
  lease_.reset();
  end(0ms, 100ms);
}

void Client::again() {
  move_on();
  later(cluster_.world.between(0ms, 10ms), [this] { begin_turn(); });
}

void Client::begin() {
  auto& world = cluster_.world;
  if (!begin_stamp_ && !world.strikes(Incident::kTransaction)) return rest(1ms, 200ms);
  if (!is_crosswise() && world.chance(0.1)) ask_about_another();
  if (!lease_ || taken_ == lease_->count || clock_.now() > leased_ + lease_->use_for) return lease();
  id_ = lease_->first;
  id_.number += taken_++;
  if (!begin_stamp_) {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - leased_);
    begin_stamp_ = lease_->begin_stamp + static_cast<std::uint64_t>(since.count());
    const auto stores = cluster_.store_names();
    plan_ = is_crosswise() ? draw_crosswise_plan(world, stores) : draw_plan(world, stores);
  }
  plan_.mark(marker_of(id_));
  branches_.clear();
  gives_up_ = plan_.gives_up;
  cluster_.checker.begin(id_, plan_);
  world.say(name_, " begins ", describe(id_), ": ", plan_.name);
  if (world.strikes(Incident::kClientDeath)) {
    later(world.between(0ms, 20ms), [this] { die(); });
  }
  if (plan_.is_one_shot) return submit();
  execute(0);
}

void Client::lease() {
  auto& all = cluster_.coordinators;
  coordinator_ = all[cluster_.world.below(all.size())].get();
  lease_.reset();
  taken_ = 0;
  leased_ = clock_.now();
  const auto granted = [this, turn = turn()](const CoordinatorNode::Answer& answer) {
    const auto* lease = std::get_if<coordinator::LeaseGranted>(&answer.effect);
    if (turn != this->turn() || lease == nullptr) return;
    lease_ = *lease;
    begin_turn();
  };
  call(cluster_.world, name_, cluster_.reached(*coordinator_), coordinator::LeaseRequested{{}, 8}, when_awake(granted));
  later(100ms, [this] { begin_turn(); });
}

template <typename Request>
void Client::ask(CoordinatorNode& coordinator, const Request& request, bool applied) {
  const auto told = [this, turn = turn(), id = request.id, applied](const CoordinatorNode::Answer& answer) {
    const auto* outcome = std::get_if<coordinator::OutcomeAnswered>(&answer.effect);
    if (outcome != nullptr) cluster_.checker.told(id, outcome->kind, applied);
    if (turn == this->turn() && id == id_) heard(answer.effect);
  };
  call(cluster_.world, name_, cluster_.reached(coordinator), request, when_awake(told));
}

// An id that somebody used, or will use, or never; and not always at the coordinator that gave it out.
void Client::ask_about_another() {
  auto& world = cluster_.world;
  const auto ids = cluster_.checker.begun();
  if (ids.empty()) return;
  TransactionId id = ids[world.below(ids.size())];
  id.number += world.below(3);
  for (const auto& coordinator : cluster_.coordinators) {
    if (coordinator->log() == id.log || world.chance(0.2)) ask(*coordinator, coordinator::OutcomeRequested{{}, id});
  }
}

void Client::submit() {
  auto& world = cluster_.world;
  std::map<std::string, std::vector<Statement>> statements;
  for (const auto& step : plan_.steps) statements[step.store].push_back(step.statement);
  std::vector<coordinator::SubmittedBranch> branches;
  for (auto& [store, list] : statements) {
    branches.push_back({store, std::make_shared<const std::vector<Statement>>(std::move(list))});
  }
  const bool applied = world.chance(0.3);
  if (world.chance(world.faults[Incident::kRepetition])) ask(*coordinator_, coordinator::OutcomeRequested{{}, id_});
  ask(*coordinator_,
      coordinator::SubmitRequested{{}, id_, *begin_stamp_, branches, return_when(applied), {}, plan_.level}, applied);
  if (is_crosswise()) return expect_an_answer();
  later(world.between(20ms, 1s), [this, &world] {
    if (world.chance(0.5)) return submit();
    finish();
  });
}

void Client::expect_an_answer() {
  later(kLongestWait,
        [this] { throw Violation("progress: transaction " + describe(id_) + " is not answered in time"); });
}

void Client::execute(std::size_t index) {
  auto& world = cluster_.world;
  const Step& step = plan_.steps[index];
  const auto& branch =
      branches_.try_emplace(step.store, coordinator::TouchedBranch{step.store, kNoBranch, 0}).first->second;
  const participant::ExecuteRequested request{{},
                                              id_,
                                              *begin_stamp_,
                                              branch.branch,
                                              branch.statement_count,
                                              std::make_shared<const std::vector<Statement>>(1, step.statement),
                                              2s,
                                              coordinator_->name(),
                                              plan_.level};
  const auto executed = [this, index, turn = turn()](const participant::Effect& answer) {
    if (turn == this->turn()) heard(index, answer);
  };
  call(world, name_, *cluster_.stores.at(step.store), request, when_awake(executed));
  if (is_crosswise()) return expect_an_answer();
  later(world.between(50ms, 1s), [this, index, &world] {
    if (world.chance(0.7)) return execute(index);
    gives_up_ = true;
    finish();
  });
}

void Client::heard(std::size_t index, const participant::Effect& answer) {
  const Step& step = plan_.steps[index];
  const auto* executed = std::get_if<participant::ExecuteAnswered>(&answer);
  move_on();
  const bool has_failed = executed == nullptr || executed->result == nullptr;
  const bool lives_on = executed != nullptr && executed->ended.reason == AbortReason::kNone;
  if (has_failed && !(lives_on && step.may_fail)) {
    gives_up_ = true;
    return finish();
  }
  auto& branch = branches_.at(step.store);
  branch.branch = executed->branch;
  ++branch.statement_count;
  if (has_failed) {
    cluster_.world.count("statements that failed, and their branch went on");
  } else {
    saw(step, *executed->result);
  }
  later(cluster_.world.latency(0ms, 2ms), [this, next = index + 1] {
    if (next < plan_.steps.size()) return execute(next);
    finish();
  });
}

void Client::saw(const Step& step, const StatementResult& result) {
  std::set<AccountId> markers;
  for (const auto& row : result.rows) {
    const AccountId account = step.account ? *step.account : std::get<std::int64_t>(row[0]);
    if (step.is_of_list()) {
      cluster_.checker.saw(id_, step, account, std::get<std::string>(row.back()));
    } else if (account < kAccounts) {
      cluster_.checker.saw(id_, step, account, std::get<std::int64_t>(row.back()));
    } else {
      markers.insert(account);
    }
  }
  if (step.is_of_all()) cluster_.checker.saw(id_, step, std::move(markers));
}

// Commits or aborts, and asks again until the answer is final.
void Client::finish() {
  auto& world = cluster_.world;
  std::vector<coordinator::TouchedBranch> branches;
  for (const auto& [store, branch] : branches_) branches.push_back(branch);
  const bool applied = world.chance(0.3);
  // Whoever asks instead of ending it leaves its branches to their timeout.
  if (plan_.is_one_shot || (!is_crosswise() && world.chance(0.1))) {
    ask(*coordinator_, coordinator::OutcomeRequested{{}, id_});
  } else if (gives_up_ || (!is_crosswise() && world.chance(0.03))) {
    ask(*coordinator_, coordinator::AbortRequested{{}, id_, branches});
  } else {
    ask(*coordinator_, coordinator::CommitRequested{{}, id_, branches, return_when(applied)}, applied);
  }
  later(world.between(50ms, 1s), [this] { finish(); });
}

void Client::heard(const coordinator::Effect& answer) {
  const auto* outcome = std::get_if<coordinator::OutcomeAnswered>(&answer);
  if (outcome == nullptr) {  // refused: perhaps another copy of it was not, so nothing is known
    lease_.reset();
    return end(0ms, 50ms);
  }
  if (outcome->kind == OutcomeKind::kInProgress) return;  // asked again in a while
  if (outcome->kind == OutcomeKind::kCommitted) {
    std::map<std::string, std::size_t> seen;
    for (const auto& step : plan_.steps) {
      for (const auto& from : outcome->results) {
        if (from.store == step.store && from.results) saw(step, from.results->at(seen[step.store]++));
      }
    }
    return end(0ms, 200ms);
  }
  if (outcome->kind == OutcomeKind::kForgotten || outcome->cause.reason == AbortReason::kPresumed) lease_.reset();
  if (outcome->kind == OutcomeKind::kAborted && is_worth_another_run(outcome->cause.reason) && is_working())
    return again();
  end(0ms, 200ms);
}

}  // namespace assent::simulation
