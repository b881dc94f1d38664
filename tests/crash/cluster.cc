#include "tests/crash/cluster.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "thrift/rpc/methods.h"

namespace assent::tests {

namespace {

constexpr const char* kSchema =
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0)) STRICT;\n"
    "CREATE TABLE transfers (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT;\n";

constexpr const char* kMove = "UPDATE accounts SET balance = balance + ?2 WHERE id = ?1 AND balance + ?2 >= 0";
constexpr const char* kRemember = "INSERT INTO transfers (id, amount) VALUES (?1, ?2)";

constexpr const char* kNowhere = "127.0.0.1:1";  // of a proxy, until its process listens

constexpr const char* kNever = "5m";  // a timeout: longer than any test waits

std::string transaction_timeout(const std::vector<std::string>& flags) {
  const auto found = std::find(flags.begin(), flags.end(), "--transaction-timeout");
  return found == flags.end() ? kNever : *std::next(found);
}

std::filesystem::path make_folder() {
  std::string name = std::filesystem::temp_directory_path() / "assent-crash-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
  return name;
}

std::string schema_text() {
  std::string text = kSchema;
  for (std::int64_t account = 1; account <= Cluster::kAccounts; ++account) {
    text += "INSERT INTO accounts VALUES (" + std::to_string(account) + ", " + std::to_string(Cluster::kBalance) + ");";
  }
  return text;
}

Batch batch_of(const Transfer& transfer) {
  Batch batch;
  batch.execute("a", kMove, transfer.account, -transfer.amount).expect_rows(1);
  batch.execute("a", kRemember, transfer.id, -transfer.amount);
  batch.execute("b", kMove, transfer.account, transfer.amount).expect_rows(1);
  batch.execute("b", kRemember, transfer.id, transfer.amount);
  return batch;
}

void execute(Transaction& txn, const Transfer& transfer) {
  const auto at = [&](const char* store, std::int64_t amount) {
    if (txn.execute(store, kMove, transfer.account, amount) != 1) txn.abort("insufficient funds");
    txn.execute(store, kRemember, transfer.id, amount);
  };
  at("a", -transfer.amount);
  at("b", transfer.amount);
}

ClientOptions client_options(const std::string& coordinator, std::uint32_t attempts) {
  ClientOptions options;
  options.coordinator = coordinator;
  options.commit_timeout = Cluster::kPatience;
  options.call_timeout = Cluster::kPatience;
  options.store_retry_time = std::chrono::milliseconds(500);
  options.run_attempts = attempts;
  return options;
}

}  // namespace

// ---- processes ----

Cluster::Cluster(Links links, std::vector<std::string> flags)
    : folder_(make_folder()), links_(links), flags_(std::move(flags)) {
  std::ofstream(folder_ / "schema.sql") << schema_text();
  for (const auto process : {Process::kCoordinator, Process::kStoreA, Process::kStoreB}) {
    auto& made = nodes_[process];
    made.process = std::make_unique<daemon::DaemonProcess>();
    if (links_ == Links::kProxied) made.proxy = std::make_unique<Proxy>(kNowhere);
  }
  for (const auto process : {Process::kCoordinator, Process::kStoreA, Process::kStoreB}) {
    start(process, launch(process, true));
    if (process == Process::kCoordinator) coordinator_listen_ = own_address(process);
  }
  client_ = std::make_unique<Client>(client_options(address(Process::kCoordinator), 1));
  EXPECT_EQ(run(next_transfer(Mode::kOneShot)).what, Told::What::kCommitted);
  wait_until_nothing_is_left();
  wait_until_nothing_is_forced();
}

Cluster::~Cluster() {
  client_.reset();
  nodes_.clear();
  if (::testing::Test::HasFailure()) {
    std::printf("files and logs are left in %s\n", folder_.c_str());
  } else {
    std::filesystem::remove_all(folder_);
  }
}

std::string Cluster::name(Process process) {
  switch (process) {
    case Process::kCoordinator: return "coordinator";
    case Process::kStoreA: return "a";
    case Process::kStoreB: return "b";
  }
  return "";
}

const std::string& Cluster::own_address(Process process) const {
  return nodes_.at(process).process->address();
}

std::string Cluster::address(Process process) const {
  const auto& of = nodes_.at(process);
  return of.proxy ? of.proxy->address() : of.process->address();
}

