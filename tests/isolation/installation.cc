#include "tests/isolation/installation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace assent::isolation {

namespace {

// What the proxy of a store connects to until the store listens.
constexpr const char* kNobody = "127.0.0.1:1";
constexpr std::size_t kEveryDecision = 1'000'000;

std::filesystem::path new_folder() {
  std::string name = std::filesystem::temp_directory_path() / "assent-isolation-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the folder " + name);
  return name;
}

}  // namespace

Installation::Installation(Plan plan) : plan_(std::move(plan)), folder_(new_folder()) {
  std::ofstream(folder_ / "schema.sql") << plan_.schema;
  nodes_[kCoordinator];
  for (const auto& store : plan_.stores) {
    auto& node = nodes_[store];
    if (plan_.proxied) node.proxy = std::make_unique<tests::Proxy>(kNobody);
  }
  start(kCoordinator, true);
  for (const auto& store : plan_.stores) start(store, true);
  Client client(client_options());
  Batch batch;
  for (const auto& store : plan_.stores) batch.query(store, "SELECT 1");
  client.submit(batch);
}

Installation::~Installation() {
  nodes_.clear();
  if (::testing::Test::HasFailure()) {
    std::printf("files and logs are left in %s\n", folder_.c_str());
  } else {
    std::filesystem::remove_all(folder_);
  }
}

ClientOptions Installation::client_options() const {
  ClientOptions options;
  options.coordinator = nodes_.at(kCoordinator).listen;
  options.call_timeout = kPatience;
  options.statement_timeout = kPatience;
  options.commit_timeout = kPatience;
  options.outcome_time_limit = kPatience;
  options.run_time_limit = kPatience;
  options.run_attempts = 1'000'000;
  return options;
}

std::vector<std::string> Installation::arguments(const std::string& process, bool is_new) const {
  const auto& node = nodes_.at(process);
  std::vector<std::string> words;
  if (process == kCoordinator) {
    words = {"--data", folder_ / "log",  "--listen", node.listen,        "--segment",
             "1MiB",   "--resend-first", "50ms",     "--resend-ceiling", "200ms"};
    words.insert(words.end(), plan_.coordinator_flags.begin(), plan_.coordinator_flags.end());
  } else {
    words = {"--coordinator",
             nodes_.at(kCoordinator).listen,
             "--listen",
             node.listen,
             "--store",
             process + "=" + (folder_ / (process + ".db")).string(),
             "--registration-interval",
             "50ms"};
    if (node.proxy) words.insert(words.end(), {"--advertise", node.proxy->address()});
    if (is_new) words.insert(words.end(), {"--schema", process + "=" + (folder_ / "schema.sql").string()});
    words.insert(words.end(), plan_.participant_flags.begin(), plan_.participant_flags.end());
  }
  words.insert(words.end(), {"--log-level", "debug"});
  if (is_new) words.emplace_back("--create");
  return words;
}

void Installation::start(const std::string& process, bool is_new) {
  auto& node = nodes_.at(process);
  daemon::Launch launch;
  launch.program =
      std::filesystem::path(ASSENT_PROGRAMS) / (process == kCoordinator ? "assent-coordinator" : "assent-participant");
  launch.arguments = arguments(process, is_new);
  launch.log = folder_ / (process + ".log");
  node.process.start(launch, kPatience).value();
  if (is_new) node.listen = node.process.address();
  if (node.proxy) node.proxy->set_target(node.listen);
}

void Installation::kill_and_restart(const std::string& process) {
  nodes_.at(process).process.kill();
  start(process, false);
}

void Installation::hold_decisions(const std::string& store) {
  nodes_.at(store).proxy->arrange(tests::Direction::kRequest, "decide", tests::Fate::kHold, kEveryDecision);
}

void Installation::release_decisions(const std::string& store) {
  nodes_.at(store).proxy->clear();
  nodes_.at(store).proxy->release();
}

std::vector<wire::LockStatus> Installation::locks(const std::string& store) const {
  wire::StoreRequest request;
  request.store = store;
  return call(store, rpc::methods::kLocks, request).locks;
}

wire::ParticipantStoreStatus Installation::status(const std::string& store) const {
  return call(store, rpc::methods::kParticipantStatus, {}).stores.at(0);
}

wire::CoordinatorStatus Installation::coordinator_status() const {
  return call(kCoordinator, rpc::methods::kCoordinatorStatus, {});
}

std::string Installation::leftovers() const {
  std::string text;
  const auto count = [&text](const std::string& what, std::int64_t number) {
    if (number != 0) text += std::to_string(number) + " " + what + "; ";
  };
  const auto coordinator = coordinator_status();
  count("undecided", coordinator.active);
  count("decided and not acknowledged", coordinator.committing);
  for (const auto& store : plan_.stores) {
    const auto of = status(store);
    const auto at = " at " + store;
    if (!of.offline.empty()) text += store + " is offline: " + of.offline + "; ";
    count("active" + at, of.active);
    count("prepared" + at, of.prepared);
    count("locks" + at, of.locks);
    count("waiting" + at, of.waiting);
    count("alarms" + at, of.alarms);
  }
  return text;
}

}  // namespace assent::isolation
