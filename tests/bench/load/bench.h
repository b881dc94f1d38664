// Bench: one installation under one load after the other.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/load/clients.h"
#include "tests/bench/load/cluster.h"
#include "tests/bench/load/counts.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/workload.h"
#include "tests/bench/measure/recorder.h"
#include "tests/bench/measure/report.h"

namespace assent::bench {

class Bench {
 public:
  // Makes the tables of the workload where they are missing. The options must outlive it. Throws std::runtime_error, as
  // run() does.
  Bench(const Options& options, const Cluster& cluster);

  struct Result {
    Report report;  // without the floor
    Recorder recorder;
  };

  Result run(const Load& load);

 private:
  // Runs everything until this has ended.
  template <typename T>
  T wait_for(boost::asio::awaitable<T> operation);

  boost::asio::awaitable<std::int64_t> read_sum();
  boost::asio::awaitable<Counts> count_now();
  // What these times have between them.
  boost::asio::awaitable<Counts> count(Clock::time_point from, Clock::time_point until);
  std::vector<std::pair<std::string, ctl::Json>> describe(const Load& load) const;

  const Options& options_;
  const Scale scale_;
  const std::unique_ptr<Workload> workload_;
  boost::asio::io_context io_{1};
  Client client_;
  CountReader counts_;
  Books books_;
};

}  // namespace assent::bench
