// What a daemon checks of the address that it shall listen on, and says of the one that it does.
#pragma once

#include <string>

#include "assent/result.h"
#include "thrift/rpc/address.h"

namespace assent::daemon {

// It stands for every address of this machine, and so for none that another one could call.
bool is_any(const rpc::Address& address);

// Whether the address can be had, before anything is made that would be left over if it cannot: kConflict if somebody
// has it. Somebody may still take it in between; the server says so then.
Result<void> check_free(const rpc::Address& address);

// Tells whoever started the daemon that it serves: `PROGRAM: listening on HOST:PORT` on stdout, and HOST:PORT in
// `port_file`, unless that is empty; the file appears whole.
Result<void> announce(const std::string& program, const rpc::Address& address, const std::string& port_file);

}  // namespace assent::daemon
