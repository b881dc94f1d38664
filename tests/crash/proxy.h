// Proxy: stands between two of Assent's processes and loses, repeats, holds back and reorders their calls.
//
// It knows frames and the names of methods, nothing else. Runs on a thread of its own; every function may be called
// from any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

namespace assent::tests {

enum class Direction { kRequest, kAnswer };

enum class Fate {
  kDrop,    // it never arrives
  kRepeat,  // it arrives twice; what is answered to the second one goes nowhere
  kHold,    // it arrives when release() says so, behind what came later
  kCopy,    // it arrives, and a copy of it waits for release(): a late repetition (requests only)
};

class Proxy {
 public:
  // Listens on a free port of loopback, and connects each caller to `target` (host:port).
  explicit Proxy(const std::string& target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // host:port for callers.
  std::string address() const;

  // For a target that came back at another address: holds for connections made from now on.
  void set_target(const std::string& target);

  // The next `count` messages of the method meet this fate. Fates of one method and direction happen in order.
  void arrange(Direction direction, const std::string& method, Fate fate, std::size_t count = 1);

  // Forgets what is arranged and still to come. What is held stays held.
  void clear();

  // How many messages have met a fate so far.
  std::size_t met() const;

  // How many messages wait for release().
  std::size_t held() const;

  // How many connections their callers have closed.
  std::size_t closed() const;

  // How many answers were sent on another connection than their own.
  std::size_t late_answers() const;

  // Sends on what is held or was copied, in order: on its own connection; where that is closed, requests go on a new
  // one, and answers on the newest that is open, which is a mistake that no network makes.
  void release();

  // Closes every connection, as a network does that fails; new ones are served.
  void disconnect();

 private:
  struct Frame;
  class Session;
  class State;
  boost::asio::io_context io_;
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace assent::tests