daemon::Launch Cluster::launch(Process process, bool is_new) const {
  daemon::Launch launch;
  const std::filesystem::path programs = ASSENT_PROGRAMS;
  launch.log = folder_ / (name(process) + ".log");
  auto& words = launch.arguments;
  if (process == Process::kCoordinator) {
    launch.program = programs / "assent-coordinator";
    words = {"--data", folder_ / "log", "--listen", coordinator_listen_, "--log-level", "debug"};
    // Unless the test gives others.
    const std::map<std::string, std::string> defaults{
        {"--transaction-timeout", kNever}, {"--vote-timeout", kNever},    {"--decide-timeout", "500ms"},
        {"--resend-first", "100ms"},       {"--resend-ceiling", "300ms"}, {"--idle-force", "20ms"},
        {"--segment", "256KiB"},
    };
    for (const auto& [flag, value] : defaults) {
      if (std::find(flags_.begin(), flags_.end(), flag) == flags_.end()) words.insert(words.end(), {flag, value});
    }
    words.insert(words.end(), flags_.begin(), flags_.end());
  } else {
    launch.program = programs / "assent-participant";
    const auto store = name(process);
    words = {"--coordinator",
             address(Process::kCoordinator),
             "--listen",
             "127.0.0.1:0",
             "--store",
             store + "=" + (folder_ / (store + ".db")).string(),
             "--transaction-timeout",
             transaction_timeout(flags_),
             "--inquiry-first",
             "100ms",
             "--inquiry-ceiling",
             "300ms",
             "--idle-journal",
             "20ms",
             "--registration-interval",
             "50ms",
             "--call-timeout",
             "1s",
             "--log-level",
             "debug"};
    if (is_new) words.insert(words.end(), {"--schema", store + "=" + (folder_ / "schema.sql").string()});
  }
  if (links_ == Links::kProxied) words.insert(words.end(), {"--advertise", nodes_.at(process).proxy->address()});
  if (is_new) words.emplace_back("--create");
  return launch;
}

void Cluster::start(Process process, const daemon::Launch& launch) {
  auto& of = node(process);
  of.process->start(launch, kPatience).value();
  of.passes.clear();
  of.failpoints = std::make_unique<daemon::FailpointClient>(of.process->failpoints());
  if (of.proxy) of.proxy->set_target(of.process->address());
}

void Cluster::kill(Process process) {
  daemon(process).kill();
}

void Cluster::restart(Process process, const std::string& failpoints) {
  auto how = launch(process, false);
  if (!failpoints.empty()) how.environment["ASSENT_FAILPOINTS"] = failpoints;
  start(process, how);
}

void Cluster::crash_in_recovery(Process process, const std::string& failpoint) {
  auto how = launch(process, false);
  how.environment["ASSENT_FAILPOINTS"] = failpoint + "=crash";
  daemon(process).start_without_waiting(how).value();
  EXPECT_EQ(wait_for_end(process), -SIGKILL) << "it passed " << failpoint;
}

bool Cluster::can_be_started_twice(Process process) {
  daemon::DaemonProcess other;
  return other.start(launch(process, false), kPatience).has_value();
}

int Cluster::wait_for_end(Process process) {
  const auto code = daemon(process).wait(kPatience);
  if (code) return *code;
  ADD_FAILURE() << name(process) << ": " << code.error().message;
  kill(process);
  return 0;
}

void Cluster::arm(Process process, const std::string& failpoint, daemon::FailpointAction action, std::uint32_t skip) {
  auto& of = node(process);
  of.passes[failpoint] = of.failpoints->passes(failpoint).value();
  of.failpoints->arm(failpoint, action, skip).value();
}

void Cluster::disarm(Process process, const std::string& failpoint) {
  node(process).failpoints->disarm(failpoint).value();
}

void Cluster::wait_for_pass(Process process, const std::string& failpoint, std::uint64_t passes) {
  auto& of = node(process);
  of.failpoints->wait_for_passes(failpoint, of.passes[failpoint] + passes, kPatience).value();
}

std::uint64_t Cluster::passes(Process process, const std::string& failpoint) {
  return node(process).failpoints->passes(failpoint).value();
}

// ---- messages ----

