// Peer: a database whose two-phase commit Assent is compared with: its servers, and its words for what a transfer does.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/bench/peers/connection.h"
#include "tests/bench/peers/server_process.h"

namespace assent::bench {

class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::string name() const = 0;

  // Starts a new server of its own in this new, empty folder, with the default durability, and room for so many
  // connections with a prepared transaction each. It may not serve yet.
  virtual std::unique_ptr<ServerProcess> start(const std::filesystem::path& folder, std::uint32_t connections) = 0;

  // Throws std::runtime_error if the server in this folder does not serve.
  virtual std::unique_ptr<Connection> connect(boost::asio::io_context& io, const std::filesystem::path& folder) = 0;

  // Makes the table `accounts`, with ids from 1, all with this balance.
  virtual std::string create_accounts(std::uint64_t accounts, std::uint64_t balance) const = 0;

  // What a connection runs before its first transfer.
  virtual std::string set_up() const = 0;

  // One message each. The id, of letters and digits and a dash, is that of the global transaction.
  virtual std::string change_and_prepare(const std::string& id, std::uint64_t account, std::int64_t amount) const = 0;
  virtual std::string commit_prepared(const std::string& id) const = 0;
  virtual std::string roll_back_prepared(const std::string& id) const = 0;
  // After a failed change_and_prepare().
  virtual std::string roll_back_failed(const std::string& id) const = 0;

  // Returns a row for each transaction that is prepared.
  virtual std::string list_prepared() const = 0;
  // Returns one value.
  virtual std::string version() const = 0;
};

std::unique_ptr<Peer> make_postgres();
std::unique_ptr<Peer> make_mariadb();

}  // namespace assent::bench
