// RawPeer: a socket that says what a channel never would, to a live server on the same thread.
#pragma once

#include <arpa/inet.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "assent_constants.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/codec.h"
#include "thrift/rpc/methods.h"

namespace assent::rpc {

class RawPeer {
 public:
  RawPeer(boost::asio::io_context& io, const Address& address) : socket_(io) {
    socket_.connect({boost::asio::ip::make_address(address.host), address.port});
    socket_.non_blocking(true);
  }
  explicit RawPeer(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) { socket_.non_blocking(true); }

  // Queues bytes; pump() sends them.
  void say(const std::string& bytes) { unsent_ += bytes; }
  void say_frame(const std::string& message) { say(big_endian(static_cast<std::uint32_t>(message.size())) + message); }
  void say_call(const std::string& method, const apache::thrift::TBase& request, std::int32_t seqid = 1) {
    const Frame frame = encoder_.call(method, seqid, request).value();
    say(std::string(reinterpret_cast<const char*>(frame.data()), frame.size()));
  }
  void say_hello(std::int32_t version = wire::g_assent_constants.PROTOCOL_VERSION) {
    wire::HelloRequest hello;
    hello.__set_protocol_version(version);
    say_call("hello", hello, 0);
  }

  // Sends and receives what the system takes and has. Never waits.
  void pump() {
    boost::system::error_code error;
    while (!unsent_.empty() && !error) {
      unsent_.erase(0, socket_.write_some(boost::asio::buffer(unsent_), error));
    }
    char bytes[4096];
    error = {};
    while (is_reading_ && !error) {
      received_.append(bytes, socket_.read_some(boost::asio::buffer(bytes), error));
      if (error && error != boost::asio::error::would_block) {
        is_closed_ = true;
      }
    }
  }

  bool has_sent_all() const { return unsent_.empty(); }
  void stop_reading() { is_reading_ = false; }
  void start_reading() { is_reading_ = true; }
  void close() { socket_.close(); }
  // The server has closed the connection.
  bool is_closed() const { return is_closed_; }

  std::size_t received_bytes() const { return received_.size(); }
  // The messages received so far, without their lengths.
  std::vector<std::string> messages() const {
    std::vector<std::string> found;
    std::size_t at = 0;
    while (received_.size() - at >= 4) {
      std::uint32_t length = 0;
      received_.copy(reinterpret_cast<char*>(&length), 4, at);
      length = ntohl(length);
      if (received_.size() - at - 4 < length) {
        break;
      }
      found.push_back(received_.substr(at + 4, length));
      at += 4 + length;
    }
    return found;
  }

  static std::string big_endian(std::uint32_t number) {
    const std::uint32_t swapped = htonl(number);
    return std::string(reinterpret_cast<const char*>(&swapped), 4);
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  Encoder encoder_{Limits{}, 1000};
  std::string unsent_;
  std::string received_;
  bool is_reading_ = true;
  bool is_closed_ = false;
};

}  // namespace assent::rpc
