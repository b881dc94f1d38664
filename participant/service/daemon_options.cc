#include "participant/service/daemon_options.h"

#include <grp.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "assent/store_name.h"
#include "thrift/daemon/network.h"
#include "thrift/daemon/random.h"

namespace assent::participant {

namespace {

using namespace std::chrono_literals;
namespace filesystem = std::filesystem;

constexpr std::uint64_t kMebibyte = 1U << 20U;

void list_core(daemon::Options& options, Settings& core) {
  options.duration("transaction-timeout", core.transaction_timeout, 1ms, 24h,
                   "the longest life of a branch that is not prepared");
  options.duration("statement-timeout", core.statement_timeout, 1ms, 24h,
                   "the longest wait of a statement until its last run begins; with --run-time it should be less than "
                   "clients wait");
  options.duration("lock-wait", core.lock_wait, 1ms, 24h, "the longest wait of a statement for locks, each time");
  options.duration("wound-after", core.wound_after, 1ms, 1h,
                   "the longest wait behind a younger prepared transaction until its coordinator is asked to abort it");
  options.duration("inquiry-first", core.inquiry_first, 1ms, 1h,
                   "the first pause of a branch in doubt before it asks its coordinator; doubles");
  options.duration("inquiry-ceiling", core.inquiry_ceiling, 1ms, 24h, "the longest pause between two such questions");
  options.duration("decision-ride", core.decision_ride, 0ms, 1s,
                   "the longest wait of a decision for a forced write that it can ride on");
  options.duration("idle-journal", core.idle_journal, 1ms, 1h,
                   "the longest wait of deletions in the journal for a forced write");
  options.number("branches", core.branches, 1, 1U << 24U, "most live branches of a store");
  // Both together are journaled as one row, and a row of SQLite ends at 1 GB (https://www.sqlite.org/limits.html).
  options.size("changes", core.changes_bytes, 1024, 512ULL << 20U,
               "most bytes of changed rows, old and new, of one branch and of one statement");
  options.size("locks", core.lock_bytes, 4096, 256ULL << 20U, "most memory for the locks of one branch");
  options.number("statements", core.statements_per_branch, 1, 1U << 24U, "most statements of one branch");
  options.number("remembered-ends", core.remembered_ends, 0, 1U << 24U,
                 "ended branches whose reason is kept for late callers");
}

void list_store(daemon::Options& options, DaemonOptions& target) {
  auto& limits = target.store.limits;
  options.text("store-mode", target.store_mode, "MODE",
               "who may read the stores' files, like 0640; 0600 for new ones, if it is not given");
  options.text("store-group", target.store_group, "GROUP", "the group of the stores' files");
  options.number("result-rows", limits.result_rows, 1, 1U << 30U, "most rows of one result");
  options.size("result-bytes", limits.result_bytes, 1024, 7ULL << 20U, "most bytes of the results in one answer");
  options.number("changed-rows", limits.changed_rows, 1, 1U << 30U, "most rows changed by one statement");
  options.size("sql-bytes", limits.sql_bytes, 64, 7ULL << 20U, "longest statement");
  options.number("parameters", limits.parameters, 0, 32766, "most parameters of one statement");
  options.duration("run-time", limits.time, 1ms, 1h,
                   "the longest run of the statements that were sent together, without their waiting");
  options.duration("batch-time", target.runner.batch_time, 0ms, 1s,
                   "a store begins no run of statements later than this before it answers what has come meanwhile");
  options.size("memory", target.memory_bytes, 16 * kMebibyte, 1ULL << 40U,
               "most memory that SQLite may take, for all stores together");
  options.flag("recursive-triggers", target.store.recursive_triggers,
               "triggers fire on what they do themselves, and REPLACE fires those of DELETE");
  options.flag("validate-replay", target.store.validate_replay,
               "prove before each vote that what the branch changed can be done again exactly");
  options.size("reserve", target.store.reserve_bytes, 0, 1ULL << 50U, "free space below which a store votes no");
  options.duration("reopen-first", target.runner.reopen_first, 1ms, 1h,
                   "the first pause before a store that went offline is opened again; doubles");
  options.duration("reopen-ceiling", target.runner.reopen_ceiling, 1ms, 1h, "the longest pause between two openings");
  options.number("listed", target.listed, 1, 10000, "most branches or locks in one answer to an operator");
  options.number("inbox", target.runner.inbox_events, 1, 1U << 24U, "most calls that wait for a store's thread");
  options.number("recovery-events", target.runner.recovery_events, 1, 1U << 24U,
                 "least decisions about branches of earlier openings that a store takes at once, if so many wait");
}

Error invalid(std::string message) {
  return {ErrorKind::kInvalidInput, std::move(message)};
}

Error not_a_pair(const std::string& option, const std::string& text) {
  return invalid("--" + option + " " + text + ": write NAME=FILE");
}

Error twice(const std::string& option, const std::string& name) {
  return invalid("--" + option + " names `" + name + "` twice; give each store a name of its own, and one " + option);
}

Error shared(const std::string& file, const std::string& one, const std::string& other) {
  return invalid("--store gives " + file + " to `" + one + "` and to `" + other +
                 "`; give each store a file of its own");
}

// NAME=FILE, each name once.
Result<std::map<std::string, std::string>> split(const std::vector<std::string>& texts, const std::string& option) {
  std::map<std::string, std::string> files;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return not_a_pair(option, text);
    }
    if (!files.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      return twice(option, text.substr(0, equals));
    }
  }
  return files;
}

