#include "tests/isolation/workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>

#include "tests/sanitized.h"
#include "thrift/rpc/convert.h"

namespace assent::isolation {

namespace {

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const auto* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

}  // namespace

std::size_t amount(std::size_t usual) {
  return unless_sanitized(usual * environment("ASSENT_ISOLATION_FACTOR", 1));
}

std::uint64_t seed_of(const std::string& test, std::uint64_t usual) {
  const auto seed = environment("ASSENT_ISOLATION_SEED", usual);
  std::printf("%s: ASSENT_ISOLATION_SEED=%llu\n", test.c_str(), static_cast<unsigned long long>(seed));
  return seed;
}

Moment now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

void run_clients(std::size_t clients, const std::function<void(std::size_t client, EndedCount& ended)>& function,
                 const std::function<void(const EndedCount& ended)>& beside) {
  EndedCount ended = 0;
  std::vector<std::future<void>> running;
  for (std::size_t client = 0; client < clients; ++client) {
    running.push_back(std::async(std::launch::async, [&, client] { function(client, ended); }));
  }
  if (beside) beside(ended);
  for (auto& one : running) one.wait();
  for (auto& one : running) one.get();
}

WaitWatch::WaitWatch(const Installation& installation) {
  for (const auto& store : installation.stores()) {
    threads_.emplace_back([this, address = installation.address(store), store] { watch(address, store); });
  }
}

WaitWatch::~WaitWatch() {
  stop();
}

const std::set<TransactionId>& WaitWatch::stop() {
  stopping_ = true;
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return waited_;
}

void WaitWatch::watch(const std::string& address, const std::string& store) {
  daemon::Caller caller(rpc::parse_address(address).value(), "isolation test");
  wire::StoreRequest request;
  request.store = store;
  while (!stopping_) {
    const auto locks = caller.call(rpc::methods::kLocks, request, std::chrono::seconds(1));
    if (locks) {
      const std::lock_guard lock(mutex_);
      for (const auto& line : locks->locks) {
        if (!line.granted) waited_.insert(rpc::from_wire(line.id));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the store has other things to do
  }
}

void expect_busy(const std::vector<Ran>& ran, const std::set<TransactionId>& waited) {
  std::size_t runs = 0;
  std::size_t committed = 0;
  std::size_t again = 0;
  std::size_t met = 0;
  for (const auto& one : ran) {
    runs += one.runs;
    committed += one.committed ? 1 : 0;
    again += one.runs > 1 ? 1 : 0;
    met += one.runs > 1 || waited.contains(one.last) ? 1 : 0;
  }
  std::printf("%zu transactions in %zu runs: %zu committed, %zu ran again or were seen waiting, %zu ran again\n",
              ran.size(), runs, committed, met, again);
  EXPECT_GE(2 * committed, runs) << "less than half of the runs committed";
  EXPECT_GE(5 * met, ran.size()) << "less than a fifth of the transactions met another one";
}

}  // namespace assent::isolation
