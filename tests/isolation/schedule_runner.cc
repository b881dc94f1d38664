#include "tests/isolation/schedule_runner.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "thrift/rpc/convert.h"

namespace assent::isolation {

namespace {

constexpr const char* kNoTimeout = "10m";  // a timeout: longer than any test waits

const std::vector<std::string> kContents = {
    "DELETE FROM x",     "INSERT INTO x VALUES (1, 10)",
    "DELETE FROM y",     "INSERT INTO y VALUES (1, 20)",
    "DELETE FROM items", "INSERT INTO items VALUES (1, 10), (2, 20)",
};

Installation::Plan two_stores() {
  Installation::Plan plan;
  plan.stores = {"left", "right"};
  plan.schema =
      "CREATE TABLE x (id INTEGER PRIMARY KEY, value INTEGER);\n"
      "CREATE TABLE y (id INTEGER PRIMARY KEY, value INTEGER);\n"
      "CREATE TABLE items (id INTEGER PRIMARY KEY, value INTEGER);\n";
  plan.proxied = true;
  // Nothing ends, and no decision that is held is sent again or asked for, because some time has passed.
  plan.coordinator_flags = {"--transaction-timeout", kNoTimeout, "--vote-timeout", kNoTimeout,
                            "--decide-timeout",      kNoTimeout, "--retention",    "1h",
                            "--lease-use",           kNoTimeout};
  plan.participant_flags = {"--transaction-timeout", kNoTimeout, "--statement-timeout", kNoTimeout,
                            "--lock-wait",           kNoTimeout, "--inquiry-first",     kNoTimeout,
                            "--inquiry-ceiling",     kNoTimeout};
  return plan;
}

// `X: SELECT …; Y: SELECT …`
std::vector<std::pair<Side, std::string>> split_statements(const std::string& what) {
  std::vector<std::pair<Side, std::string>> statements;
  std::istringstream parts(what);
  for (std::string part; std::getline(parts >> std::ws, part, ';');) {
    if (part.substr(1, 2) != ": ") throw std::invalid_argument("begin `" + part + "` with X: or Y:");
    statements.emplace_back(part[0] == 'X' ? Side::kX : Side::kY, part.substr(3));
  }
  return statements;
}

std::string step_text(const Step& step) {
  const auto* const side = step.side == Side::kX ? " at x" : step.side == Side::kY ? " at y" : "";
  return (step.who.empty() ? "network" : step.who) + side + ": " + step.what;
}

}  // namespace

ScheduleRunner::ScheduleRunner() : installation_(two_stores()), client_(installation_.client_options()) {
  reset();
}

const std::string& ScheduleRunner::store_of(Side side) const {
  return installation_.stores()[side == Side::kY && placement_ == Placement::kTwoStores ? 1 : 0];
}

void ScheduleRunner::reset() {
  Batch batch;
  for (const auto& store : installation_.stores()) {
    for (const auto& sql : kContents) batch.execute(store, sql);
  }
  client_.submit(batch, Return::applied);
}

std::optional<std::string> ScheduleRunner::run(const Schedule& schedule, Placement placement, IsolationLevel level) {
  placement_ = placement;
  level_ = level;
  Clients clients;
  std::optional<std::string> wrong;
  std::string text;
  for (const auto& step : schedule) {
    const bool differs = placement == Placement::kTwoStores && !step.expected_across.empty();
    const auto& expected = differs ? step.expected_across : step.expected;
    const auto ended = perform(step, expected, clients);
    text += "  " + step_text(step) + " -> " + ended + "\n";
    if (ended == expected) continue;
    wrong = text + "  expected: " + expected + "\n";
    break;
  }
  end_all(clients);
  reset();
  return wrong;
}

ScheduleClient& ScheduleRunner::client_of(const Step& step, Clients& clients) {
  auto& client = clients[step.who];
  if (!client) {
    const auto level = step.who[0] == 'V' ? IsolationLevel::kSerializable : level_;
    client = std::make_unique<ScheduleClient>(client_, step.who[0] != 'T', level);
  }
  return *client;
}

std::string ScheduleRunner::perform(const Step& step, const std::string& expected, Clients& clients) {
  const auto& store = store_of(step.side);
  if (step.who.empty()) {
    step.what == kHold ? installation_.hold_decisions(store) : installation_.release_decisions(store);
    return expected;
  }
  auto& client = client_of(step, clients);
  if (step.what == kBegin) return expected;
  if ((step.what == kGoesOn) != client.is_busy()) throw std::invalid_argument("wrong schedule: " + step_text(step));
  if (step.what == kArrives) {
    wait_until_arrived(store, client);
    return expected;
  }
  if (step.what != kGoesOn) begin(step, client);
  if (expected == kBlocked) {
    auto blocked = wait_until_blocked(store, client, clients);
    if (blocked == kBlocked) return blocked;
  }
  return client.take_answer().value_or("no answer");
}

void ScheduleRunner::begin(const Step& step, ScheduleClient& client) {
  if (step.what == kCommit) return client.commit(Return::decided);
  if (step.what == kCommitEverywhere) return client.commit(Return::applied);
  if (step.what == kAbort) return client.abort();
  if (step.who[0] == 'T') return client.execute(store_of(step.side), step.what);
  std::vector<std::pair<std::string, std::string>> statements;
  for (const auto& [side, sql] : split_statements(step.what)) statements.emplace_back(store_of(side), sql);
  client.submit(std::move(statements));
}

void ScheduleRunner::wait_until_arrived(const std::string& store, const ScheduleClient& client) const {
  const auto holds_something = [&] {
    const auto locks = installation_.locks(store);
    return std::any_of(locks.begin(), locks.end(),
                       [&](const wire::LockStatus& line) { return rpc::from_wire(line.id) == client.id(); });
  };
  while (holds_something()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::string ScheduleRunner::wait_until_blocked(const std::string& store, const ScheduleClient& client,
                                               const Clients& clients) {
  while (!client.has_answer()) {
    if (waits(store, client, clients)) return kBlocked;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

// Whoever submits learns its id with the outcome: it is none of those that are known.
bool ScheduleRunner::waits(const std::string& store, const ScheduleClient& client, const Clients& clients) {
  const auto locks = installation_.locks(store);
  return std::any_of(locks.begin(), locks.end(), [&](const wire::LockStatus& line) {
    if (line.granted) return false;
    const auto id = rpc::from_wire(line.id);
    if (client.id()) return id == *client.id();
    return std::none_of(clients.begin(), clients.end(), [&](const auto& each) { return each.second->id() == id; });
  });
}

// Those that are not busy end first; that ends what blocks the others.
void ScheduleRunner::end_all(Clients& clients) {
  for (const auto& store : installation_.stores()) installation_.release_decisions(store);
  while (!clients.empty()) {
    const auto ended =
        std::erase_if(clients, [](const auto& each) { return !each.second->is_busy() || each.second->has_answer(); });
    if (ended == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace assent::isolation
