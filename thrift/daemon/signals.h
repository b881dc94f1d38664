// What a daemon does on signals, told on the thread of its io_context.
//
// The first SIGTERM or SIGINT drains; the second ends at once, without waiting for anything. SIGHUP opens logs again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

namespace assent::daemon {

// First of all in main(): what the process writes is its owner's; a peer that has gone (SIGPIPE) and a file that may
// not grow (SIGXFSZ) are errors of the call that met them, not the end of the process; it may open as many files as
// anybody allows it, for each connection is one.
void prepare_process();

class Signals {
 public:
  struct Actions {
    std::function<void()> drain;
    std::function<void()> end;
    std::function<void()> reopen_logs;
  };

  Signals(boost::asio::io_context& io, Actions actions);

 private:
  void wait();

  boost::asio::signal_set signals_;
  Actions actions_;
  bool is_draining_ = false;
};

}  // namespace assent::daemon
