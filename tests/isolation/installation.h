// Installation: one coordinator and some stores, each store served by a process of its own, on files of their own.
//
// Processes are named by their store, or kCoordinator. They keep their addresses when they are started again. Use it on
// the thread that made it, which must outlive the processes; what is marked may be called on any.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assent/assent.h"
#include "tests/crash/proxy.h"
#include "thrift/daemon/caller.h"
#include "thrift/daemon/daemon_process.h"
#include "thrift/rpc/methods.h"

namespace assent::isolation {

inline const std::string kCoordinator = "coordinator";

class Installation {
 public:
  struct Plan {
    std::vector<std::string> stores;
    std::string schema;    // of each
    bool proxied = false;  // a proxy stands before each store: decisions can be held back
    std::vector<std::string> coordinator_flags;
    std::vector<std::string> participant_flags;
  };

  // Waits until every store can be used.
  explicit Installation(Plan plan);
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  const std::vector<std::string>& stores() const { return plan_.stores; }

  // host:port of the process itself, past any proxy. Any thread.
  const std::string& address(const std::string& process) const { return nodes_.at(process).listen; }
  // For a client of this installation. Any thread.
  ClientOptions client_options() const;

  // SIGKILL, and a start on the same files at the same address.
  void kill_and_restart(const std::string& process);

  // From now on no decision reaches the store, until release_decisions(). REQUIRES: Plan::proxied.
  void hold_decisions(const std::string& store);
  void release_decisions(const std::string& store);

  // Past any proxy. Any thread. Throws ResultError.
  std::vector<wire::LockStatus> locks(const std::string& store) const;
  wire::ParticipantStoreStatus status(const std::string& store) const;
  wire::CoordinatorStatus coordinator_status() const;

  // No lock, and no transaction that is under way, in doubt or owed anything, anywhere; else what there is.
  std::string leftovers() const;

  // Whoever waits for so long has met a hang.
  static constexpr auto kPatience = std::chrono::minutes(2);

 private:
  struct Node {
    daemon::DaemonProcess process;
    std::string listen = daemon::own_loopback();  // then its address
    std::unique_ptr<tests::Proxy> proxy;
  };

  void start(const std::string& process, bool is_new);
  std::vector<std::string> arguments(const std::string& process, bool is_new) const;

  template <typename Method>
  typename Method::Answer call(const std::string& process, const Method& method,
                               const typename Method::Request& request) const {
    daemon::Caller caller(rpc::parse_address(address(process)).value(), "isolation test");
    return caller.call(method, request, kPatience).value();
  }

  const Plan plan_;
  std::filesystem::path folder_;
  std::map<std::string, Node> nodes_;
};

}  // namespace assent::isolation
