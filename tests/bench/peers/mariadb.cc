// MariaDB, over the non-blocking interface of its client library, on the io_context's thread.
#include <fmt/format.h>
#include <mysql.h>
#include <signal.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <stdexcept>
#include <utility>

#include "tests/bench/peers/peer.h"

namespace assent::bench {

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr const char* kUser = "root";  // of the server: it has no other at first

class MariadbConnection final : public Connection {
 public:
  MariadbConnection(asio::io_context& io, const fs::path& folder) : connection_(::mysql_init(nullptr)), socket_(io) {
    ::mysql_options(connection_.get(), MYSQL_OPT_NONBLOCK, nullptr);
    const auto file = (folder / "socket").string();
    if (::mysql_real_connect(connection_.get(), nullptr, kUser, nullptr, nullptr, 0, file.c_str(),
                             CLIENT_MULTI_STATEMENTS) == nullptr) {
      throw broken();
    }
    socket_.assign(::mysql_get_socket(connection_.get()));
  }
  ~MariadbConnection() override { socket_.release(); }  // the library closes it

  void run(const std::string& statements, OnReply on_reply) override {
    statements_ = statements;  // the library reads them until they are sent
    on_reply_ = std::move(on_reply);
    reply_ = {};
    step_ = Step::kQuery;
    int has_failed = 0;
    const int awaited =
        ::mysql_real_query_start(&has_failed, connection_.get(), statements_.data(), statements_.size());
    go_on(awaited, has_failed);
  }

  std::string ask(const std::string& query) override {
    if (::mysql_real_query(connection_.get(), query.data(), query.size()) != 0) throw broken();
    const std::unique_ptr<MYSQL_RES, FreeResult> result(::mysql_store_result(connection_.get()));
    if (!result) return {};
    auto* const row = ::mysql_fetch_row(result.get());
    return row == nullptr || row[0] == nullptr ? std::string() : row[0];
  }

 private:
  struct Close {
    void operator()(MYSQL* connection) const { ::mysql_close(connection); }
  };
  struct FreeResult {
    void operator()(MYSQL_RES* result) const { ::mysql_free_result(result); }
  };
  enum class Step : std::uint8_t { kQuery, kNextResult };

  std::runtime_error broken() const { return std::runtime_error(::mysql_error(connection_.get())); }

  // `awaited` is what the library waits for in the present step, or 0: the step has been made.
  void go_on(int awaited, int has_failed) {
    while (awaited == 0) {
      if (has_failed > 0) {
        reply_.error = fmt::format("{}: {}", ::mysql_errno(connection_.get()), ::mysql_error(connection_.get()));
      } else {
        reply_.changed_rows += ::mysql_affected_rows(connection_.get());
      }
      if (has_failed > 0 || ::mysql_more_results(connection_.get()) == 0) {
        return std::exchange(on_reply_, nullptr)(reply_);
      }
      step_ = Step::kNextResult;
      awaited = ::mysql_next_result_start(&has_failed, connection_.get());
    }
    // Never asked for with these statements: the library would wait for no time, or an exception to a read.
    if ((awaited & ~(MYSQL_WAIT_READ | MYSQL_WAIT_WRITE)) != 0)
      throw std::runtime_error("MariaDB waits for a time-out");
    const bool is_read = (awaited & MYSQL_WAIT_READ) != 0;
    socket_.async_wait(is_read ? socket_.wait_read : socket_.wait_write,
                       [this, is_read](boost::system::error_code ended) {
                         if (!ended) make_step(is_read ? MYSQL_WAIT_READ : MYSQL_WAIT_WRITE);
                       });
  }

  void make_step(int happened) {
    int has_failed = 0;
    const int awaited = step_ == Step::kQuery ? ::mysql_real_query_cont(&has_failed, connection_.get(), happened)
                                              : ::mysql_next_result_cont(&has_failed, connection_.get(), happened);
    go_on(awaited, has_failed);
  }

  std::unique_ptr<MYSQL, Close> connection_;
  asio::posix::stream_descriptor socket_;
  std::string statements_;
  OnReply on_reply_;
  Reply reply_;
  Step step_ = Step::kQuery;
};

class Mariadb final : public Peer {
 public:
  std::string name() const override { return "mariadb"; }

  std::unique_ptr<ServerProcess> start(const fs::path& folder, std::uint32_t connections) override {
    const auto data = (folder / "data").string();
    give_away(folder);
    run_unprivileged({"/usr/bin/mariadb-install-db",
                      {"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal",
                       "--skip-test-db", "--skip-name-resolve"},
                      {},
                      {}});
    return std::make_unique<ServerProcess>(
        daemon::Launch{"/usr/sbin/mariadbd",
                       {"--no-defaults", "--datadir=" + data, "--socket=" + (folder / "socket").string(),
                        "--pid-file=" + (folder / "pid").string(), "--skip-networking",
                        fmt::format("--max-connections={}", connections)},
                       {},
                       folder / "log"},
        SIGKILL);
  }

  std::unique_ptr<Connection> connect(asio::io_context& io, const fs::path& folder) override {
    return std::make_unique<MariadbConnection>(io, folder);
  }

  std::string create_accounts(std::uint64_t accounts, std::uint64_t balance) const override {
    return fmt::format(
        "CREATE DATABASE bank;"
        "CREATE TABLE bank.accounts (id bigint PRIMARY KEY, balance bigint NOT NULL) ENGINE=InnoDB;"
        "INSERT INTO bank.accounts SELECT seq, {} FROM bank.seq_1_to_{}",
        balance, accounts);
  }
  // Statements that are prepared with SQL, so that a transfer's are one message all the same. No server knows of a
  // deadlock that spans both.
  std::string set_up() const override {
    return "USE bank; SET innodb_lock_wait_timeout = 1; "
           "PREPARE change_account FROM 'UPDATE accounts SET balance = balance + ? WHERE id = ?'";
  }
  std::string change_and_prepare(const std::string& id, std::uint64_t account, std::int64_t amount) const override {
    return fmt::format(
        "XA START '{0}'; EXECUTE change_account USING {1}, {2}; XA END '{0}'; "
        "XA PREPARE '{0}'",
        id, amount, account);
  }
  std::string commit_prepared(const std::string& id) const override { return fmt::format("XA COMMIT '{}'", id); }
  std::string roll_back_prepared(const std::string& id) const override { return fmt::format("XA ROLLBACK '{}'", id); }
  std::string roll_back_failed(const std::string& id) const override {
    return fmt::format("XA END '{0}'; XA ROLLBACK '{0}'", id);
  }
  std::string list_prepared() const override { return "XA RECOVER"; }
  std::string version() const override { return "SELECT version()"; }
};

}  // namespace

std::unique_ptr<Peer> make_mariadb() {
  return std::make_unique<Mariadb>();
}

}  // namespace assent::bench
