// The coordinator's core: whole transactions, and nothing around them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/core/coordinator.h"

namespace assent::coordinator {
namespace {

const std::vector<std::string> kStores{"bank-a", "bank-b"};

// A core at work, with a log that is durable at once.
class Core {
 public:
  Core() {
    LogState log;
    log.log = LogIdentity{1};
    const Position first{1};
    if (const auto wrong = log.apply(first, EpochRecord{first, log.log, Epoch{1}, Nonce{1}})) {
      throw std::logic_error(*wrong);
    }
    // Ended transactions are forgotten soon, so that their number is the same all the time.
    Settings settings;
    settings.transaction_timeout = 1s;
    settings.lease_use = 1s;
    settings.retention = 3s;
    core_ = std::make_unique<Coordinator>(settings, log, "127.0.0.1:7400", now_);
    Effects effects;
    core_->start(now_, effects);
    for (const auto& store : kStores) {
      StoreRegistered registered;
      registered.call = next_call();
      registered.store = store;
      registered.identity = StoreIdentity{std::hash<std::string>{}(store)};
      registered.address = "127.0.0.1:7500";
      registered.start_number = 1;
      registered.opening = Opening{1};
      step(registered);
      step(DurableThrough{last_});
    }
  }

  // So many transactions are submitted and go their way side by side.
  void run(std::int64_t transactions) {
    std::vector<TransactionId> ids;
    for (auto transaction = transactions; transaction > 0; --transaction) ids.push_back(submit());
    for (const auto& id : ids) each_store([&](const std::string& store) { vote(store, id); });
    step(DurableThrough{last_});
    if (committed_ != ids.size()) throw std::logic_error("not every transaction has committed");
    committed_ = 0;
    for (const auto& id : ids) each_store([&](const std::string& store) { acknowledge(store, id); });
    now_ += 50us * transactions;
  }

 private:
  template <typename Action>
  static void each_store(Action action) {
    for (const auto& store : kStores) action(store);
  }

  CallId next_call() { return CallId{++calls_}; }

  TransactionId submit() {
    if (ids_.empty()) step(LeaseRequested{next_call(), 256});
    const auto id = ids_.front();
    ids_.pop_front();
    SubmitRequested submit;
    submit.call = next_call();
    submit.id = id;
    submit.begin_stamp = calls_;
    each_store([&](const std::string& store) { submit.branches.push_back({store, statements_}); });
    step(submit);
    return id;
  }

  void vote(const std::string& store, const TransactionId& id) {
    VoteReceived vote;
    vote.store = store;
    vote.id = id;
    vote.branch = {1, id.number};
    vote.vote = Vote::kYes;
    vote.results = results_;
    step(vote);
  }

  void acknowledge(const std::string& store, const TransactionId& id) {
    Acknowledged acknowledged;
    acknowledged.store = store;
    acknowledged.id = id;
    acknowledged.branch = {1, id.number};
    acknowledged.position = StorePosition{++positions_};
    step(acknowledged);
  }

  void step(const Event& event) {
    effects_.clear();
    core_->step(event, now_, effects_);
    for (const auto& effect : effects_) {
      if (const auto* append = std::get_if<AppendRecord>(&effect)) {
        last_ = append->position;
      } else if (const auto* lease = std::get_if<LeaseGranted>(&effect)) {
        for (std::uint32_t id = 0; id < lease->count; ++id) {
          ids_.push_back({lease->first.log, lease->first.epoch, lease->first.number + id});
        }
      } else if (const auto* outcome = std::get_if<OutcomeAnswered>(&effect)) {
        committed_ += outcome->kind == OutcomeKind::kCommitted ? 1 : 0;
      }
    }
  }

  Time now_{1000s};
  std::unique_ptr<Coordinator> core_;
  Effects effects_;
  Position last_{};
  std::deque<TransactionId> ids_;
  std::size_t committed_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t positions_ = 0;
  const Statements statements_ = std::make_shared<const std::vector<Statement>>(
      1, Statement{"UPDATE accounts SET balance = balance + 1 WHERE id = 1", {}, 1});
  const Results results_ = std::make_shared<const std::vector<StatementResult>>(1);
};

void transactions(benchmark::State& state) {
  Core core;
  for (auto _ : state) core.run(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(transactions)->Name("core/submit_to_end")->Arg(1)->Arg(64);

}  // namespace
}  // namespace assent::coordinator
