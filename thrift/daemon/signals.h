// What a daemon does on signals, told on the thread of its io_context.
//
// The first SIGTERM or SIGINT drains; the second ends at once, without waiting for anything. SIGHUP opens logs again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

namespace assent::daemon {

class Signals {
 public:
  struct Actions {
    std::function<void()> drain;
    std::function<void()> end;
    std::function<void()> reopen_logs;
  };

  // Also ignores SIGPIPE: a peer that has gone is an error of the call, not the end of the process.
  Signals(boost::asio::io_context& io, Actions actions);

 private:
  void wait();

  boost::asio::signal_set signals_;
  Actions actions_;
  bool is_draining_ = false;
};

}  // namespace assent::daemon
