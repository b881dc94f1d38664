#include "thrift/daemon/listening.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "thrift/rpc/server.h"

namespace assent::daemon {

bool is_any(const rpc::Address& address) {
  boost::system::error_code is_a_name;
  const auto parsed = boost::asio::ip::make_address(address.host, is_a_name);
  return !is_a_name && parsed.is_unspecified();
}

Result<void> check_free(const rpc::Address& address) {
  boost::asio::io_context io;
  const auto listening = rpc::Server(io, {}, {}).listen(address);
  if (!listening) return listening.error();
  return {};
}

Result<void> announce(const std::string& program, const rpc::Address& address, const std::string& port_file) {
  if (!port_file.empty()) {
    const auto unfinished = port_file + ".new";
    std::error_code error;
    std::ofstream file(unfinished);
    file << to_string(address) << '\n';
    file.close();
    if (file) std::filesystem::rename(unfinished, port_file, error);
    if (!file || error) {
      return Error{ErrorKind::kIo,
                   "cannot write --port-file " + port_file + ": name a file in a directory that is writable"};
    }
  }
  std::printf("%s: listening on %s\n", program.c_str(), to_string(address).c_str());
  std::fflush(stdout);
  return {};
}

}  // namespace assent::daemon
