// Connections: what a Network has on its thread: a channel to each address that was called, and their end.
//
//   kOpen ── close_soon() ──► kClosing ── no call is left, or a moment has passed ──► kClosed
//
//   kOpen     calls are made
//   kClosing  the same, for a moment: what is on its way may end, but nothing should be tried again
//   kClosed   there is no channel, and none is made any more: what was on its way has ended
//
// The io_context holds it, until release(): where that is somebody else's and goes first, this goes with it, and with
// it all that waits for an answer. All but make() and is_closing() belong to its thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "assent/result.h"
#include "sdk/src/environment.h"
#include "thrift/rpc/channel.h"

namespace assent::sdk {

class Connections : public std::enable_shared_from_this<Connections> {
 public:
  static std::shared_ptr<Connections> make(rpc::ChannelOptions options, boost::asio::io_context& io);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // kUnavailable once it is closed; kInvalidInput for an address that is none.
  Result<rpc::Channel*> channel(Lane lane, const std::string& address);

  // A call by one of the channels.
  void began() { ++outstanding_; }
  void ended();

  void close_soon();
  bool is_closing() const { return state_ != State::kOpen; }
  // It is used no more. Closes it soon, too.
  void release();

 private:
  enum class State { kOpen, kClosing, kClosed };

  Connections(rpc::ChannelOptions options, boost::asio::io_context& io);
  void wait();
  void close();

  const rpc::ChannelOptions options_;
  boost::asio::io_context& io_;
  std::atomic<State> state_ = State::kOpen;  // is_closing() is asked on any thread
  bool is_released_ = false;
  std::map<std::pair<std::string, Lane>, std::unique_ptr<rpc::Channel>> channels_;
  std::size_t outstanding_ = 0;
  boost::asio::steady_timer last_moment_;  // its end, in kClosing; or else never
};

}  // namespace assent::sdk
