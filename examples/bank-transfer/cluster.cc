#include "cluster.h"

#include <algorithm>
#include <array>
#include <boost/json/src.hpp>
#include <cstdio>
#include <stdexcept>

#include "bank.h"

namespace bank {

namespace {

std::uint64_t number(const boost::json::value& object, const char* key) {
  return object.at(key).to_number<std::uint64_t>();
}

}  // namespace

Cluster::Cluster(const std::filesystem::path& programs, const std::filesystem::path& folder)
    : programs_(std::filesystem::absolute(programs)), folder_(std::filesystem::absolute(folder)) {
  std::filesystem::create_directories(folder_);
  processes_.push_back(std::make_unique<DaemonProcess>("coordinator", programs_ / "assent-coordinator", folder_));
  for (const auto& store : kStores) {
    processes_.push_back(std::make_unique<DaemonProcess>(store, programs_ / "assent-participant", folder_));
  }
}

std::vector<std::string> Cluster::arguments(std::size_t process, bool is_new) const {
  std::vector<std::string> words;
  if (process == 0) {
    words = {"--data", folder_ / "coordinator", "--listen", coordinator_listen_};
  } else {
    const auto& store = kStores.at(process - 1);
    words = {"--coordinator", coordinator(), "--listen",
             "127.0.0.1:0",   "--store",     store + "=" + (folder_ / (store + ".db")).string()};
    if (is_new) words.insert(words.end(), {"--schema", store + "=" + schema_});
  }
  if (is_new) words.emplace_back("--create");
  return words;
}

void Cluster::create(const std::filesystem::path& schema) {
  schema_ = std::filesystem::absolute(schema);
  for (std::size_t process = 0; process < processes_.size(); ++process) {
    processes_[process]->start(arguments(process, true));
    if (process == 0) coordinator_listen_ = coordinator();
  }
}

void Cluster::kill(std::size_t process) {
  processes_.at(process)->kill();
}

void Cluster::restart(std::size_t process) {
  processes_.at(process)->start(arguments(process, false));
}

bool Cluster::terminate() {
  bool is_clean = true;
  std::for_each(processes_.rbegin(), processes_.rend(),
                [&is_clean](const auto& process) { is_clean = process->terminate() == 0 && is_clean; });
  return is_clean;
}

std::string Cluster::ask(const std::string& question) const {
  const auto command =
      (programs_ / "assentctl").string() + " --coordinator " + coordinator() + " --json " + question + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string text;
  std::array<char, 4096> bytes{};
  for (std::size_t count = 0; (count = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) {
    text.append(bytes.data(), count);
  }
  const int status = ::pclose(pipe);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (status != 0) throw std::runtime_error(command + " failed: " + text);
  return text;
}

Leftovers Cluster::leftovers() {
  const auto status = boost::json::parse(ask("status"));
  const auto stores = boost::json::parse(ask("stores"));
  Leftovers left;
  left.undecided = number(status, "active");
  left.unacknowledged = number(status, "committing");
  left.unended_records = number(status, "unended_records");
  for (const auto& store : stores.as_array()) {
    left.branches += number(store, "active") + number(store, "prepared") + number(store, "committed") +
                     number(store, "operator_resolved");
    left.locks += number(store, "locks") + number(store, "waiting");
  }
  return left;
}

void Cluster::sample() {
  const auto stores = boost::json::parse(ask("stores"));
  const std::lock_guard lock(mutex_);
  for (const auto& store : stores.as_array()) {
    const auto& object = store.as_object();
    if (!object.contains("resolved_in_doubt")) continue;  // it does not answer at the moment
    auto& resolved =
        resolved_[{std::string(object.at("store").as_string()), object.at("start_number").to_number<std::int64_t>()}];
    resolved = std::max(resolved, number(store, "resolved_in_doubt"));
  }
}

std::uint64_t Cluster::resolved_in_doubt() {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [start, resolved] : resolved_) sum += resolved;
  return sum;
}

}  // namespace bank