void Cluster::release_and_receive(Process store, const std::vector<std::string>& failpoints) {
  // An answer of another process may have come before the message has.
  EXPECT_TRUE(becomes_true([&] { return proxy(store).held() >= failpoints.size(); })) << "nothing is held";
  std::map<std::string, std::uint64_t> before;
  for (const auto& failpoint : failpoints) before[failpoint] = passes(store, failpoint);
  proxy(store).release();
  for (const auto& failpoint : failpoints) {
    EXPECT_TRUE(becomes_true([&] { return passes(store, failpoint) > before[failpoint]; }))
        << "nothing arrived late at " << failpoint;
  }
}

void Cluster::keep_from_ending() {
  constexpr std::size_t kEvery = 1'000'000;
  proxy(Process::kStoreB).arrange(Direction::kRequest, "decide", Fate::kDrop, kEvery);
  proxy(Process::kCoordinator).arrange(Direction::kRequest, "inquire", Fate::kDrop, kEvery);
}

void Cluster::let_it_end() {
  proxy(Process::kStoreB).clear();
  proxy(Process::kCoordinator).clear();
}

// ---- transfers ----

Transfer Cluster::next_transfer(Mode mode) {
  Transfer transfer;
  transfer.id = next_id_++;
  transfer.mode = mode;
  return transfer;
}

std::future<Told> Cluster::begin(const Transfer& transfer) {
  return std::async(std::launch::async, [this, transfer] { return carry_out(transfer); });
}

Told Cluster::carry_out(const Transfer& transfer) {
  Told told;
  told.transfer = transfer.id;
  try {
    if (transfer.mode == Mode::kOneShot && transfer.attempts == 1) {
      told.id = client_->submit(batch_of(transfer), transfer.when).id;
    } else if (transfer.mode == Mode::kOneShot) {
      Client client(client_options(address(Process::kCoordinator), transfer.attempts));
      told.id = client.submit(batch_of(transfer), transfer.when).id;
    } else {
      auto txn = client_->begin();
      told.id = txn.id();
      execute(txn, transfer);
      txn.commit(transfer.when);
    }
    told.what = Told::What::kCommitted;
  } catch (const Aborted& aborted) {
    told.what = Told::What::kAborted;
    told.id = aborted.id();
    told.detail = aborted.what();
  } catch (const OutcomeUnknown& unknown) {
    told.id = unknown.id();
    told.detail = unknown.what();
  } catch (const ClientError& error) {  // nothing happened
    told.what = Told::What::kAborted;
    told.detail = error.what();
  }
  return told;
}

std::future<Told> Cluster::crash_during(const Transfer& transfer, Process process, const std::string& failpoint,
                                        std::uint32_t skip) {
  arm(process, failpoint, daemon::FailpointAction::kCrash, skip);
  auto begun = begin(transfer);
  EXPECT_EQ(wait_for_end(process), -SIGKILL) << "it passed " << failpoint;
  return begun;
}

std::vector<std::future<Told>> Cluster::run_until_crash(Process process, const std::string& failpoint) {
  arm(process, failpoint, daemon::FailpointAction::kCrash);
  constexpr int kRounds = 1000;  // fill a log, or a store's, several times
  std::vector<std::future<Told>> begun;
  for (int round = 0; daemon(process).is_running() && round < kRounds; ++round) {
    for (auto& each : std::exchange(begun, {})) end(std::move(each));
    for (std::int64_t account = 1; account <= kAccounts; ++account) {
      auto transfer = next_transfer(Mode::kOneShot);
      transfer.account = account;
      begun.push_back(begin(transfer));
    }
    for (const auto& each : begun) {
      while (daemon(process).is_running() &&
             each.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout) {
      }
    }
  }
  EXPECT_EQ(wait_for_end(process), -SIGKILL) << "it passed " << failpoint;
  return begun;
}

Told Cluster::end(std::future<Told> begun) {
  auto told = begun.get();
  told_[told.transfer] = told;
  return told;
}

// ---- what must be true ----

wire::CoordinatorStatus Cluster::coordinator_status() {
  return call(Process::kCoordinator, rpc::methods::kCoordinatorStatus, {});
}

wire::ParticipantStoreStatus Cluster::store_status(Process store) {
  return call(store, rpc::methods::kParticipantStatus, {}).stores.at(0);
}

std::vector<wire::BranchStatus> Cluster::branches(Process store) {
  wire::StoreRequest request;
  request.store = name(store);
  return call(store, rpc::methods::kBranches, request).branches;
}

