// Clients: the load. Each is a coroutine that runs one transaction after the other; one thread has them all.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/bench/load/workload.h"
#include "tests/bench/measure/recorder.h"

namespace assent::bench {

struct Load {
  std::size_t clients = 1;
  double rate = 0;  // transactions a second of all clients together; 0: as many as they make
  bool interactive = false;
  Return when = Return::decided;
  std::uint64_t seed = 1;
};

class Clients {
 public:
  // What they are given must outlive them.
  Clients(boost::asio::io_context& io, Client& client, Workload& workload, Recorder& recorder, Books& books,
          const Load& load);

  // They begin now, and begin no transaction after this time.
  void run_until(Clock::time_point until);

  // Until each has ended its last transaction.
  bool are_running() const { return running_ > 0; }

 private:
  boost::asio::awaitable<void> run_one(std::size_t number);
  // When the client has its next transaction to begin: after `count`, in the order of a rate, or now.
  Clock::time_point next_start(std::size_t number, std::uint64_t count) const;
  // Returns whether it has committed; else what came of it is on record.
  boost::asio::awaitable<bool> execute(const Plan& plan);
  boost::asio::awaitable<Results> submit(const Plan& plan);
  boost::asio::awaitable<Results> run_interactively(const Plan& plan);
  void settle(const Plan& plan, const Results& results);

  boost::asio::io_context& io_;
  Client& client_;
  Workload& workload_;
  Recorder& recorder_;
  Books& books_;
  const Load load_;
  Clock::time_point began_;
  Clock::time_point until_;
  std::size_t running_ = 0;
};

}  // namespace assent::bench
