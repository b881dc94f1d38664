// assent-participant: serves one or more SQLite stores to Assent's transactions.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "participant/service/participant_service.h"
#include "participant/store/sqlite_store.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/daemon/failpoint_service.h"
#include "thrift/daemon/listening.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/network.h"
#include "thrift/daemon/options.h"
#include "thrift/daemon/random.h"
#include "thrift/daemon/signals.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProgram = "assent-participant";

struct Configuration {
  std::string coordinator = "127.0.0.1:7400";
  std::string listen = "127.0.0.1:7500";
  std::string advertise;
  std::string port_file;
  bool is_insecure = false;
  bool is_creating = false;
  std::vector<std::string> stores;   // NAME=FILE
  std::vector<std::string> schemas;  // NAME=FILE
  SqliteStoreOptions store;
  ServiceSettings service;
  daemon::LogSettings log;
};

void list_core(daemon::Options& options, Settings& core) {
  options.duration("transaction-timeout", core.transaction_timeout, 1ms, 24h,
                   "the longest life of a branch that is not prepared");
  options.duration("statement-timeout", core.statement_timeout, 1ms, 24h, "a statement with all its waiting");
  options.duration("lock-wait", core.lock_wait, 1ms, 24h, "one wait for a lock");
  options.duration("wound-after", core.wound_after, 1ms, 1h,
                   "behind a younger prepared transaction, until its coordinator is asked to abort it");
  options.duration("inquiry-first", core.inquiry_first, 1ms, 1h, "in doubt, until the coordinator is asked; doubles");
  options.duration("inquiry-ceiling", core.inquiry_ceiling, 1ms, 24h, "the longest pause between two questions");
  options.duration("decision-ride", core.decision_ride, 0ms, 1s, "a decision waits for a forced write to ride on");
  options.duration("idle-journal", core.idle_journal, 1ms, 1h, "deletions in the journal wait for one");
  options.number("branches", core.branches, 1, 1U << 24U, "most live branches of a store");
  options.size("changes", core.changes_bytes, 1024, 1ULL << 32U, "most captured changes of one branch");
  options.number("statements", core.statements_per_branch, 1, 1U << 24U, "most statements of one branch");
  options.number("remembered-ends", core.remembered_ends, 0, 1U << 24U,
                 "ended branches whose reason is kept for late callers");
}

void list_store(daemon::Options& options, Configuration& configuration) {
  auto& limits = configuration.store.limits;
  options.number("result-rows", limits.result_rows, 1, 1U << 30U, "most rows of one result");
  options.size("result-bytes", limits.result_bytes, 1024, 7ULL << 20U, "most bytes of the results in one answer");
  options.number("changed-rows", limits.changed_rows, 1, 1U << 30U, "most rows changed by one statement");
  options.size("sql-bytes", limits.sql_bytes, 64, 7ULL << 20U, "longest statement");
  options.number("parameters", limits.parameters, 0, 32766, "most parameters of one statement");
  options.duration("run-time", limits.time, 1ms, 1h,
                   "a run of the statements that were sent together, without their waiting");
  options.flag("validate-replay", configuration.store.validate_replay,
               "replay what a statement changed before it is believed; it costs a replay");
  options.size("reserve", configuration.store.reserve_bytes, 0, 1ULL << 40U, "free space below which a store votes no");
  options.duration("reopen-first", configuration.service.runner.reopen_first, 1ms, 1h,
                   "a store that went offline, until it is opened again; doubles");
  options.duration("reopen-ceiling", configuration.service.runner.reopen_ceiling, 1ms, 1h,
                   "the longest pause between two openings");
  options.number("inbox", configuration.service.runner.inbox_events, 1, 1U << 24U,
                 "most calls that wait for a store's thread");
}

void list(daemon::Options& options, Configuration& configuration) {
  options.text("coordinator", configuration.coordinator, "HOST:PORT", "where the coordinator listens");
  options.texts("store", configuration.stores, "NAME=FILE", "a store to serve; may be given several times");
  options.require("store");
  options.flag("create", configuration.is_creating, "create the stores: none of their files may exist");
  options.texts("schema", configuration.schemas, "NAME=FILE", "SQL that a store is created with");
  options.text("listen", configuration.listen, "HOST:PORT", "where to listen; port 0 takes any free one");
  options.text("advertise", configuration.advertise, "HOST:PORT",
               "where others find this participant, if not where it listens");
  options.text("port-file", configuration.port_file, "FILE", "write HOST:PORT here when it listens");
  options.flag("insecure", configuration.is_insecure, "listen beyond loopback without TLS");
  options.text("log-level", configuration.log.level, "LEVEL", "debug, info, warn, error or off");
  options.text("log-file", configuration.log.file, "FILE", "log here instead of to stderr");
  list_core(options, configuration.service.runner.core);
  list_store(options, configuration);
  options.duration("registration-interval", configuration.service.link.registration_interval, 10ms, 1h,
                   "between two signs of life to the coordinator");
  options.duration("call-timeout", configuration.service.link.call_timeout, 10ms, 1h, "a question to the coordinator");
  daemon::list(options, configuration.service.limits);
}

