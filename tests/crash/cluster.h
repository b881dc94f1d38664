// Cluster: one coordinator and two stores as processes of their own, on files of their own, and a client.
//
// It remembers what the client was told of every transfer, and checks in the end that every store agrees with it. No
// transaction ends by a timeout, however slow the machine is, unless the test asks for short ones; what is sent again
// is sent again soon. Use it on one thread; transfers run on threads of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "assent/assent.h"
#include "tests/crash/proxy.h"
#include "thrift/daemon/caller.h"
#include "thrift/daemon/daemon_process.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent::tests {

enum class Process { kCoordinator, kStoreA, kStoreB };

enum class Links {
  kDirect,
  kProxied,  // everything that is said to a process goes through its proxy
};

enum class Mode { kInteractive, kOneShot };

// The end of the name of a test that runs in both.
inline std::string suffix_of(Mode mode) {
  return mode == Mode::kOneShot ? "__one_shot" : "__interactive";
}

enum class End { kCommitted, kAborted };

// From an account of store a to the same account of store b; a negative amount goes the other way.
struct Transfer {
  std::int64_t id = 0;  // stands in both stores once it has committed
  Mode mode = Mode::kOneShot;
  std::int64_t amount = 1;
  std::int64_t account = 1;
  Return when = Return::decided;
  std::uint32_t attempts = 1;  // runs, while it is aborted and another run may succeed (one-shot)
};

// What came of a transfer, as far as its client knows.
struct Told {
  enum class What { kCommitted, kAborted, kUnknown };

  std::int64_t transfer = 0;
  What what = What::kUnknown;
  TransactionId id;  // of the last run; none if nothing was begun
  std::string detail;
};

// Of a cluster where only a timeout ends what the test begins.
inline const std::vector<std::string> kShortTimeouts{"--vote-timeout", "1500ms", "--transaction-timeout", "3s"};

class Cluster {
 public:
  static constexpr std::int64_t kAccounts = 8;    // in each store, from 1
  static constexpr std::int64_t kBalance = 1000;  // of each account
  // A transfer of so much is aborted: store b cannot pay it.
  static constexpr std::int64_t kTooMuch = -2 * kBalance;

  // Creates the log and the stores, starts all processes, makes one transfer, and waits until nothing of it is left or
  // still to be written. `flags` are added for the coordinator; the transaction timeout holds for the stores, too.
  explicit Cluster(Links links = Links::kDirect, std::vector<std::string> flags = {});
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // ---- processes ----

  // SIGKILL.
  void kill(Process process);
  // Starts it again, at the address where it was if it is the coordinator; failpoints are armed before anything else.
  void restart(Process process, const std::string& failpoints = "");
  // Starts it again with a failpoint that it does not survive, and waits for its end.
  void crash_in_recovery(Process process, const std::string& failpoint);
  // Whether another process on the same files comes to serve them while this one runs.
  bool can_be_started_twice(Process process);
  // Waits for a process that a failpoint ends. Returns its exit code, or minus the signal that killed it.
  int wait_for_end(Process process);
  daemon::DaemonProcess& daemon(Process process) { return *node(process).process; }

  void arm(Process process, const std::string& failpoint, daemon::FailpointAction action, std::uint32_t skip = 0);
  void disarm(Process process, const std::string& failpoint);
  // Until so many threads have come by, counted from the last arming.
  void wait_for_pass(Process process, const std::string& failpoint, std::uint64_t passes = 1);

  // How often threads have come by since the process started.
  std::uint64_t passes(Process process, const std::string& failpoint);

  // ---- messages ----

  // What stands before the process. REQUIRES: Links::kProxied.
  Proxy& proxy(Process process) { return *node(process).proxy; }
  // Where clients, and the other processes, find it.
  std::string address(Process process) const;
  // Where it listens itself.
  const std::string& own_address(Process process) const;

  // What commits from now on stays unended: store b hears of no commit, so nothing is released anywhere.
  void keep_from_ending();
  void let_it_end();

  // Lets go of what a proxy holds or has copied for a store, and waits until the store has received it: `failpoints`
  // name where, one for each kind of message.
  void release_and_receive(Process store, const std::vector<std::string>& failpoints);

  // One call, past any proxy. Throws ResultError.
  template <typename Method>
  typename Method::Answer call(Process process, const Method& method, const typename Method::Request& request) {
    daemon::Caller caller(rpc::parse_address(own_address(process)).value(), "crash test");
    return caller.call(method, request, kPatience).value();
  }

  // ---- transfers ----

  Client& client() { return *client_; }
  // A transfer with an id that no other has.
  Transfer next_transfer(Mode mode);
  std::future<Told> begin(const Transfer& transfer);
  // Waits for the end of a transfer, and remembers it for the checks.
  Told end(std::future<Told> begun);
  // Both.
  Told run(const Transfer& transfer) { return end(begin(transfer)); }
  // Begins a transfer, and waits until the process has died at the failpoint: restart it before the transfer's end.
  std::future<Told> crash_during(const Transfer& transfer, Process process, const std::string& failpoint,
                                 std::uint32_t skip = 0);
  // Runs many transfers, until the process has died at the failpoint. Those that are left were under way then, or just
  // before.
  std::vector<std::future<Told>> run_until_crash(Process process, const std::string& failpoint);

  // ---- what must be true ----

  // What is still locked, undecided, in doubt or unended anywhere; empty if nothing is.
  std::string leftovers();
  void wait_until_nothing_is_left();
  // The ids of the transfers that the store holds.
  std::set<std::int64_t> transfers_at(Process store);
  // Once every process is up: nothing is left over, the stores agree with each other and with what clients were told,
  // no money came or went, and another transfer commits.
  void check_invariants();
  // All of it, and that this transfer has ended so.
  void check_invariants(std::int64_t transfer, End end);

  wire::ParticipantStoreStatus store_status(Process store);
  wire::CoordinatorStatus coordinator_status();
  std::vector<wire::BranchStatus> branches(Process store);
  // What the coordinator says of itself.
  wire::CoordinatorView view();

  static std::string name(Process process);
  std::filesystem::path folder() const { return folder_; }

  // Whoever waits for so long has met a hang.
  static constexpr auto kPatience = std::chrono::seconds(60);

 private:
  struct Node {
    std::unique_ptr<daemon::DaemonProcess> process;
    std::unique_ptr<daemon::FailpointClient> failpoints;
    std::unique_ptr<Proxy> proxy;
    std::map<std::string, std::uint64_t> passes;  // of each failpoint, when it was armed
  };

  Node& node(Process process) { return nodes_.at(process); }
  daemon::Launch launch(Process process, bool is_new) const;
  void start(Process process, const daemon::Launch& launch);
  Told carry_out(const Transfer& transfer);
  std::int64_t sum_of_balances();
  // So that the next force, and the next journal transaction, belong to the next transfer.
  void wait_until_nothing_is_forced();

  std::filesystem::path folder_;
  Links links_;
  std::vector<std::string> flags_;
  std::map<Process, Node> nodes_;
  std::string coordinator_listen_ = daemon::own_loopback();
  std::unique_ptr<Client> client_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, Told> told_;
};

// Looks until it is true, and says whether it became so in time.
template <typename Condition>
bool becomes_true(Condition condition, std::chrono::milliseconds patience = Cluster::kPatience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace assent::tests
