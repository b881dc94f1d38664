// Daemons: those of a cluster that has stopped, started one by one, and what they hold in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/bench/load/cluster.h"
#include "thrift/daemon/daemon_process.h"

namespace assent::bench::recovery {

class Daemons {
 public:
  // `plan` must outlive it; its coordinator listens at a port that is known.
  explicit Daemons(const Cluster::Plan& plan);

  // Each waits until what it starts says that it serves. Throws std::runtime_error.
  void start_coordinator();
  void start_participants();
  // All at once, without waiting.
  void start_all();

  // Of all of them together that run, when it does not grow any more, or after ten seconds.
  std::uint64_t settled_bytes() const;

  // As a crash would. They can be started again.
  void kill();
  // In order. Throws std::runtime_error if one of them does not, or not cleanly.
  void stop();

 private:
  std::uint64_t resident() const;

  const Cluster::Plan& plan_;
  daemon::DaemonProcess coordinator_;
  std::vector<std::unique_ptr<daemon::DaemonProcess>> participants_;
};

// Bytes of the participants without a coordinator, and of the coordinator without participants.
struct Memory {
  std::uint64_t coordinator = 0;
  std::uint64_t participants = 0;
};

// What they take that start upon these files, and are killed then.
Memory measure_memory(const Cluster::Plan& plan);

}  // namespace assent::bench::recovery
