// The options that every daemon has for its network side.
#pragma once

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

// The address to listen on. An error if it is none, or if strangers could reach it and --insecure was not given: there
// is no TLS, so whoever reaches a daemon may do everything.
Result<rpc::Address> listen_address(const std::string& text, bool is_insecure);

// Reachable from this machine only.
bool is_loopback(const rpc::Address& address);

}  // namespace assent::daemon
