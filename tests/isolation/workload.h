// What the tests with many clients have in common: seeds, how much work they do, threads, and the proof that the
// transactions got into each other's way.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "assent/assent.h"
#include "tests/isolation/history.h"
#include "tests/isolation/installation.h"

namespace assent::isolation {

// How much a test does: so many times the usual as the environment variable ASSENT_ISOLATION_FACTOR says, or once; less
// under a sanitizer.
std::size_t amount(std::size_t usual);

// Of a test's random choices: the environment variable ASSENT_ISOLATION_SEED, or else `usual`. Prints it.
std::uint64_t seed_of(const std::string& test, std::uint64_t usual);

class Choices {
 public:
  Choices(std::uint64_t seed, std::uint64_t stream) : random_(seed * 1'000 + stream) {}

  std::int64_t below(std::int64_t bound) { return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_); }
  bool once_in(std::int64_t bound) { return below(bound) == 0; }

 private:
  std::mt19937_64 random_;
};

// The monotonic clock of all clients.
Moment now();

// One transaction, however often it was run.
struct Ran {
  TransactionId last;  // its last run
  std::size_t runs = 0;
  bool committed = false;
};

// Runs the function on a thread for each client, by number, and `beside` on this one, which is given how many
// transactions have ended so far and returns when it is done; each client counts its own. Throws what one of them
// threw.
using EndedCount = std::atomic<std::size_t>;
void run_clients(std::size_t clients, const std::function<void(std::size_t client, EndedCount& ended)>& function,
                 const std::function<void(const EndedCount& ended)>& beside = {});

// Asks the stores, over and over, which transactions wait for a lock. It may miss short waits, and sees no others.
class WaitWatch {
 public:
  explicit WaitWatch(const Installation& installation);
  ~WaitWatch();
  WaitWatch(const WaitWatch&) = delete;
  WaitWatch& operator=(const WaitWatch&) = delete;

  // Ends it. Every transaction that was seen waiting.
  const std::set<TransactionId>& stop();

 private:
  void watch(const std::string& address, const std::string& store);

  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::set<TransactionId> waited_;
  std::vector<std::thread> threads_;  // one for each store
};

// At least half of the runs committed, and a fifth of the transactions met another one (it was seen waiting for a lock,
// or ran again): else a test shows nothing. Prints how many.
void expect_busy(const std::vector<Ran>& ran, const std::set<TransactionId>& waited);

}  // namespace assent::isolation
