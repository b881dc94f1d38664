// PostgreSQL, over libpq: asynchronous, on the io_context's thread.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/bench/peers/peer.h"

namespace assent::bench {

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr const char* kUser = "bench";
constexpr int kPort = 5432;  // in the name of the socket, nothing else

struct ClearResult {
  void operator()(PGresult* result) const { ::PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

bool has_failed(const PGresult* result) {
  const auto status = ::PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

std::string error_of(const PGresult* result) {
  const char* const state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const message = ::PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return state == nullptr || message == nullptr ? ::PQresultErrorMessage(result)
                                                : fmt::format("{}: {}", state, message);
}

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(asio::io_context& io, const fs::path& folder)
      : connection_(::PQconnectdb(
            fmt::format("host={} port={} user={} dbname=postgres", folder.string(), kPort, kUser).c_str())),
        socket_(io) {
    if (::PQstatus(connection_.get()) != CONNECTION_OK || ::PQsetnonblocking(connection_.get(), 1) != 0) {
      throw std::runtime_error(::PQerrorMessage(connection_.get()));
    }
    socket_.assign(::PQsocket(connection_.get()));
  }
  ~PostgresConnection() override { socket_.release(); }  // libpq closes it

  void run(const std::string& statements, OnReply on_reply) override {
    on_reply_ = std::move(on_reply);
    reply_ = {};
    if (::PQsendQuery(connection_.get(), statements.c_str()) != 1) throw broken();
    write();
    wait_to_read();
  }

  std::string ask(const std::string& query) override {
    const ResultPointer result(::PQexec(connection_.get(), query.c_str()));
    if (has_failed(result.get())) throw std::runtime_error(error_of(result.get()));
    return ::PQntuples(result.get()) == 0 ? std::string() : ::PQgetvalue(result.get(), 0, 0);
  }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { ::PQfinish(connection); }
  };

  std::runtime_error broken() const { return std::runtime_error(::PQerrorMessage(connection_.get())); }

  // What the socket did not take at once follows when it can.
  void write() {
    const int left = ::PQflush(connection_.get());
    if (left < 0) throw broken();
    if (left == 0) return;
    socket_.async_wait(socket_.wait_write, [this](boost::system::error_code ended) {
      if (!ended) write();
    });
  }

  void wait_to_read() {
    socket_.async_wait(socket_.wait_read, [this](boost::system::error_code ended) {
      if (!ended) read();
    });
  }

  void read() {
    if (::PQconsumeInput(connection_.get()) != 1) throw broken();
    while (::PQisBusy(connection_.get()) == 0) {
      const ResultPointer result(::PQgetResult(connection_.get()));
      if (!result) return std::exchange(on_reply_, nullptr)(reply_);
      if (has_failed(result.get()) && reply_.error.empty()) reply_.error = error_of(result.get());
      const std::string rows = ::PQcmdTuples(result.get());
      if (!rows.empty()) reply_.changed_rows += std::stoull(rows);
    }
    wait_to_read();
  }

  std::unique_ptr<PGconn, Finish> connection_;
  asio::posix::stream_descriptor socket_;
  OnReply on_reply_;
  Reply reply_;
};

// Where Debian puts each version; the newest.
fs::path programs() {
  std::vector<fs::path> found;
  std::error_code none;
  for (fs::directory_iterator version("/usr/lib/postgresql", none), end; !none && version != end;
       version.increment(none)) {
    if (fs::exists(version->path() / "bin" / "initdb")) found.push_back(version->path() / "bin");
  }
  if (found.empty()) throw std::runtime_error("there is no PostgreSQL server; apt-get install postgresql-15");
  return *std::max_element(found.begin(), found.end());
}

class Postgres final : public Peer {
 public:
  std::string name() const override { return "postgresql"; }

  std::unique_ptr<ServerProcess> start(const fs::path& folder, std::uint32_t connections) override {
    const auto data = (folder / "data").string();
    give_away(folder);
    run_unprivileged({programs() / "initdb",
                      {"--pgdata", data, "--auth", "trust", "--username", kUser, "--locale", "C", "--encoding", "UTF8"},
                      {},
                      {}});
    const auto setting = [](const std::string& name, const auto& value) { return fmt::format("--{}={}", name, value); };
    return std::make_unique<ServerProcess>(
        daemon::Launch{programs() / "postgres",
                       {"-D", data, setting("listen_addresses", ""),
                        setting("unix_socket_directories", folder.string()), setting("port", kPort),
                        setting("max_connections", connections), setting("max_prepared_transactions", connections)},
                       {},
                       folder / "log"},
        SIGQUIT);
  }

  std::unique_ptr<Connection> connect(asio::io_context& io, const fs::path& folder) override {
    return std::make_unique<PostgresConnection>(io, folder);
  }

  std::string create_accounts(std::uint64_t accounts, std::uint64_t balance) const override {
    return fmt::format(
        "CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL);"
        "INSERT INTO accounts SELECT id, {} FROM generate_series(1, {}) AS id;"
        "ANALYZE accounts",
        balance, accounts);
  }
  // Statements that are prepared with SQL, so that a transfer's are one message all the same. No server knows of a
  // deadlock that spans both.
  std::string set_up() const override {
    return "SET lock_timeout = '1s';"
           "PREPARE change (bigint, bigint) AS UPDATE accounts SET balance = balance + $1 WHERE id = $2";
  }
  std::string change_and_prepare(const std::string& id, std::uint64_t account, std::int64_t amount) const override {
    return fmt::format("BEGIN; EXECUTE change({}, {}); PREPARE TRANSACTION '{}'", amount, account, id);
  }
  std::string commit_prepared(const std::string& id) const override { return fmt::format("COMMIT PREPARED '{}'", id); }
  std::string roll_back_prepared(const std::string& id) const override {
    return fmt::format("ROLLBACK PREPARED '{}'", id);
  }
  std::string roll_back_failed(const std::string& /*id*/) const override { return "ROLLBACK"; }
  std::string list_prepared() const override { return "SELECT gid FROM pg_prepared_xacts"; }
  std::string version() const override { return "SHOW server_version"; }
};

}  // namespace

std::unique_ptr<Peer> make_postgres() {
  return std::make_unique<Postgres>();
}

}  // namespace assent::bench
