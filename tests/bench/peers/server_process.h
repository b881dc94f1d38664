// ServerProcess: a database server as a child process, which ends with this program.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "thrift/daemon/daemon_process.h"

namespace assent::bench {

// Database servers do not run as root: for root, the folder now belongs to an unprivileged user.
void give_away(const std::filesystem::path& folder);

// Runs a program of the server's to its end, as that user. Throws std::runtime_error, with what it said, if it fails.
void run_unprivileged(daemon::Launch launch);

class ServerProcess {
 public:
  // As that user. `stop` is the signal at which the server ends at once; it also comes when this program ends.
  ServerProcess(daemon::Launch launch, int stop);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return process_; }

 private:
  pid_t process_;
  const int stop_;
};

}  // namespace assent::bench
