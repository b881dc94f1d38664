// Cluster: the daemons that are measured: new ones, which end with it, or those that run already.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "thrift/daemon/daemon_process.h"

namespace assent::bench {

class Cluster {
 public:
  struct Plan {
    std::filesystem::path programs;  // the folder of the daemons
    std::filesystem::path folder;    // for their files
    std::size_t stores = 0;
    std::size_t participants = 0;  // at most as many
    std::vector<std::string> coordinator_flags;
    std::vector<std::string> participant_flags;
    std::string coordinator_listen = "127.0.0.1:0";
    bool create = true;  // else the files are there, of a cluster that had this folder before

    std::string store(std::size_t index) const;  // the name of each, from 0
    std::filesystem::path store_file(std::size_t index) const;
    std::filesystem::path log_folder() const;  // of the decision log

    daemon::Launch coordinator() const;
    // `number`: of the participant, from 0; `coordinator`: where it registers, HOST:PORT.
    daemon::Launch participant(std::size_t number, const std::string& coordinator) const;
  };

  // Starts daemons on free ports, with new stores. Throws std::runtime_error, as the others do.
  explicit Cluster(const Plan& plan);
  // Finds the stores of a coordinator that runs: those that have registered since its start.
  explicit Cluster(const std::string& coordinator);

  const std::string& coordinator() const { return coordinator_; }
  const std::vector<std::string>& stores() const { return stores_; }
  const std::set<std::string>& participants() const { return participants_; }  // their addresses

  // Its own daemons, by what they are. No other can be told.
  std::multimap<std::string, pid_t> processes() const;

  // Runs the SQL of a schema at each store, unless it has run there before.
  void apply_schema(const std::string& sql) const;

  // Asks its own daemons to end, and waits. Throws std::runtime_error if one does not, or not cleanly.
  void stop();

 private:
  struct Daemon {
    std::string what;  // coordinator, or participants
    daemon::DaemonProcess process;
  };

  std::string start(const std::string& what, const daemon::Launch& launch);
  // Returns whether there are as many as `expected`.
  bool find_stores(std::size_t expected);

  std::vector<std::unique_ptr<Daemon>> daemons_;
  std::string coordinator_;
  std::vector<std::string> stores_;
  std::set<std::string> participants_;
  std::map<std::string, std::string> addresses_;  // of the participant of each store
};

}  // namespace assent::bench
