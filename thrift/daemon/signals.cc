#include "thrift/daemon/signals.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <utility>

namespace assent::daemon {

void prepare_process() {
  umask(S_IRWXG | S_IRWXO);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

Signals::Signals(boost::asio::io_context& io, Actions actions)
    : signals_(io, SIGTERM, SIGINT, SIGHUP), actions_(std::move(actions)) {
  wait();
}

void Signals::wait() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      actions_.reopen_logs();
    } else if (std::exchange(is_draining_, true)) {
      actions_.end();
    } else {
      actions_.drain();
    }
    wait();
  });
}

}  // namespace assent::daemon
