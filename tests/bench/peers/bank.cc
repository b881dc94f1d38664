#include "tests/bench/peers/bank.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

namespace assent::bench {

namespace {

constexpr std::uint64_t kOpeningBalance = 1'000'000;
constexpr std::uint32_t kOtherConnections = 16;  // to look at the books; each server keeps some for itself

// Waits for the server to serve.
std::unique_ptr<Connection> connect_patiently(Peer& peer, boost::asio::io_context& io,
                                              const std::filesystem::path& folder) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (;;) {
    try {
      return peer.connect(io, folder);
    } catch (const std::runtime_error&) {
      if (std::chrono::steady_clock::now() > until) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

// Runs the statements and waits for them.
void run_now(boost::asio::io_context& io, Connection& connection, const std::string& statements) {
  std::optional<Reply> reply;
  connection.run(statements, [&reply](const Reply& arrived) { reply = arrived; });
  io.restart();
  while (!reply) io.run_one();
  if (!reply->error.empty()) throw std::runtime_error(reply->error + ", of: " + statements);
}

}  // namespace

Bank::Bank(Peer& peer, boost::asio::io_context& io, const std::filesystem::path& folder, std::uint32_t clients,
           std::uint64_t accounts)
    : peer_(peer), io_(io), folder_(folder), accounts_(accounts) {
  for (std::size_t server = 0; server < kServers; ++server) {
    std::filesystem::create_directory(folder_of(server));
    servers_[server] = peer.start(folder_of(server), clients + kOtherConnections);
    run_now(io_, *connect_patiently(peer_, io_, folder_of(server)), peer_.create_accounts(accounts, kOpeningBalance));
  }
  total_ = static_cast<std::int64_t>(kServers * accounts * kOpeningBalance);
}

std::unique_ptr<Connection> Bank::connect(std::size_t server) {
  auto connection = peer_.connect(io_, folder_of(server));
  run_now(io_, *connection, peer_.set_up());
  return connection;
}

std::string Bank::version() {
  return connect(0)->ask(peer_.version());
}

std::vector<std::string> Bank::check() {
  std::vector<std::string> problems;
  std::int64_t sum = 0;
  for (std::size_t server = 0; server < kServers; ++server) {
    const auto connection = connect(server);
    sum += std::stoll(connection->ask("SELECT sum(balance) FROM accounts"));
    if (!connection->ask(peer_.list_prepared()).empty()) {
      problems.push_back(fmt::format("server {} is left with prepared transactions", server));
    }
  }
  if (sum != total_) problems.push_back(fmt::format("the balances add up to {}, not {}", sum, total_));
  return problems;
}

}  // namespace assent::bench
