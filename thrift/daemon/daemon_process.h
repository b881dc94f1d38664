// DaemonProcess: a daemon as a child process of a test, to be started, killed and started again.
//
// It dies with the thread that started it (PR_SET_PDEATHSIG), so that a test that is killed leaves nothing behind:
// start daemons from a thread that lives as long as they shall. One thread at a time.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "assent/result.h"
#include "assent/time.h"

namespace assent::daemon {

// What a program is started with.
struct Launch {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // added to the test's own
  std::filesystem::path log;                       // takes its stderr, behind what is there; empty: the test's stderr
};

// HOST:0 for a daemon that is started again where it was. Nobody else listens at this loopback address, and nobody
// connects from it, as everybody does from 127.0.0.1: so nobody takes its port while the daemon is down.
std::string own_loopback();

class DaemonProcess {
 public:
  DaemonProcess() = default;
  // Kills it if it runs.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Starts it, with failpoints that can be armed while it is paused, and waits until it says where it listens. An error
  // if it ends instead, or stays silent for so long. REQUIRES: it does not run.
  Result<void> start(const Launch& launch, Duration patience = std::chrono::minutes(1));

  // The same, for a daemon that may crash before it listens.
  Result<void> start_without_waiting(const Launch& launch);

  bool is_running();
  pid_t pid() const { return process_; }

  // host:port of the last start.
  const std::string& address() const { return address_; }
  // Where its failpoints are armed; empty in a build without them.
  const std::string& failpoints() const { return failpoints_; }

  // SIGKILL, and its end: no chance to tidy up. Nothing if it does not run.
  void kill();

  // SIGSTOP and SIGCONT, for example.
  void signal(int number) const;

  // Its exit code, or minus the signal that killed it. An error if it still runs after so long.
  Result<int> wait(Duration patience = std::chrono::minutes(1));

  // SIGTERM, and wait().
  Result<int> terminate(Duration patience = std::chrono::minutes(1));

 private:
  Result<void> read_addresses(Duration patience);

  pid_t process_ = -1;
  int output_ = -1;  // the reading end of its stdout
  std::string program_;
  std::string address_;
  std::string failpoints_;
};

// What a program that ran to its end has said.
struct Finished {
  int code = 0;  // its exit code, or minus the signal that killed it
  std::string out;
  std::string err;
};

// Runs a program to its end; kills it, and is an error, if that takes too long. `launch.log` is not used.
Result<Finished> run_to_end(const Launch& launch, Duration patience = std::chrono::minutes(1));

}  // namespace assent::daemon
