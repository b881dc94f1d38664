// Bank: two servers of a peer with an account table each, and what their books say.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/peers/peer.h"

namespace assent::bench {

class Bank {
 public:
  static constexpr std::size_t kServers = 2;

  // Starts the servers in new folders within this one, and makes the accounts. Throws std::runtime_error.
  Bank(Peer& peer, boost::asio::io_context& io, const std::filesystem::path& folder, std::uint32_t clients,
       std::uint64_t accounts);

  const Peer& peer() const { return peer_; }
  std::uint64_t accounts() const { return accounts_; }

  // Ready for transfers.
  std::unique_ptr<Connection> connect(std::size_t server);

  std::array<pid_t, kServers> processes() const { return {servers_[0]->pid(), servers_[1]->pid()}; }
  std::string version();

  // What is wrong with the books now that all is still: money that came or went, transactions that are prepared.
  std::vector<std::string> check();

 private:
  std::filesystem::path folder_of(std::size_t server) const { return folder_ / std::to_string(server); }

  Peer& peer_;
  boost::asio::io_context& io_;
  const std::filesystem::path folder_;
  const std::uint64_t accounts_;
  std::array<std::unique_ptr<ServerProcess>, kServers> servers_;
  std::int64_t total_ = 0;
};

}  // namespace assent::bench
