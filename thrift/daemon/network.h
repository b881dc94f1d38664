// The options that every daemon has for its network side.
#pragma once

#include <optional>
#include <string>

#include "assent/result.h"
#include "thrift/daemon/options.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/limits.h"

namespace assent::daemon {

// The project's version, as --version prints it.
inline constexpr const char* kVersion = ASSENT_VERSION;

// Adds an option for every limit of a connection.
void list(Options& options, rpc::Limits& limits);

// Where a daemon listens, and where others find it, if that is another address.
struct Listening {
  rpc::Address listen;
  std::optional<rpc::Address> advertised;
};

// What --listen, --advertise and --insecure say together. An error if strangers could reach the daemon and --insecure
// was not given (there is no TLS: whoever reaches it may do everything), or if nobody could call where it listens.
Result<Listening> check_listening(const std::string& listen, const std::string& advertise, bool is_insecure);

// Reachable from this machine only.
bool is_loopback(const rpc::Address& address);

}  // namespace assent::daemon
