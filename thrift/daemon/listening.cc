#include "thrift/daemon/listening.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace assent::daemon {

namespace {

namespace ip = boost::asio::ip;

}  // namespace

bool is_any(const rpc::Address& address) {
  boost::system::error_code is_a_name;
  const auto parsed = ip::make_address(address.host, is_a_name);
  return !is_a_name && parsed.is_unspecified();
}

Result<void> check_free(const rpc::Address& address) {
  boost::asio::io_context io;
  boost::system::error_code error;
  ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), ip::tcp::resolver::passive, error);
  if (!error) {
    const auto endpoint = found.begin()->endpoint();
    ip::tcp::acceptor acceptor(io);
    if (!acceptor.open(endpoint.protocol(), error) &&
        !acceptor.set_option(ip::tcp::acceptor::reuse_address(true), error)) {
      acceptor.bind(endpoint, error);
      // Two sockets may be bound to one address with reuse_address; only one may listen.
      if (!error) acceptor.listen(1, error);
    }
  }
  if (!error) return {};
  const bool is_taken = error == boost::asio::error::address_in_use;
  return Error{is_taken ? ErrorKind::kConflict : ErrorKind::kIo,
               "cannot listen on " + to_string(address) + ": " + error.message() +
                   (is_taken ? "; stop the process that uses it, or choose another port"
                             : "; choose an address of this machine, and a port that you may use")};
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
