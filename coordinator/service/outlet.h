// Outlet: every message and every answer leaves the coordinator here, in the order of the core's effects.
//
// They leave at once, many to a system call. But while a failpoint is armed each one leaves alone, with its failpoints
// before and after it, and the next one only when it has been handed to the operating system: so a crash between two of
// them has sent the first and not the second. On the network thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <functional>
#include <utility>

#include "thrift/daemon/failpoint.h"

namespace assent::coordinator {

class Outlet {
 public:
  explicit Outlet(boost::asio::io_context& io) : io_(io) {}
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

#ifdef ASSENT_FAILPOINTS

  // `send` may use nothing that changes before it runs. If the failpoint `before` reports an error the message is lost.
  void put(const char* before, const char* after, std::function<void()> send) {
    if (waiting_.empty() && !daemon::is_any_failpoint_armed()) {
      if (!daemon::failpoint(before)) send();
      daemon::failpoint(after);
      return;
    }
    waiting_.push_back({before, after, std::move(send)});
    if (waiting_.size() == 1) next();
  }

 private:
  struct Message {
    const char* before;
    const char* after;
    std::function<void()> send;
  };

  void next() {
    const auto& message = waiting_.front();
    if (!daemon::failpoint(message.before)) message.send();
    // A channel writes what it was given in a handler that it has posted by now: this one comes behind it.
    boost::asio::post(io_, [this] {
      daemon::failpoint(waiting_.front().after);
      waiting_.pop_front();
      if (!waiting_.empty()) next();
    });
  }

  std::deque<Message> waiting_;

#else

  template <typename Send>
  void put(const char* /*before*/, const char* /*after*/, const Send& send) {
    send();
  }

 private:
#endif

  boost::asio::io_context& io_;
};

}  // namespace assent::coordinator
