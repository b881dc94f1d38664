#include "tests/bench/load/options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "tests/bench/load/workload.h"
#include "thrift/daemon/options.h"

namespace assent::bench {

namespace {

constexpr double kDay = 86400;

void list_load(CLI::App& app, Options& options) {
  app.add_option("--workload", options.workload, "what transactions do")
      ->check(CLI::IsMember(workload_names()))
      ->capture_default_str();
  app.add_option("--clients", options.clients, "each with one transaction at a time; several numbers: a run for each")
      ->check(CLI::Range(1, 100'000))
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--rate", options.rates,
                 "transactions a second that are begun, of all clients together; latency counts from when each should "
                 "have begun, even if its client was late; several numbers: a run for each")
      ->check(CLI::Range(0.1, 10'000'000.0))
      ->delimiter(',');
  app.add_option("--seconds", options.seconds, "how long each run is measured")
      ->check(CLI::Range(0.1, kDay))
      ->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before that")
      ->check(CLI::Range(0.0, kDay))
      ->capture_default_str();
  app.add_flag("--interactive", options.interactive, "statement by statement, instead of one request");
  app.add_flag("--applied", options.applied,
               "a transaction has ended when every store shows it, not when it is decided");
  app.add_option("--stores-per-transaction", options.stores_per_transaction)
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--rows", options.rows, "accounts, records or customers of each store")
      ->check(CLI::Range(2, 10'000'000))
      ->capture_default_str();
  app.add_option("--hot", options.hot, "touch only so many of them, evenly; 0: all")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  app.add_option("--payload", options.payload,
                 "bytes that each changed row takes beside its numbers; 1000 with ycsb, 0 otherwise")
      ->check(CLI::Range(0, 1 << 20));
  app.add_option("--seed", options.seed, "of all chance")->capture_default_str();
}

void list_daemons(CLI::App& app, Options& options) {
  auto* const running = app.add_option("--coordinator", options.coordinator,
                                       "use running daemons: HOST:PORT of their coordinator, and "
                                       "all its stores, which are given the workload's tables");
  const auto of_its_own = [&](const char* name, auto& target, const char* help) {
    return app.add_option(name, target, help)->excludes(running);
  };
  of_its_own("--stores", options.stores, "of the daemons that it starts")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  of_its_own("--participants", options.participants, "processes that serve them")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  of_its_own("--coordinator-flag", options.coordinator_flags, "one more word for the coordinator's command line");
  of_its_own("--participant-flag", options.participant_flags, "one more word for that of each participant");
  app.add_option("--folder", options.folder, "where files of the run go; the disk that is measured")
      ->check(CLI::ExistingDirectory)
      ->default_val(std::filesystem::temp_directory_path().string());
}

void check(const Options& options) {
  if (options.clients.size() > 1 && options.rates.size() > 1) {
    throw CLI::ValidationError("--rate", "several rates, or several numbers of clients, but not both");
  }
  if (options.participants > options.stores) {
    throw CLI::ValidationError("--participants", "each needs a store: at most as many as --stores");
  }
  if (options.hot > options.rows) throw CLI::ValidationError("--hot", "at most as many as --rows");
}

}  // namespace

std::optional<int> parse(int argc, char** argv, Options& options) {
  CLI::App app("Puts load on Assent and measures it. Starts daemons of its own, unless it is told of running ones.",
               "assent-bench");
  app.set_version_flag("--version", std::string("assent-bench ") + ASSENT_VERSION);
  list_load(app, options);
  list_daemons(app, options);
  app.add_flag("--json", options.json, "figures for programs");
  app.add_option("--plot", options.plot, "write a picture of latency over throughput, a point for each run")
      ->type_name("FILE.svg");
  app.callback([&options] { check(options); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? daemon::kExitSuccess : daemon::kExitUsage;
  }
  return std::nullopt;
}

}  // namespace assent::bench
