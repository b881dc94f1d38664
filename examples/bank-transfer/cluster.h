// Cluster: one coordinator and three participants, each with one bank, and what an operator's tool says of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon_process.h"

namespace bank {

// What must be nothing in the end.
struct Leftovers {
  std::uint64_t undecided = 0;        // transactions at the coordinator
  std::uint64_t unacknowledged = 0;   // decisions at the coordinator
  std::uint64_t unended_records = 0;  // in the decision log
  std::uint64_t branches = 0;         // active, prepared or unreleased, at the stores
  std::uint64_t locks = 0;

  bool is_nothing() const { return undecided + unacknowledged + unended_records + branches + locks == 0; }
};

class Cluster {
 public:
  // Daemons of `programs`; data, schema and logs in `folder`.
  Cluster(const std::filesystem::path& programs, const std::filesystem::path& folder);

  // Creates the log and the stores, and starts everything.
  void create(const std::filesystem::path& schema);

  // Process 0 is the coordinator; 1, 2, 3 serve kStores[0], [1], [2].
  std::size_t size() const { return processes_.size(); }
  const std::string& name(std::size_t process) const { return processes_.at(process)->name(); }
  void kill(std::size_t process);
  void restart(std::size_t process);

  // SIGTERM to all, the participants first. Returns false if one did not end with status 0.
  bool terminate();

  const std::string& coordinator() const { return processes_.front()->address(); }

  // Asks the operator's tool. Throws std::runtime_error if it cannot say.
  Leftovers leftovers();

  // Branches in doubt that were ended by a decision, over all starts, as often as it was asked.
  std::uint64_t resolved_in_doubt();

  // Branch and alarm counters are asked for: call it now and then, since a killed process forgets its own.
  void sample();

 private:
  std::vector<std::string> arguments(std::size_t process, bool is_new) const;
  std::string ask(const std::string& question) const;

  const std::filesystem::path programs_;
  const std::filesystem::path folder_;
  std::string schema_;
  // The coordinator comes back where it was, participants anywhere. While it is down nobody takes its port there: who
  // connects does so from 127.0.0.1.
  std::string coordinator_listen_ = "127.0.0.2:0";
  std::vector<std::unique_ptr<DaemonProcess>> processes_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> resolved_;  // by store and start number
};

}  // namespace bank
