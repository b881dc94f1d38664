#include "tests/bench/peers/run_peer.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <iostream>
#include <numeric>
#include <string>

#include "tests/bench/measure/processor_time.h"
#include "tests/bench/measure/report.h"
#include "tests/bench/measure/work_folder.h"
#include "tests/bench/peers/transfers.h"
#include "thrift/daemon/options.h"

namespace assent::bench {

namespace {

struct Options {
  std::uint32_t clients = 1;
  double seconds = 10;
  double warm_up = 2;
  std::uint64_t accounts = 100'000;
  std::string folder = std::filesystem::temp_directory_path();
  bool json = false;
};

Microseconds processor_time_of(const Bank& bank) {
  const auto processes = bank.processes();
  return std::accumulate(processes.begin(), processes.end(), Microseconds::zero(),
                         [](auto sum, pid_t process) { return sum + processor_time(process); });
}

// Returns whether the run is worth anything.
bool measure(const Options& options, Peer& peer) {
  const WorkFolder folder(options.folder);
  ::chmod(folder.path().c_str(), 0711);  // the servers may run as somebody else
  Report report;
  report.system = peer.name();
  report.seconds = options.seconds;
  report.floor = measure_floor(folder.path());
  boost::asio::io_context io(1);
  Bank bank(peer, io, folder.path(), options.clients, options.accounts);
  Decisions decisions(folder.path() / "decisions");
  Recorder recorder({"transfer"});
  std::deque<Transfers> clients;
  for (std::uint32_t client = 0; client < options.clients; ++client) {
    clients.emplace_back(bank, decisions, recorder, client);
  }

  const auto from = Clock::now() + seconds(options.warm_up);
  const auto until = from + seconds(options.seconds);
  recorder.measure(from, until);
  Microseconds processor_time_before{};
  boost::asio::steady_timer warm(io, from);
  warm.async_wait([&](auto /*error*/) { processor_time_before = processor_time_of(bank); });
  for (auto& client : clients) client.run_until(until);
  io.restart();
  const auto work = boost::asio::make_work_guard(io);  // while a decision is forced, nothing waits for the servers
  while (std::any_of(clients.begin(), clients.end(), [](const auto& client) { return client.is_running(); })) {
    io.run_one();
    io.poll();
    decisions.force();
  }
  const auto processor_time = processor_time_of(bank) - processor_time_before;

  report.options = {{"version", bank.version()},
                    {"clients", static_cast<std::int64_t>(options.clients)},
                    {"accounts", static_cast<std::int64_t>(options.accounts)}};
  if (recorder.committed() > 0) {
    report.costs = {{"processor us, servers", processor_time.count() / static_cast<double>(recorder.committed())}};
  }
  clients.clear();
  report.problems = bank.check();
  if (recorder.committed() == 0) report.problems.emplace_back("nothing has committed");
  std::cout << (options.json ? to_json(report, recorder).to_string() + '\n' : to_text(report, recorder));
  return report.problems.empty();
}

}  // namespace

int run_peer(int argc, char** argv, std::unique_ptr<Peer> peer) {
  Options options;
  CLI::App app("Transfers between two " + peer->name() + " servers of its own, committed in two phases.",
               "bench-" + peer->name());
  app.add_option("--clients", options.clients, "each with one transfer at a time")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "how long to measure")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before that")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--accounts", options.accounts, "of each server")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--folder", options.folder, "where files of the run go; the disk that is measured")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_flag("--json", options.json, "figures for programs");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? daemon::kExitSuccess : daemon::kExitUsage;
  }
  try {
    return measure(options, *peer) ? daemon::kExitSuccess : daemon::kExitFailure;
  } catch (const std::exception& error) {
    std::cerr << "bench-" << peer->name() << ": " << error.what() << '\n';
    return daemon::kExitFailure;
  }
}

}  // namespace assent::bench
