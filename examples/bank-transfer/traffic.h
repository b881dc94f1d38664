// Traffic: clients that transfer and an auditor that reads, and what they were told.
#pragma once

#include <assent/assent.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>
#include <vector>

#include "bank.h"

namespace bank {

// Of the transfers that need one process. Any thread.
struct Progress {
  std::atomic<std::uint64_t> begun = 0;
  std::atomic<std::uint64_t> ended = 0;  // one way or another
  std::atomic<std::uint64_t> committed = 0;
  std::atomic<std::uint64_t> restarts = 0;         // of the process
  std::atomic<std::uint64_t> committed_since = 0;  // the last restart, and begun since then
};

// What happened, counted by all threads together.
struct Tally {
  std::array<Progress, kStores.size() + 1> processes;  // the coordinator, which every transfer needs; then kStores
  std::atomic<std::uint64_t> refused = 0;              // nothing was begun: the coordinator was down or overloaded
  std::atomic<std::uint64_t> audits = 0;
  std::atomic<std::uint64_t> wrong_audits = 0;

  std::uint64_t committed() const { return processes.front().committed; }
};

// What one client was told of its transfers.
struct Ledger {
  std::vector<Transfer> committed;
  std::vector<Transfer> aborted;
  // Transfers whose outcome the client could not learn in time, and the transactions that carried them.
  std::vector<std::pair<Transfer, assent::TransactionId>> unknown;
};

// One client: transfers at random. Throws whatever cannot be explained by a process that is down.
void transfer_until(const std::stop_token& stop, assent::Client& client, std::uint64_t number, std::uint64_t seed,
                    Tally& tally, Ledger& ledger);

// The auditor: the sum over all stores must be the same at any time.
void audit_until(const std::stop_token& stop, assent::Client& client, Tally& tally);

// Asks how the unknown transfers ended, and moves them to where they belong. Returns how many there were.
std::uint64_t resolve_unknown(assent::Client& client, std::vector<Ledger>& ledgers);

}  // namespace bank
