// LogRestoration: an operator whose coordinator has lost its log restores it from an old copy and from what the stores
// testify, as `assentctl log restore` does: over the same network, in one attempt after the other until every store
// that he must ask has answered.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/log/claimed_log.h"
#include "coordinator/log/restoration_protocol.h"
#include "tests/simulation/log_disk.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

struct Cluster;

// Of each decision log: small, so that a run of some seconds goes through several segments.
inline constexpr std::uint64_t kSegmentBytes = 1024;

class LogRestoration {
 public:
  using Done = std::function<void(const coordinator::LogState& found, const coordinator::LogState& restored,
                                  const std::set<std::string>& stores)>;

  // Of the log on this disk. `stores` are those that he asks besides those that the copy names, `without` those that he
  // has given up before. `done` is told what was on the disk, what is there now, and who has testified.
  LogRestoration(Cluster& cluster, std::string operator_name, coordinator::LogDisk& disk,
                 const std::vector<std::string>& stores, std::set<std::string> without, Done done);
  LogRestoration(const LogRestoration&) = delete;
  LogRestoration& operator=(const LogRestoration&) = delete;

 private:
  void begin();
  void find(const std::string& store);
  void ask(const std::string& store);
  void restore();
  bool write(const coordinator::LogState& state);
  void give_up();
  // Does it only while this attempt goes on.
  template <typename Action>
  auto in_this_attempt(Action action) const {
    return [attempt = std::weak_ptr(attempt_), action = std::move(action)](const auto&... what) {
      if (!attempt.expired()) action(what...);
    };
  }

  Cluster& cluster_;
  const std::string name_;
  coordinator::LogDisk& disk_;
  std::map<std::string, std::string> named_;  // a store's address here is its name
  std::set<std::string> without_;
  const Done done_;
  std::unique_ptr<coordinator::LogDirectory> directory_;
  coordinator::ClaimedLog claimed_;
  coordinator::LogState found_;                                              // before this restoration wrote
  std::uint64_t tried_segment_ = std::numeric_limits<std::uint64_t>::max();  // that it may have written
  std::shared_ptr<coordinator::RestorationProtocol> attempt_;
  bool meets_a_copy_ = false;  // of a store, in this attempt
};

}  // namespace assent::simulation
