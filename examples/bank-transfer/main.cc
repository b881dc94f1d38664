// Moves money between three SQLite files while the processes that serve them are killed, and proves that the books
// balance. Exits 0 only if everything was right.
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "bank.h"
#include "books.h"
#include "cluster.h"
#include "crasher.h"
#include "problems.h"
#include "report.h"
#include "traffic.h"

namespace bank {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
  std::int64_t seconds = 20;
  std::uint64_t clients = 8;
  bool has_no_crash = false;
  std::uint64_t seed = std::random_device{}();
  std::string programs;
  std::string schema;
  std::string keep;
};

constexpr auto kPatience = 10s;  // of clients, with a process that is down: twice what a recovery may take
constexpr auto kSettle = 60s;

std::int64_t total(const Amounts& sums) {
  return std::accumulate(sums.begin(), sums.end(), std::int64_t{0});
}

// Transfers, audits, kills and restarts. Returns false if that had to end before its time.
bool make_traffic(const Options& options, Cluster& cluster, assent::Client& client, assent::Client& auditor,
                  Tally& tally, std::vector<Ledger>& ledgers, Report& report, Problems& problems) {
  Crasher crasher(cluster, tally, options.seed);
  const auto began = Clock::now();
  const auto seconds = [began] { return std::chrono::duration<double>(Clock::now() - began).count(); };

  std::vector<std::jthread> threads;  // told to stop and joined when this function ends, whatever ends it
  const auto start = [&threads, &problems](const std::string& name, const auto& work) {
    threads.emplace_back(
        [&problems, name, work](const std::stop_token& stop) { problems.attempt(name, [&] { work(stop); }); });
  };
  for (std::uint64_t number = 0; number < options.clients; ++number) {
    start("client " + std::to_string(number), [&, number](const std::stop_token& stop) {
      transfer_until(stop, client, number, options.seed, tally, ledgers.at(number));
    });
  }
  start("auditor", [&](const std::stop_token& stop) { audit_until(stop, auditor, tally); });
  start("progress", [&, seconds](const std::stop_token& stop) {
    for (; !stop.stop_requested(); std::this_thread::sleep_for(100ms)) {
      show_progress(seconds(), static_cast<double>(options.seconds), tally);
    }
  });

  const bool is_complete = problems.attempt("killing and restarting", [&] {
    const auto end = began + std::chrono::seconds(options.seconds);
    report.has_crashes ? crasher.kill_until(end) : std::this_thread::sleep_until(end);
  });
  report.seconds = seconds();
  report.kills = crasher.kills();
  for (auto& thread : threads) thread.request_stop();
  return is_complete;
}

Leftovers wait_for_rest(Cluster& cluster) {
  const auto deadline = Clock::now() + kSettle;
  Leftovers left = cluster.leftovers();
  while (!left.is_nothing() && Clock::now() < deadline) {
    std::this_thread::sleep_for(200ms);
    left = cluster.leftovers();
  }
  return left;
}

Settled settle(Cluster& cluster, assent::Client& client, std::vector<Ledger>& ledgers) {
  Settled settled;
  settled.unknown_resolved = resolve_unknown(client, ledgers);
  settled.leftovers = wait_for_rest(cluster);
  cluster.sample();
  settled.resolved_in_doubt = cluster.resolved_in_doubt();
  const auto books = read_books(client);
  settled.sum = total(books.sums);
  settled.findings = compare(ledgers, books);
  return settled;
}

// Returns whether everything was right.
bool run(const Options& options, const std::filesystem::path& folder) {
  Cluster cluster(options.programs, folder);
  cluster.create(options.schema);
  const assent::ClientOptions client_options{.coordinator = cluster.coordinator(), .run_time_limit = kPatience};
  assent::Client client(client_options);
  assent::Client auditor(client_options);
  Report report;
  report.has_crashes = !options.has_no_crash;
  report.sum_before = total(read_sums(auditor));
  std::cout << "One coordinator and " << kStores.size() << " banks of " << kAccounts << " accounts run in "
            << folder.string() << "; seed " << options.seed << ".\n"
            << std::flush;

  Tally tally;
  Problems problems;
  std::vector<Ledger> ledgers(options.clients);
  const bool is_complete = make_traffic(options, cluster, client, auditor, tally, ledgers, report, problems);
  end_progress();
  report.client = client.counters();
  // A process that did not come back would be waited for in vain.
  if (is_complete) {
    problems.attempt("reading the books", [&] { report.settled = settle(cluster, auditor, ledgers); });
  }
  report.has_clean_stop = cluster.terminate();
  report.problems = problems.texts();
  return report.print(tally, cluster);
}

}  // namespace
}  // namespace bank

int main(int argc, char** argv) {
  bank::Options options;
  CLI::App app("Moves money between three SQLite files while processes are killed, and proves that the books balance.",
               "bank-transfer");
  const auto least = std::to_string(bank::Crasher::kLeast.count());
  app.add_option("--seconds", options.seconds, "how long to transfer; at least " + least + ", or 1 with --no-crash")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--clients", options.clients, "threads that transfer")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--no-crash", options.has_no_crash, "kill nothing");
  app.add_option("--seed", options.seed, "of amounts, accounts and kills; random by default");
  app.add_option("--programs", options.programs, "folder of the daemons and assentctl")->required();
  app.add_option("--schema", options.schema, "schema of a bank")->required()->check(CLI::ExistingFile);
  app.add_option("--keep", options.keep, "leave data and logs in this new folder");
  app.callback([&] {
    if (options.has_no_crash || options.seconds >= bank::Crasher::kLeast.count()) return;
    throw CLI::ValidationError("--seconds", std::to_string(options.seconds) + " is too short to kill every process: " +
                                                "give " + least + " or more, or --no-crash");
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : 2;
  }
  try {
    std::string folder = options.keep;
    if (folder.empty()) {
      folder = (std::filesystem::temp_directory_path() / "bank-transfer-XXXXXX").string();
      if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder like " + folder);
    }
    const bool is_right = bank::run(options, folder);
    if (!is_right) {
      std::cerr << "Data and logs are left in " << folder << " to look at.\n";
    } else if (options.keep.empty()) {
      std::filesystem::remove_all(folder);
    }
    return is_right ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "bank-transfer: " << error.what() << '\n';
    return 1;
  }
}
