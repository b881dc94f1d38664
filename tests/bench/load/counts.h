// Counts: what daemons and clients have counted since they began, of which a run costs the difference.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/load/cluster.h"
#include "tests/bench/measure/latencies.h"
#include "thrift/rpc/channel.h"

namespace assent::bench {

// Of values that were counted, like the sizes of batches.
struct Total {
  double sum = 0;
  double count = 0;
};

struct Counts {
  std::map<std::string, double> costs;          // forced writes, processor time, …
  std::map<std::string, Total> values;          // of batches, waits, …
  std::map<std::string, std::uint64_t> aborts;  // runs of transactions, by reason

  friend Counts operator-(Counts later, const Counts& earlier);
};

class CountReader {
 public:
  CountReader(boost::asio::io_context& io, const Cluster& cluster);

  // What the daemons say now, and the kernel of their processes.
  boost::asio::awaitable<Counts> read();

 private:
  rpc::Channel coordinator_;
  std::list<rpc::Channel> participants_;
  const std::multimap<std::string, pid_t> processes_;
};

}  // namespace assent::bench
