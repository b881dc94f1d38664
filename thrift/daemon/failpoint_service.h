// How tests arm the failpoints of a running daemon: the service Failpoints of operators.thrift.
//
// Two ways in, both in builds with failpoints only. The daemon's own server has the service, and
// ASSENT_FAILPOINTS_LISTEN gives it a server and a thread of its own as well, which answers while the daemon is paused
// at a failpoint.
#pragma once

#include <memory>
#include <string>

#include "assent/result.h"
#include "thrift/rpc/server.h"

namespace assent::daemon {

// REQUIRES: before server.listen(). Does nothing in a build without failpoints.
void serve_failpoints(rpc::Server& server);

// Listens on its own thread until it is destroyed.
class FailpointServer {
 public:
  FailpointServer();
  ~FailpointServer();
  FailpointServer(const FailpointServer&) = delete;
  FailpointServer& operator=(const FailpointServer&) = delete;

  // Listens where ASSENT_FAILPOINTS_LISTEN says, and says so on stdout: `PROGRAM: failpoints on HOST:PORT`. Without
  // that variable it does nothing. Once.
  Result<void> start_from_environment(const std::string& program);

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace assent::daemon