Result<std::string> read_file(const std::string& file) {
  std::error_code ignored;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || !filesystem::is_regular_file(file, ignored)) {
    return invalid("cannot read " + file + ": give a readable file of SQL to --schema");
  }
  return text.str();
}

// Octal, as chmod takes it: the owner reads and writes, others may read.
Result<mode_t> parse_mode(const std::string& text) {
  constexpr mode_t kOwner = 0600;
  constexpr mode_t kOthers = 0044;
  constexpr int kOctal = 8;
  mode_t mode = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, mode, kOctal);
  if (error != std::errc() || parsed != end || (mode & ~kOthers) != kOwner) {
    return invalid("--store-mode: `" + text +
                   "` cannot be the mode of a store: its owner reads and writes, others may only read; write 0600, "
                   "0640, 0644 or 0604");
  }
  return mode;
}

Result<gid_t> find_group(const std::string& name) {
  constexpr std::size_t kMost = 1U << 20U;
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(1U << 12U);
  while (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE && buffer.size() < kMost) {
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) {
    return invalid("--store-group: there is no group `" + name + "` on this machine; `getent group` lists them");
  }
  return found->gr_gid;
}

Result<FileAccess> file_access(const DaemonOptions& options) {
  FileAccess access;
  if (!options.store_mode.empty()) {
    const auto mode = parse_mode(options.store_mode);
    if (!mode) return mode.error();
    access.mode = *mode;
  }
  if (!options.store_group.empty()) {
    const auto group = find_group(options.store_group);
    if (!group) return group.error();
    access.group = *group;
  }
  return access;
}

Result<void> check_names(const std::map<std::string, std::string>& files) {
  if (files.size() > kMostStoresInMessage) {
    return invalid("--store names " + std::to_string(files.size()) + " stores, and one participant serves at most " +
                   std::to_string(kMostStoresInMessage) + ": start several");
  }
  for (const auto& [name, file] : files) {
    if (auto wrong = wrong_store_name(name)) return invalid("--store: " + *wrong);
  }
  return {};
}

// Two stores in one file, or a file that is there already, is found before the first store is made.
Result<void> check_files(const std::map<std::string, std::string>& files, bool create) {
  std::map<filesystem::path, std::string> names;
  for (const auto& [name, file] : files) {
    std::error_code error;
    const auto [other, is_new] = names.emplace(filesystem::weakly_canonical(file, error), name);
    if (!error && !is_new) {
      return shared(file, other->second, name);
    }
    if (create && filesystem::exists(file, error)) {
      return Error{ErrorKind::kConflict,
                   file + ": exists already; leave --create out to open it, or name a new file; nothing was created"};
    }
  }
  return {};
}

using Made = std::vector<std::string>;

// Only the first opening may create: one after a failure finds the store that there is.
StoreRunner::Open opening(const std::string& file, SqliteStoreOptions options, const std::shared_ptr<Made>& made) {
  return [file, options = std::move(options), made]() mutable {
    auto opened = open_sqlite_store(file, options);
    if (!options.create) return opened;
    if (opened) {
      options.create.reset();
      made->push_back(file);
    } else if (!made->empty()) {
      auto error = opened.error();
      error.message += "; made before it, and to be removed before --create is given again:";
      for (const auto& each : *made) error.message += " " + each;
      opened = std::move(error);
    }
    return opened;
  };
}

}  // namespace

