#include "tests/bench/recovery/newcomer.h"

#include <algorithm>
#include <chrono>

namespace assent::bench::recovery {

namespace {

using namespace std::chrono_literals;

constexpr auto kPause = 5ms;  // its load is none: what serves it has work enough
constexpr auto kServeTime = 1min;

ClientOptions options_of(const Cluster::Plan& plan) {
  ClientOptions options;
  options.coordinator = plan.coordinator_listen;
  return options;
}

}  // namespace

Newcomer::Newcomer(const Doubt& doubt, const Cluster::Plan& plan, Clock::time_point began)
    : doubt_(doubt), plan_(plan), began_(began), client_(options_of(plan)), thread_([this] { run(); }) {}

Newcomer::~Newcomer() {
  ends_ = true;
  if (thread_.joinable()) thread_.join();
}

Newcomer::Figures Newcomer::finish() {
  ends_ = true;
  thread_.join();
  for (const auto& [reason, count] : client_.counters().aborted) {
    figures_.refusals[std::string(to_string(reason))] = count;
  }
  return figures_;
}

void Newcomer::run() {
  try {
    while (!ends_ || (!figures_.first && Clock::now() < began_ + kServeTime)) {
      const auto began = Clock::now();
      if (commit_one()) {
        const auto ended = Clock::now();
        ++figures_.committed;
        if (figures_.first) {
          figures_.slowest = std::max(figures_.slowest, ended - began);
        } else {
          figures_.first = ended - began_;
        }
      }
      std::this_thread::sleep_for(kPause);
    }
  } catch (const std::exception& error) {  // OutcomeUnknown above all
    figures_.problem = error.what();
  }
}

bool Newcomer::commit_one() {
  Batch batch;
  for (std::size_t index = 0; index < plan_.stores; ++index) {
    batch.execute(plan_.store(index), Doubt::change(), Doubt::amount(), doubt_.free_account()).expect_rows(1);
  }
  try {
    client_.submit(batch);
    return true;
  } catch (const Unavailable&) {
  } catch (const Overloaded&) {
  } catch (const Aborted&) {
  }
  return false;
}

}  // namespace assent::bench::recovery