wire::CoordinatorView Cluster::view() {
  return call(Process::kCoordinator, rpc::methods::kInquire, {}).coordinator;
}

std::string Cluster::leftovers() {
  std::string text;
  const auto count = [&text](const std::string& what, std::int64_t number) {
    if (number != 0) text += std::to_string(number) + " " + what + "; ";
  };
  const auto status = coordinator_status();
  count("undecided", status.active);
  count("decided and not acknowledged", status.committing);
  count("unended records", status.unended_records);
  for (const auto store : {Process::kStoreA, Process::kStoreB}) {
    const auto of = store_status(store);
    const auto at = " at store " + name(store);
    if (!of.offline.empty()) text += "store " + name(store) + " is offline: " + of.offline + "; ";
    count("active" + at, of.active);
    count("prepared" + at, of.prepared);
    count("committed and not released" + at, of.committed);
    count("resolved" + at, of.operator_resolved);
    count("locks" + at, of.locks);
    count("waiting" + at, of.waiting);
  }
  return text;
}

void Cluster::wait_until_nothing_is_left() {
  std::string left;
  becomes_true([&] {
    try {
      left = leftovers();
    } catch (const std::exception& error) {
      left = error.what();
    }
    return left.empty();
  });
  EXPECT_EQ(left, "");
}

// Deletions in a journal wait for --idle-journal. A store that has answered has begun what was due; so it is its
// answers that count, not a time in which it may not have run.
void Cluster::wait_until_nothing_is_forced() {
  constexpr int kAnswers = 12;  // with the pauses between them three times as long
  for (const auto store : {Process::kStoreA, Process::kStoreB}) {
    std::int64_t forces = 0;
    int answers = 0;
    EXPECT_TRUE(becomes_true([&] {
      const auto begun = passes(store, "store.before_journal");
      const auto ended = passes(store, "store.after_journal_commit");
      const auto now = store_status(store).forces;
      answers = begun == ended && now == forces ? answers + 1 : 0;
      forces = now;
      return answers == kAnswers;
    })) << name(store)
        << " writes its journal on and on";
  }
}

std::set<std::int64_t> Cluster::transfers_at(Process store) {
  Batch batch;
  batch.query(name(store), "SELECT id FROM transfers");
  std::set<std::int64_t> ids;
  Client client(client_options(address(Process::kCoordinator), 100));
  const auto outcome = client.submit(batch);
  for (const auto& row : outcome.results.at(0)) ids.insert(row.get<std::int64_t>("id"));
  return ids;
}

std::int64_t Cluster::sum_of_balances() {
  Batch batch;
  for (const auto* const store : {"a", "b"}) batch.query(store, "SELECT sum(balance) AS sum FROM accounts");
  Client client(client_options(address(Process::kCoordinator), 100));
  std::int64_t sum = 0;
  const auto outcome = client.submit(batch);
  for (const auto& result : outcome.results) {
    for (const auto& row : result) sum += row.get<std::int64_t>("sum");
  }
  return sum;
}

void Cluster::check_invariants() {
  wait_until_nothing_is_left();
  const auto at_a = transfers_at(Process::kStoreA);
  EXPECT_EQ(at_a, transfers_at(Process::kStoreB)) << "the stores disagree";
  for (const auto& [transfer, told] : told_) {
    if (told.what == Told::What::kUnknown) continue;
    EXPECT_EQ(at_a.contains(transfer), told.what == Told::What::kCommitted)
        << "of transfer " << transfer << " its client was told otherwise: " << told.detail;
  }
  EXPECT_EQ(sum_of_balances(), 2 * kAccounts * kBalance);
  auto another = next_transfer(Mode::kOneShot);
  another.attempts = 100;  // connections of before may be gone
  const auto told = run(another);
  EXPECT_EQ(told.what, Told::What::kCommitted) << told.detail;
  wait_until_nothing_is_left();
}

void Cluster::check_invariants(std::int64_t transfer, End end) {
  check_invariants();
  EXPECT_EQ(transfers_at(Process::kStoreA).contains(transfer), end == End::kCommitted) << told_[transfer].detail;
  const auto expected = end == End::kCommitted ? Told::What::kCommitted : Told::What::kAborted;
  EXPECT_EQ(told_[transfer].what, expected) << told_[transfer].detail;
}

}  // namespace assent::tests