void list_options(daemon::Options& options, DaemonOptions& target) {
  options.text("coordinator", target.coordinator, "HOST:PORT", "where the coordinator listens");
  options.texts("store", target.stores, "NAME=FILE", "a store to serve; may be given several times");
  options.require("store");
  options.flag("create", target.create, "create the stores: none of their files may exist");
  options.texts(
      "schema", target.schemas, "NAME=FILE",
      "SQL that a store is given, as `assentctl schema apply` does; a text that it was given before is not run again");
  options.text("listen", target.listen, "HOST:PORT", "where to listen; port 0 takes any free one");
  options.text("advertise", target.advertise, "HOST:PORT",
               "where others find this participant, if not where it listens");
  options.text("port-file", target.port_file, "FILE", "write HOST:PORT here when it listens");
  options.flag("insecure", target.insecure, "listen beyond loopback without TLS");
  options.text("log-level", target.log.level, "LEVEL", "debug, info, warn, error or off");
  options.text("log-file", target.log.file, "FILE", "log here instead of to stderr");
  list_core(options, target.runner.core);
  list_store(options, target);
  options.duration("registration-interval", target.link.registration_interval, 10ms, 1h,
                   "the time between two signs of life to the coordinator");
  options.duration("call-timeout", target.link.call_timeout, 10ms, 1h,
                   "the longest wait for an answer of the coordinator");
  daemon::list(options, target.limits);
}

Result<ServiceSettings> service_settings(const DaemonOptions& options, const std::string& program) {
  ServiceSettings settings;
  if (auto problem = check(options.runner.core)) {
    std::replace(problem->begin(), problem->end(), '_', '-');  // the core knows fields, people know flags
    return invalid(std::move(*problem));
  }
  // Results travel in one frame, where a number takes half as much again as it is counted, and the rest some more.
  const auto& most = options.store.limits.result_bytes;
  if (const auto needed = most + most / 2 + (64U << 10U); needed > options.limits.frame_bytes) {
    return invalid("--result-bytes " + std::to_string(most) + " does not fit into --frame " +
                   std::to_string(options.limits.frame_bytes) + ": give a --frame of " + std::to_string(needed) +
                   ", or fewer bytes of results");
  }
  const auto listening = daemon::check_listening(options.listen, options.advertise, options.insecure);
  if (!listening) return listening.error();
  settings.listen = listening->listen;
  settings.advertised = listening->advertised;
  settings.insecure = !daemon::is_loopback(listening->listen);
  const auto coordinator = rpc::parse_address(options.coordinator);
  if (!coordinator) return invalid("--coordinator: " + coordinator.error().message);
  settings.runner = options.runner;
  settings.limits = options.limits;
  settings.link = options.link;
  settings.link.coordinator = *coordinator;
  settings.link.channel = {options.limits, program};
  settings.program = program;
  settings.listed = options.listed;
  return settings;
}

Result<std::vector<ServedStore>> served_stores(const DaemonOptions& options) {
  const auto files = split(options.stores, "store");
  if (!files) return files.error();
  if (const auto checked = check_names(*files); !checked) return checked.error();
  const auto schemas = split(options.schemas, "schema");
  if (!schemas) return schemas.error();
  for (const auto& [name, schema] : *schemas) {
    if (!files->contains(name)) {
      return invalid("--schema names store `" + name + "`, but there is no --store of this name: give both the same");
    }
  }
  if (const auto checked = check_files(*files, options.create); !checked) return checked.error();
  const auto access = file_access(options);
  if (!access) return access.error();
  std::vector<ServedStore> stores;
  const auto made = std::make_shared<Made>();
  for (const auto& [name, file] : *files) {
    auto one = options.store;
    one.access = *access;
    one.limits.changes_bytes = options.runner.core.changes_bytes;  // a branch may be one statement
    if (options.create) one.create = StoreIdentity{daemon::random_number()};
    if (const auto schema = schemas->find(name); schema != schemas->end()) {
      auto text = read_file(schema->second);
      if (!text) return text.error();
      one.schema = std::move(*text);
    }
    stores.push_back({name, file, opening(file, std::move(one), made)});
  }
  return stores;
}

}  // namespace assent::participant