// NAME=FILE, each name once.
Result<std::map<std::string, std::string>> split(const std::vector<std::string>& texts, const std::string& option) {
  std::map<std::string, std::string> files;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return Error{ErrorKind::kInvalidInput, "--" + option + " " + text + ": expected NAME=FILE"};
    }
    if (!files.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      return Error{ErrorKind::kInvalidInput,
                   "--" + option + " names `" + text.substr(0, equals) + "` twice; give each store a name of its own"};
    }
  }
  return files;
}

Result<std::string> read_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return Error{ErrorKind::kNotFound, "cannot read " + file + ": give a readable file of SQL to --schema"};
  return text.str();
}

Result<std::vector<ServedStore>> served_stores(const Configuration& configuration) {
  auto files = split(configuration.stores, "store");
  if (!files) return files.error();
  auto schemas = split(configuration.schemas, "schema");
  if (!schemas) return schemas.error();
  for (const auto& [name, schema] : *schemas) {
    if (files->count(name) == 0) {
      return Error{ErrorKind::kInvalidInput,
                   "--schema names store `" + name + "`, but there is no --store of this name"};
    }
  }
  std::vector<ServedStore> stores;
  for (const auto& [name, file] : *files) {
    auto options = configuration.store;
    if (configuration.is_creating) options.create = StoreIdentity{daemon::random_number()};
    if (const auto schema = schemas->find(name); schema != schemas->end()) {
      auto text = read_file(schema->second);
      if (!text) return text.error();
      options.schema = std::move(*text);
    }
    // Only the first opening may create: one after a failure finds the store that there is.
    const auto open = [file = file, options = std::move(options)]() mutable {
      auto opened = open_sqlite_store(file, options);
      if (opened) options.create.reset();
      return opened;
    };
    stores.push_back({name, file, open});
  }
  return stores;
}

// What the service is told; an error says which options cannot be, or cannot go together.
Result<void> settle(Configuration& configuration) {
  auto& service = configuration.service;
  if (const auto problem = check(service.runner.core)) return Error{ErrorKind::kInvalidInput, *problem};
  const auto listening =
      daemon::check_listening(configuration.listen, configuration.advertise, configuration.is_insecure);
  if (!listening) return listening.error();
  service.listen = listening->listen;
  service.advertised = listening->advertised;
  const auto coordinator = rpc::parse_address(configuration.coordinator);
  if (!coordinator) return Error{ErrorKind::kInvalidInput, "--coordinator: " + coordinator.error().message};
  service.link.coordinator = *coordinator;
  service.program = std::string(kProgram) + " " + daemon::kVersion;
  service.link.channel = {service.limits, service.program};
  return daemon::arm_failpoints_from_environment();
}

Result<void> serve(const Configuration& configuration, std::vector<ServedStore> stores, daemon::DaemonLog& log) {
  daemon::FailpointServer failpoints;
  if (auto started = failpoints.start_from_environment(kProgram); !started) return started;
  if (auto is_free = daemon::check_free(configuration.service.listen); !is_free) return is_free;
  const auto& logger = log.logger();
  boost::asio::io_context io(1);
  ParticipantService service(io, configuration.service, std::move(stores), logger);
  const daemon::Signals signals(io, {[&] { service.drain([&io] { io.stop(); }); },
                                     [&] {
                                       logger->warn("event=ended text=\"told twice to stop\"");
                                       _exit(daemon::kExitFailure);
                                     },
                                     [&] {
                                       if (const auto reopened = log.reopen(); !reopened) {
                                         logger->error("event=log_not_reopened error={}",
                                                       daemon::quoted(reopened.error().message));
                                       }
                                     }});
  Result<void> announced;
  auto started = service.start([&](const rpc::Address& address) {
    logger->info("event=listening address={}", to_string(address));
    announced = daemon::announce(kProgram, address, configuration.port_file);
    if (!announced) io.stop();
  });
  if (!started) return started;
  io.run();
  service.close(std::chrono::seconds(2));
  logger->info("event=stopped");
  return announced;
}

int fail(const Error& error, int code) {
  std::cerr << kProgram << ": " << error.message << std::endl;
  return code;
}

int run(int argc, const char* const* argv) {
  Configuration configuration;
#ifdef ASSENT_FAILPOINTS
  configuration.store.validate_replay = true;  // the daemon of tests proves every capture
#endif
  daemon::Options options(kProgram, daemon::kVersion, "Serves SQLite stores to Assent's transactions.");
  list(options, configuration);
  if (const auto code = options.parse(argc, argv, std::cout, std::cerr)) return *code;
  if (const auto settled = settle(configuration); !settled) return fail(settled.error(), daemon::kExitUsage);
  auto stores = served_stores(configuration);
  if (!stores) return fail(stores.error(), daemon::kExitUsage);
  auto log = daemon::DaemonLog::open(kProgram, configuration.log);
  if (!log) return fail(log.error(), daemon::kExitUsage);
  const auto served = serve(configuration, std::move(*stores), *log);
  return served ? daemon::kExitSuccess : fail(served.error(), daemon::kExitFailure);
}

}  // namespace
}  // namespace assent::participant

int main(int argc, char** argv) {
  umask(S_IRWXG | S_IRWXO);  // what it writes is its owner's
  try {
    return assent::participant::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "assent-participant: " << error.what() << std::endl;
    return assent::daemon::kExitFailure;
  }
}
