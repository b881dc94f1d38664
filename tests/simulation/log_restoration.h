// LogRestoration: an operator whose coordinator has lost its log restores it from an old copy and from what the stores
// testify, as `assentctl log restore` does: over the same network, again from the beginning until every store that he
// must ask has answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "coordinator/log/claimed_log.h"
#include "coordinator/log/restoration.h"
#include "participant/core/events.h"
#include "tests/simulation/log_disk.h"

namespace assent::simulation {

struct Cluster;

class LogRestoration {
 public:
  // Of the log on this disk. `stores` are those that he asks besides those that the copy names.
  LogRestoration(Cluster& cluster, std::string operator_name, coordinator::LogDisk& disk, std::set<std::string> stores,
                 std::function<void()> done);
  LogRestoration(const LogRestoration&) = delete;
  LogRestoration& operator=(const LogRestoration&) = delete;

  // Those that testified.
  const std::set<std::string>& stores() const { return stores_; }

 private:
  void begin();
  void find(const std::string& store);
  void ask_all();
  void ask(const std::string& store, std::optional<TransactionId> after);
  void hear(const std::string& store, const participant::Testimony& testimony);
  void restore();
  // In this attempt only.
  void later(Duration delay, std::function<void()> action);

  Cluster& cluster_;
  const std::string name_;
  coordinator::LogDisk& disk_;
  std::set<std::string> stores_;
  const std::function<void()> done_;
  std::uint64_t attempt_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  // Of this attempt.
  std::unique_ptr<coordinator::LogDirectory> directory_;
  coordinator::ClaimedLog claimed_;
  std::map<std::string, Opening> found_;
  Epoch highest_{};
  CoordinatorLine start_;
  std::map<std::string, coordinator::Testimony> testimonies_;
  std::set<std::string> complete_;
};

}  // namespace assent::simulation
