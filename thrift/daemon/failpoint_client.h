// FailpointClient: arms the failpoints of a running daemon from a test, and counts who passes them. README.md shows
// how.
//
// Each call blocks until it is answered; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "assent/result.h"
#include "assent/time.h"
#include "thrift/daemon/failpoint.h"

namespace assent::daemon {

class Caller;

class FailpointClient {
 public:
  // `address` is host:port of the daemon, or better of its failpoints (DaemonProcess::failpoints()): the daemon itself
  // does not answer while its network thread is paused. REQUIRES: it is one.
  explicit FailpointClient(const std::string& address);
  ~FailpointClient();
  FailpointClient(const FailpointClient&) = delete;
  FailpointClient& operator=(const FailpointClient&) = delete;

  // The next thread that comes by crashes, pauses or fails, after `skip` others. kUnavailable: nobody answers there;
  // kInvalidInput: a build without failpoints.
  Result<void> arm(const std::string& name, FailpointAction action, std::uint32_t skip = 0);

  // Who is paused there goes on, and nobody is stopped any more.
  Result<void> disarm(const std::string& name) { return arm(name, FailpointAction::kOff); }

  // How often threads came by since the daemon's start.
  Result<std::uint64_t> passes(const std::string& name);

  // Waits until threads have come by that often in all; kUnavailable if that takes too long.
  Result<void> wait_for_passes(const std::string& name, std::uint64_t passes,
                               Duration patience = std::chrono::minutes(1));

 private:
  std::unique_ptr<Caller> caller_;
};

}  // namespace assent::daemon
