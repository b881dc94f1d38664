// Every limit and every waiting time of the core.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "assent/time.h"

namespace assent::coordinator {

using namespace std::chrono_literals;

struct Settings {
  Duration transaction_timeout = 30s;  // from commit or submit (one-shot), and of a client's interactive work
  Duration vote_timeout = 5s;          // an interactive transaction's prepare
  Duration lease_use = 60s;            // ids are taken from a lease for this long; it ends transaction_timeout later
  Duration resend_first = 1s;          // a decision that is not acknowledged
  Duration resend_ceiling = 30s;       // doubles up to here
  Duration idle_force = 1s;            // end records wait this long for a force to ride on
  Duration retention = 10min;          // outcomes of ended commits; more than lease_use + transaction_timeout
  Duration proof_wait = 2s;            // calls are held until a store has shown that the log is the newest
  Duration refusal_kept = 1min;        // an opening that was refused is listed until it has been silent for this long
  std::uint32_t lease_ids = 4096;      // most ids in one lease
  std::uint32_t leases = 65536;        // most live leases
  std::uint32_t transactions = 65536;  // most undecided transactions
  std::uint32_t stores_per_transaction = 64;
  std::uint32_t stores = 65536;             // most stores that are known
  std::uint32_t refused_stores = 1024;      // most openings that are refused and listed
  std::uint64_t result_bytes = 7U << 20U;   // most bytes of the results of a submit, from all its stores together
  std::uint32_t owed_commits = 4096;        // of this start; a store that owes so many gets no new transaction
  std::uint32_t released_exceptions = 256;  // most positions in Released::except of a message
};

// The same of all starts together. What a store owes of earlier ones leaves room for new commits, but each of them is
// named to all stores. (Those under way when it is reached still commit: a little more may be owed than is named.)
inline std::uint64_t most_owed_in_all(const Settings& settings) {
  return std::uint64_t{8} * settings.owed_commits;
}

// Why these settings cannot work together, or nothing.
std::optional<std::string> check(const Settings& settings);

}  // namespace assent::coordinator
