#include "traffic.h"

#include <chrono>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace bank {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kLargestAmount = 100;
constexpr std::int64_t kIdsPerClient = 1'000'000'000;
constexpr int kInteractiveOneIn = 8;

Transfer random_transfer(std::mt19937_64& random) {
  const auto pick = [&random](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  Transfer transfer;
  transfer.from_store = static_cast<std::size_t>(pick(0, kStores.size() - 1));
  transfer.to_store = (transfer.from_store + static_cast<std::size_t>(pick(1, kStores.size() - 1))) % kStores.size();
  transfer.from_account = pick(1, kAccounts);
  transfer.to_account = pick(1, kAccounts);
  transfer.amount = pick(1, kLargestAmount);
  transfer.is_interactive = pick(1, kInteractiveOneIn) == 1;
  return transfer;
}

}  // namespace

void transfer_until(const std::stop_token& stop, assent::Client& client, std::uint64_t number, std::uint64_t seed,
                    Tally& tally, Ledger& ledger) {
  std::mt19937_64 random(seed + number);
  for (auto id = static_cast<std::int64_t>(number + 1) * kIdsPerClient; !stop.stop_requested(); ++id) {
    auto transfer = random_transfer(random);
    transfer.id = id;
    const std::array needed{&tally.processes[0], &tally.processes[transfer.from_store + 1],
                            &tally.processes[transfer.to_store + 1]};
    std::array<std::uint64_t, needed.size()> restarts{};
    for (std::size_t each = 0; each < needed.size(); ++each) {
      ++needed[each]->begun;
      restarts[each] = needed[each]->restarts;
    }
    try {
      make_transfer(client, transfer);
      ledger.committed.push_back(transfer);
      for (std::size_t each = 0; each < needed.size(); ++each) {
        ++needed[each]->committed;
        if (restarts[each] == needed[each]->restarts) ++needed[each]->committed_since;
      }
    } catch (const assent::Aborted&) {
      ledger.aborted.push_back(transfer);
    } catch (const assent::OutcomeUnknown& unknown) {
      ledger.unknown.emplace_back(transfer, unknown.id());
    } catch (const assent::Unavailable&) {
      ledger.aborted.push_back(transfer);
      ++tally.refused;
    } catch (const assent::Overloaded&) {
      ledger.aborted.push_back(transfer);
      ++tally.refused;
    }
    for (auto* process : needed) ++process->ended;
  }
}

void audit_until(const std::stop_token& stop, assent::Client& client, Tally& tally) {
  while (!stop.stop_requested()) {
    try {
      const auto sums = read_sums(client);
      if (std::accumulate(sums.begin(), sums.end(), std::int64_t{0}) != kTotal) ++tally.wrong_audits;
      ++tally.audits;
    } catch (const assent::Aborted& aborted) {
      if (!aborted.worth_another_run()) throw;  // a store was down, or writers were in the way: look again
    } catch (const assent::OutcomeUnknown&) {   // it only reads
    } catch (const assent::Unavailable&) {
    } catch (const assent::Overloaded&) {
    }
    std::this_thread::sleep_for(50ms);
  }
}

std::uint64_t resolve_unknown(assent::Client& client, std::vector<Ledger>& ledgers) {
  std::uint64_t resolved = 0;
  for (auto& ledger : ledgers) {
    for (const auto& [transfer, id] : ledger.unknown) {
      const auto outcome = client.outcome(id);
      if (outcome.kind == assent::OutcomeKind::kForgotten) {
        throw std::runtime_error("the coordinator has forgotten how transaction " + to_string(id) + " ended");
      }
      (outcome.committed() ? ledger.committed : ledger.aborted).push_back(transfer);
      ++resolved;
    }
  }
  return resolved;
}

}  // namespace bank
