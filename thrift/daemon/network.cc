#include "thrift/daemon/network.h"

#include <boost/asio/ip/address.hpp>

namespace assent::daemon {

using namespace std::chrono_literals;

void list(Options& options, rpc::Limits& limits) {
  options.size("frame", limits.frame_bytes, 1024, 1ULL << 30U, "longest message; a longer one closes its connection");
  options.number("outstanding-calls", limits.outstanding_calls, 1, 1U << 20U, "most unanswered calls of a connection");
  options.size("output", limits.output_bytes, 1024, 1ULL << 32U, "most bytes queued for a peer that does not read");
  options.number("connections", limits.connections, 1, 1U << 20U, "most connections");
  options.duration("connect-timeout", limits.connect_timeout, 1ms, 1h, "until a connection is given up");
  options.duration("write-timeout", limits.write_timeout, 1ms, 1h, "until a peer that does not read is closed");
  options.duration("idle-timeout", limits.idle_timeout, 1s, 24h, "until a connection without calls is closed");
}

bool is_loopback(const rpc::Address& address) {
  if (address.host == "localhost") return true;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host, error);
  return !error && ip.is_loopback();
}

Result<rpc::Address> listen_address(const std::string& text, bool is_insecure) {
  auto address = rpc::parse_address(text);
  if (!address || is_insecure || is_loopback(*address)) return address;
  return Error{ErrorKind::kInvalidInput,
               "--listen " + text +
                   " is not loopback, and there is no TLS: whoever reaches it may do everything. Listen on 127.0.0.1, "
                   "or give --insecure if the network keeps strangers out"};
}

}  // namespace assent::daemon
