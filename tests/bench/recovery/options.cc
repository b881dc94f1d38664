#include "tests/bench/recovery/options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "thrift/daemon/options.h"

namespace assent::bench::recovery {

std::optional<int> parse(int argc, char** argv, RecoveryOptions& options) {
  CLI::App app(
      "Measures a restart with many transactions in doubt: memory, and how soon Assent serves again and has resolved "
      "them all. Starts daemons of its own.",
      "bench-recovery");
  app.set_version_flag("--version", std::string("bench-recovery ") + ASSENT_VERSION);
  app.add_option("--transactions", options.transactions, "in doubt at the restart, each at two stores; half committed")
      ->check(CLI::Range(2, 10'000'000))
      ->capture_default_str();
  app.add_option("--stores", options.stores)->check(CLI::Range(2, 1024))->capture_default_str();
  app.add_option("--participants", options.participants, "processes that serve them")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--coordinator-flag", options.coordinator_flags, "one more word for the coordinator's command line");
  app.add_option("--participant-flag", options.participant_flags, "one more word for that of each participant");
  app.add_option("--folder", options.folder, "where files of the run go; the disk that is measured")
      ->check(CLI::ExistingDirectory)
      ->default_val(std::filesystem::temp_directory_path().string());
  app.add_flag("--json", options.json, "figures for programs");
  app.callback([&options] {
    if (options.participants > options.stores) {
      throw CLI::ValidationError("--participants", "each needs a store: at most as many as --stores");
    }
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? daemon::kExitSuccess : daemon::kExitUsage;
  }
  return std::nullopt;
}

}  // namespace assent::bench::recovery
