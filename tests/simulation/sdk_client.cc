#include "tests/simulation/sdk_client.h"

#include <utility>
#include <vector>

#include "assent/batch.h"
#include "assent/errors.h"
#include "sdk/src/cause.h"
#include "sdk/src/runs.h"
#include "sdk/src/submission.h"
#include "tests/simulation/describe.h"
#include "tests/simulation/sdk_environment.h"

namespace assent::simulation {

namespace {

// In a healthy cluster a transaction has committed within this time, whoever stands in its way: sooner than a lock is
// waited for.
constexpr Duration kLongestWait = 1900ms;

// Short, so that each of them passes in a run of some seconds.
ClientOptions options(const std::string& coordinator) {
  ClientOptions options;
  options.coordinator = SdkEnvironment::address(coordinator);
  options.lease_ids = 8;
  options.call_timeout = 300ms;
  options.statement_timeout = 2s;
  options.commit_timeout = 1s;
  options.applied_timeout = 2s;
  options.store_retry_time = 500ms;
  options.outcome_time_limit = 3s;
  options.run_time_limit = 4s;
  options.backoff_first = 2ms;
  options.backoff_ceiling = 100ms;
  return options;
}

}  // namespace

SdkClient::SdkClient(Cluster& cluster, std::string name) : Application(cluster, std::move(name)) {
  connect();
}

SdkClient::~SdkClient() {
  environment_->end();
}

void SdkClient::connect() {
  auto& all = cluster_.coordinators;
  auto environment = std::make_unique<SdkEnvironment>(cluster_, name_, clock_, [this](const TransactionId& id) {
    const auto before = std::exchange(run_, id);
    if (before == id) return;
    if (before != TransactionId()) has_no_effect(before);  // or it would not run again
    // A batch is the same in each run, so that nothing in it can tell one run from the other.
    cluster_.checker.begin(id, plan_);
  });
  environment_ = environment.get();
  session_ = sdk::Session::make(options(all[cluster_.world.below(all.size())]->name()), std::move(environment));
}

void SdkClient::die() {
  cluster_.world.count("clients died");
  cluster_.world.say(name_, " dies");
  environment_->end();
  clock_.restart();
  connect();
  rest(0ms, 100ms);
}

void SdkClient::begin() {
  auto& world = cluster_.world;
  if (!world.strikes(Incident::kTransaction)) return rest(1ms, 200ms);
  run_ = TransactionId();
  const auto stores = cluster_.store_names();
  plan_ = is_crosswise() ? draw_crosswise_plan(world, stores) : draw_plan(world, stores);
  plan_.is_one_shot = plan_.is_one_shot && !plan_.is_marked;
  const auto when = world.chance(0.3) ? Return::applied : Return::decided;
  world.say(name_, " begins: ", plan_.name);
  if (world.strikes(Incident::kClientDeath)) later(world.between(0ms, 50ms), [this] { die(); });
  if (is_crosswise()) {
    later(kLongestWait,
          [this] { throw Violation("progress: a transaction of " + name_ + " does not commit in time"); });
  }
  return plan_.is_one_shot ? submit(when) : run(when);
}

void SdkClient::submit(Return when) {
  Batch batch;
  for (const auto& step : plan_.steps) batch.add(step.store, step.statement);
  sdk::submit(session_, batch, when, plan_.level,
              [this, turn = turn(), plan = plan_](const sdk::Attempt<Outcome>& ended) {
                if (turn != this->turn()) return;
                if (!ended) return this->ended(ended.error());
                cluster_.checker.told(ended->id, ended->kind, ended->applied);
                for (std::size_t i = 0; i < ended->results.size(); ++i)
                  saw(ended->id, plan.steps[i], ended->results[i]);
                this->ended(nullptr);
              });
}

void SdkClient::run(Return when) {
  sdk::run_until_committed(
      session_,
      [this](const std::shared_ptr<sdk::ActiveTransaction>& transaction, const sdk::Completion<void>& done) {
        auto plan = std::make_shared<Plan>(plan_);
        plan->mark(marker_of(transaction->id()));
        step(transaction, plan, 0, done);
      },
      when, plan_.level,
      [this, turn = turn()](const sdk::Attempt<Outcome>& ended) {
        if (turn != this->turn()) return;
        if (ended) cluster_.checker.told(ended->id, ended->kind, ended->applied);
        this->ended(ended ? nullptr : ended.error());
      });
}

void SdkClient::has_no_effect(const TransactionId& id) {
  cluster_.checker.told(id, OutcomeKind::kAborted, false);
}

void SdkClient::step(const std::shared_ptr<sdk::ActiveTransaction>& transaction, const std::shared_ptr<Plan>& plan,
                     std::size_t index, const sdk::Completion<void>& done) {
  if (index == plan->steps.size()) {
    if (plan->gives_up) {
      return done(sdk::failure<Aborted>(transaction->id(), sdk::make_cause(AbortReason::kApplication, "it gives up")));
    }
    return done({});
  }
  const Step& next = plan->steps[index];
  transaction->run(next.store, next.statement,
                   [this, transaction, plan, index, done](const sdk::Attempt<ResultSet>& result) {
                     const bool lives_on = transaction->phase() == sdk::ActiveTransaction::Phase::kActive;
                     if (!result && !(lives_on && plan->steps[index].may_fail)) return done(result.error());
                     if (result) saw(transaction->id(), plan->steps[index], *result);
                     transaction->session().environment().after(
                         cluster_.world.latency(0ms, 2ms), [=, this] { step(transaction, plan, index + 1, done); });
                   });
}

void SdkClient::saw(const TransactionId& id, const Step& step, const ResultSet& result) {
  std::set<AccountId> markers;
  for (const auto& row : result) {
    const AccountId account = step.account ? *step.account : row.get<std::int64_t>(0);
    if (step.is_of_list()) {
      cluster_.checker.saw(id, step, account, row.get<std::string>(0));
    } else if (account < kAccounts) {
      cluster_.checker.saw(id, step, account, row.get<std::int64_t>(row.size() - 1));
    } else {
      markers.insert(account);
    }
  }
  if (step.is_of_all()) cluster_.checker.saw(id, step, std::move(markers));
}

void SdkClient::ended(const std::exception_ptr& failure) {
  auto& world = cluster_.world;
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const Aborted& aborted) {
      world.count("the SDK says: aborted");
      world.say(name_, ": ", aborted.what());
      has_no_effect(aborted.id());
    } catch (const OutcomeUnknown& unknown) {
      world.count("the SDK says: unknown");
      world.say(name_, ": ", unknown.what());
    } catch (const StatementError& error) {
      world.count("the SDK says: the statement failed");
      world.say(name_, ": ", error.what());
      has_no_effect(run_);
    } catch (const Unavailable& error) {
      world.count("the SDK says: unavailable");
      world.say(name_, ": ", error.what());
      if (run_ != TransactionId()) has_no_effect(run_);
    }
    if (is_crosswise()) throw Violation("progress: a transaction of " + name_ + " did not commit");
  } else {
    world.count("the SDK says: committed");
  }
  rest(0ms, 200ms);
}

}  // namespace assent::simulation
