#include "thrift/daemon/listening.h"

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "thrift/rpc/server.h"

namespace assent::daemon {

namespace {

constexpr std::uint64_t kOtherFiles = 256;   // logs, connections to others
constexpr std::uint64_t kFilesOfAStore = 5;  // the database, its log and shared memory, the claim, and one to spare

std::string unfinished(const std::string& port_file) {
  return port_file + ".new";
}

Error cannot_write(const std::string& port_file) {
  return {ErrorKind::kIo, "cannot write --port-file " + port_file + ": name a file in a directory that is writable"};
}

}  // namespace

bool is_any(const rpc::Address& address) {
  boost::system::error_code is_a_name;
  const auto parsed = boost::asio::ip::make_address(address.host, is_a_name);
  return !is_a_name && parsed.is_unspecified();
}

Result<void> check_can_serve(const rpc::Address& listen, const std::string& port_file, const rpc::Limits& limits,
                             std::size_t stores) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const std::uint64_t needed = limits.connections + kOtherFiles + stores * kFilesOfAStore;
  if (needed > files.rlim_cur) {
    return Error{ErrorKind::kInvalidInput,
                 "--connections " + std::to_string(limits.connections) + " needs " + std::to_string(needed) +
                     " open files, and this process may have " + std::to_string(files.rlim_cur) +
                     ": raise its limit (ulimit -n, or LimitNOFILE= in its systemd unit), or give fewer connections"};
  }
  if (!port_file.empty() && !std::ofstream(unfinished(port_file))) return cannot_write(port_file);
  boost::asio::io_context io;
  const auto listening = rpc::Server(io, {}, {}).listen(listen);
  if (!listening) return listening.error();
  return {};
}

Result<void> announce(const std::string& program, const rpc::Address& address, const std::string& port_file) {
  if (!port_file.empty()) {
    std::error_code error;
    std::ofstream file(unfinished(port_file));
    file << to_string(address) << '\n';
    file.close();
    if (file) std::filesystem::rename(unfinished(port_file), port_file, error);
    if (!file || error) return cannot_write(port_file);
  }
  std::printf("%s: listening on %s\n", program.c_str(), to_string(address).c_str());
  std::fflush(stdout);
  return {};
}

}  // namespace assent::daemon
