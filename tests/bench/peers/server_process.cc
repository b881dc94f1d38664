#include "tests/bench/peers/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "thrift/daemon/child.h"

namespace assent::bench {

namespace {

constexpr auto kPatience = std::chrono::minutes(2);
constexpr uid_t kNobody = 65534;  // on every Debian
constexpr gid_t kNoGroup = 65534;

bool is_root() {
  return ::geteuid() == 0;
}

// setpriv(1) asks for the death signal again, which Linux forgets when a process changes its user.
daemon::Launch unprivileged(daemon::Launch launch, int death_signal) {
  if (!is_root()) return launch;
  auto& words = launch.arguments;
  words.insert(words.begin(),
               {"--reuid", std::to_string(kNobody), "--regid", std::to_string(kNoGroup), "--clear-groups",
                "--pdeathsig", ::sigabbrev_np(death_signal), "--", launch.program.string()});
  launch.program = "/usr/bin/setpriv";
  return launch;
}

pid_t spawn_with_log(const daemon::Launch& launch) {
  const int log = ::open(launch.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) throw std::runtime_error("cannot write " + launch.log.string());
  const auto process = daemon::spawn(launch, log, log);
  ::close(log);
  return process.value();
}

}  // namespace

void give_away(const std::filesystem::path& folder) {
  if (!is_root()) return;
  if (::chown(folder.c_str(), kNobody, kNoGroup) != 0) {
    throw std::runtime_error("cannot give " + folder.string() + " to an unprivileged user");
  }
}

void run_unprivileged(daemon::Launch launch) {
  const auto program = launch.program.string();
  const auto finished = daemon::run_to_end(unprivileged(std::move(launch), SIGKILL), kPatience).value();
  if (finished.code != 0) throw std::runtime_error(program + " failed: " + finished.err + finished.out);
}

ServerProcess::ServerProcess(daemon::Launch launch, int stop)
    : process_(spawn_with_log(unprivileged(std::move(launch), stop))), stop_(stop) {}

ServerProcess::~ServerProcess() {
  ::kill(process_, stop_);
  if (!daemon::wait_for(process_, kPatience)) daemon::kill_and_wait(process_);
}

}  // namespace assent::bench
