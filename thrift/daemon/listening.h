// What a daemon checks of the address that it shall listen on, and says of the one that it does.
#pragma once

#include <string>

#include "assent/result.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/limits.h"

namespace assent::daemon {

// It stands for every address of this machine, and so for none that another one could call.
bool is_any(const rpc::Address& address);

// Whether the daemon will be able to serve, before anything is made that would be left over if it cannot: the address
// is free (kConflict if it is not; somebody may still take it in between, and the server says so then), `port_file` can
// be written, and the process may open a file for each connection, and some for each of so many stores.
Result<void> check_can_serve(const rpc::Address& listen, const std::string& port_file, const rpc::Limits& limits,
                             std::size_t stores = 0);

// Tells whoever started the daemon that it serves: `PROGRAM: listening on HOST:PORT` on stdout, and HOST:PORT in
// `port_file`, unless that is empty; the file appears whole.
Result<void> announce(const std::string& program, const rpc::Address& address, const std::string& port_file);

}  // namespace assent::daemon
