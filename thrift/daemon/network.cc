#include "thrift/daemon/network.h"

#include <boost/asio/ip/address.hpp>

#include "thrift/daemon/listening.h"

namespace assent::daemon {

using namespace std::chrono_literals;

void list(Options& options, rpc::Limits& limits) {
  options.size("frame", limits.frame_bytes, 1U << 20U, 1ULL << 30U,
               "longest message; a longer one closes its connection");
  options.number("outstanding-calls", limits.outstanding_calls, 1, 1U << 20U, "most unanswered calls of a connection");
  options.size("output", limits.output_bytes, 1024, 1ULL << 32U, "most bytes queued for a peer that does not read");
  options.number("connections", limits.connections, 1, 1U << 20U, "most connections");
  options.duration("connect-timeout", limits.connect_timeout, 1ms, 1h, "until a connection is given up");
  options.duration("write-timeout", limits.write_timeout, 1ms, 1h, "until a peer that does not read is closed");
  options.duration("read-timeout", limits.read_timeout, 1ms, 1h,
                   "until a message that has stopped half-way is given up");
  options.duration("frame-timeout", limits.frame_timeout, 1ms, 1h, "until a message that comes slowly is given up");
  options.duration("idle-timeout", limits.idle_timeout, 1s, 24h, "until a connection without calls is closed");
}

bool is_loopback(const rpc::Address& address) {
  if (address.host == "localhost") return true;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host, error);
  return !error && ip.is_loopback();
}

Result<Listening> check_listening(const std::string& listen, const std::string& advertise, bool is_insecure) {
  Listening listening;
  const auto address = rpc::parse_address(listen);
  if (!address) return Error{ErrorKind::kInvalidInput, "--listen: " + address.error().message};
  listening.listen = *address;
  if (!is_insecure && !is_loopback(*address)) {
    return Error{ErrorKind::kInvalidInput,
                 "--listen " + listen +
                     " is open to other machines, and there is no TLS in this version: listen on 127.0.0.1, or give "
                     "--insecure if everybody who can reach it may do everything"};
  }
  if (!advertise.empty()) {
    const auto advertised = rpc::parse_address(advertise);
    if (!advertised) return Error{ErrorKind::kInvalidInput, "--advertise: " + advertised.error().message};
    listening.advertised = *advertised;
  } else if (is_any(*address)) {
    return Error{ErrorKind::kInvalidInput,
                 "--listen " + listen +
                     " is no address that others can call: give the one that they can with --advertise HOST:PORT"};
  }
  return listening;
}

}  // namespace assent::daemon
