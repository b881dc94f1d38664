// Moves money between three SQLite files while the processes that serve them are killed, and proves that the books
// balance. Exits 0 only if everything was right.
#include <assent/assent.h>
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>
#include <vector>

#include "bank.h"
#include "cluster.h"
#include "crasher.h"
#include "report.h"

namespace bank {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
  std::int64_t seconds = 20;
  std::int64_t clients = 8;
  bool has_no_crash = false;
  std::uint64_t seed = std::random_device{}();
  std::string programs;
  std::string schema;
  std::string keep;
};

constexpr std::int64_t kLargestAmount = 100;
constexpr std::int64_t kIdsPerClient = 1'000'000'000;
constexpr int kInteractiveOneIn = 8;
constexpr auto kKillEvery = 1500ms;
constexpr auto kSettle = 60s;

// One client: transfers until it is told to stop.
void transfer_until(const std::atomic<bool>& stop, assent::Client& client, std::int64_t number, std::uint64_t seed,
                    Tally& tally, Ledger& ledger) {
  std::mt19937_64 random(seed + static_cast<std::uint64_t>(number));
  const auto pick = [&random](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  for (std::int64_t count = 1; !stop; ++count) {
    Transfer transfer;
    transfer.id = (number + 1) * kIdsPerClient + count;
    transfer.from_store = static_cast<std::size_t>(pick(0, kStores.size() - 1));
    transfer.to_store = (transfer.from_store + static_cast<std::size_t>(pick(1, kStores.size() - 1))) % kStores.size();
    transfer.from_account = pick(1, kAccounts);
    transfer.to_account = pick(1, kAccounts);
    transfer.amount = pick(1, kLargestAmount);
    transfer.is_interactive = pick(1, kInteractiveOneIn) == 1;
    const auto refused = tally.refused.load();
    make_transfer(client, transfer, tally, ledger);
    if (tally.refused != refused) std::this_thread::sleep_for(10ms);  // nobody is there: do not spin
  }
}

// The auditor: the sum over all stores, again and again, must always be the same.
void audit_until(const std::atomic<bool>& stop, assent::Client& client, Tally& tally) {
  while (!stop) {
    try {
      if (audit(client) != kTotal) ++tally.wrong_audits;
      ++tally.audits;
    } catch (const assent::ClientError&) {  // a store was down, or writers were in the way: look again
    }
    std::this_thread::sleep_for(50ms);
  }
}

// On the main thread, since a process ends with the thread that started it. The last kill leaves time to recover.
void kill_until(Clock::time_point end, Crasher& crasher, Cluster& cluster, bool has_crashes) {
  for (auto next = Clock::now() + kKillEvery; has_crashes && next + Crasher::kRecovery < end;
       next = Clock::now() + kKillEvery) {
    std::this_thread::sleep_until(next);
    crasher.kill_one();
    cluster.sample();
  }
  std::this_thread::sleep_until(end);
}

std::uint64_t resolve_unknown(assent::Client& client, std::vector<Ledger>& ledgers) {
  std::uint64_t resolved = 0;
  for (auto& ledger : ledgers) {
    for (const auto& [transfer, id] : ledger.unknown) {
      const auto outcome = client.outcome(id);
      (outcome.committed() ? ledger.committed : ledger.aborted).push_back(transfer);
      ++resolved;
    }
  }
  return resolved;
}

Leftovers settle(Cluster& cluster) {
  const auto deadline = Clock::now() + kSettle;
  Leftovers left = cluster.leftovers();
  while (!left.is_nothing() && Clock::now() < deadline) {
    std::this_thread::sleep_for(200ms);
    left = cluster.leftovers();
  }
  return left;
}

int run(const Options& options, const std::filesystem::path& folder) {
  Cluster cluster(options.programs, folder);
  cluster.create(options.schema);
  assent::Client client{{.coordinator = cluster.coordinator()}};
  assent::Client auditor{{.coordinator = cluster.coordinator()}};

  Report report;
  report.seed = options.seed;
  report.has_crashes = !options.has_no_crash;
  report.sum_before = audit(auditor);
  std::cout << "One coordinator and " << kStores.size() << " banks of " << kAccounts << " accounts run in "
            << folder.string() << "; seed " << options.seed << ".\n"
            << std::flush;

  Tally tally;
  std::vector<Ledger> ledgers(static_cast<std::size_t>(options.clients));
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (std::int64_t number = 0; number < options.clients; ++number) {
    threads.emplace_back([&, number] {
      transfer_until(stop, client, number, options.seed, tally, ledgers.at(static_cast<std::size_t>(number)));
    });
  }
  threads.emplace_back([&] { audit_until(stop, auditor, tally); });

  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds(options.seconds);
  threads.emplace_back([&] {
    while (!stop) {
      std::this_thread::sleep_for(100ms);
      show_progress(std::chrono::duration<double>(Clock::now() - began).count(), static_cast<double>(options.seconds),
                    tally);
    }
  });
  Crasher crasher(cluster, tally, options.seed);
  kill_until(end, crasher, cluster, report.has_crashes);
  const auto seconds = std::chrono::duration<double>(Clock::now() - began).count();
  stop = true;
  for (auto& thread : threads) thread.join();
  end_progress();

  report.transfers_per_second = static_cast<double>(tally.committed) / seconds;
  report.client = client.counters();
  report.unknown_resolved = resolve_unknown(client, ledgers);
  report.leftovers = settle(cluster);
  cluster.sample();
  report.resolved_in_doubt = cluster.resolved_in_doubt();
  report.sum_after = audit(auditor);
  report.kills = crasher.kills();
  report.has_killed_every_process = crasher.has_killed_every_process();
  std::vector<std::map<std::int64_t, std::int64_t>> stored;
  for (const auto& store : kStores) stored.push_back(read_transfers(auditor, store));
  compare(ledgers, stored, report);
  report.has_clean_stop = cluster.terminate();
  report.print(tally, cluster);
  return report.is_right(tally) ? 0 : 1;
}

}  // namespace
}  // namespace bank

int main(int argc, char** argv) {
  bank::Options options;
  CLI::App app("Moves money between three SQLite files while processes are killed, and proves that the books balance.",
               "bank-transfer");
  app.add_option("--seconds", options.seconds, "how long to transfer")
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
    const int status = bank::run(options, folder);
    if (status != 0) {
      std::cerr << "Data and logs are left in " << folder << " to look at.\n";
    } else if (options.keep.empty()) {
      std::filesystem::remove_all(folder);
    }
    return status;
  } catch (const std::exception& error) {
    std::cerr << "bank-transfer: " << error.what() << '\n';
    return 1;
  }
}
