// ScheduleRunner: runs schedules on two stores of an installation, step by step, and says where one went otherwise.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assent/assent.h"
#include "tests/isolation/installation.h"
#include "tests/isolation/schedule.h"
#include "tests/isolation/schedule_client.h"

namespace assent::isolation {

enum class Placement { kOneStore, kTwoStores };

class ScheduleRunner {
 public:
  ScheduleRunner();

  // Nothing if every step ended as it must; else the schedule up to the one that did not. Afterwards x, y and items are
  // what they were.
  std::optional<std::string> run(const Schedule& schedule, Placement placement, IsolationLevel level);

 private:
  using Clients = std::map<std::string, std::unique_ptr<ScheduleClient>>;

  const std::string& store_of(Side side) const;
  // How the step ended.
  std::string perform(const Step& step, const std::string& expected, Clients& clients);
  ScheduleClient& client_of(const Step& step, Clients& clients);
  void begin(const Step& step, ScheduleClient& client);
  // Until the client waits for a lock at the store, or has an answer.
  std::string wait_until_blocked(const std::string& store, const ScheduleClient& client, const Clients& clients);
  bool waits(const std::string& store, const ScheduleClient& client, const Clients& clients);
  // Until the store has nothing of the client's transaction any more.
  void wait_until_arrived(const std::string& store, const ScheduleClient& client) const;
  void end_all(Clients& clients);
  void reset();

  Installation installation_;
  Client client_;
  // Of the schedule that runs.
  Placement placement_ = Placement::kOneStore;
  IsolationLevel level_ = IsolationLevel::kSerializable;
};

}  // namespace assent::isolation
