#include "coordinator/service/daemon_options.h"

#include <algorithm>
#include <utility>

#include "thrift/daemon/network.h"

namespace assent::coordinator {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::uint64_t kRoomBesideResults = 64U << 10U;  // in the answer to a submit

void list_settings(daemon::Options& options, Settings& core) {
  options.duration("transaction-timeout", core.transaction_timeout, 100ms, 24h,
                   "A transaction that is not decided by then aborts");
  options.duration("vote-timeout", core.vote_timeout, 10ms, 24h,
                   "How long the votes of an interactive transaction are waited for");
  options.duration("lease-use", core.lease_use, 100ms, 24h, "How long clients may take ids from a lease");
  options.duration("resend-first", core.resend_first, 10ms, 1h,
                   "When a decision that is not acknowledged is sent again; doubles each time");
  options.duration("resend-ceiling", core.resend_ceiling, 10ms, 1h, "The longest time between two sendings");
  options.duration("idle-force", core.idle_force, 1ms, 1min,
                   "How long the end of a transaction waits for a force to ride on");
  options.duration("retention", core.retention, 1s, 24h * 365, "How long outcomes of ended commits can be asked for");
  options.duration(
      "proof-wait", core.proof_wait, 10ms, 1h,
      "How long calls wait after a start for a store to show that the decision log is the newest; less than "
      "clients wait for an answer");
  options.duration("refusal-kept", core.refusal_kept, 1s, 24h,
                   "How long a refused copy of a store is listed after it was heard of last");
  options.number("lease-ids", core.lease_ids, 1, kMillion, "Most ids in one lease");
  options.number("leases", core.leases, 1, kMillion, "Most leases at a time");
  options.number("transactions", core.transactions, 1, 10 * kMillion, "Most undecided transactions at a time");
  options.number("stores-per-transaction", core.stores_per_transaction, 1, 1024, "Most stores in one transaction");
  options.number("stores", core.stores, 1, 65536, "Most stores that it knows");
  options.number("refused-stores", core.refused_stores, 1, 4096,
                 "Most refused copies of stores that it lists at a time");
  options.size("result-bytes", core.result_bytes, 1024, 1ULL << 30U,
               "Most bytes of the results of a submit, from all its stores together");
  options.number(
      "owed-commits", core.owed_commits, 1, 4096,
      "Most commits that a store leaves unacknowledged, besides those of earlier starts, before it is refused "
      "new ones; with those eight times as many");
  options.number("released-exceptions", core.released_exceptions, 1, 4096,
                 "Most commits that may hold up the release of later ones by name");
}

Error invalid(std::string message) {
  return {ErrorKind::kInvalidInput, std::move(message)};
}

}  // namespace

void list_options(daemon::Options& options, DaemonOptions& target) {
  options.text("data", target.data, "DIR", "The directory of the decision log");
  options.require("data");
  options.flag("create", target.create, "Make a new decision log in that directory, where there is none");
  options.text("listen", target.listen, "HOST:PORT", "Where clients and stores find it; port 0 takes any free one");
  options.text("advertise", target.advertise, "HOST:PORT", "The address that stores are told, if it is another one");
  options.text("port-file", target.port_file, "FILE", "Write HOST:PORT here once it listens");
  options.flag("insecure", target.insecure, "Listen beyond this machine without TLS");
  options.size("segment", target.segment_bytes, 64U << 10U, 1ULL << 30U, "Size of a file of the decision log");
  options.text("log-level", target.log.level, "LEVEL", "debug, info, warn, error or off");
  options.text("log-file", target.log.file, "FILE", "Where log lines go, instead of stderr");
  options.duration("hand-over", target.hand_over, 0ms, 10min,
                   "How long a coordinator that stops waits for stores to acknowledge what was decided");
  options.number("listed", target.listed, 1, 10000, "Most transactions in one answer to an operator");
  options.duration("decide-timeout", target.decide_timeout, 100ms, 10min,
                   "A store that does not acknowledge for so long loses its connection");
  list_settings(options, target.core);
  daemon::list(options, target.limits);
}

Result<ServiceSettings> service_settings(const DaemonOptions& options, const std::string& program) {
  ServiceSettings settings;
  const auto listening = daemon::check_listening(options.listen, options.advertise, options.insecure);
  if (!listening) return listening.error();
  settings.listen = listening->listen;
  settings.advertised = listening->advertised;
  settings.insecure = !daemon::is_loopback(listening->listen);
  if (auto problem = check(options.core)) {
    std::replace(problem->begin(), problem->end(), '_', '-');  // the core knows fields, people know flags
    return invalid(std::move(*problem));
  }
  if (options.core.result_bytes + kRoomBesideResults > options.limits.frame_bytes) {
    return invalid("--result-bytes " + std::to_string(options.core.result_bytes) +
                   " does not fit a message of --frame " + std::to_string(options.limits.frame_bytes) +
                   " bytes: leave room for " + std::to_string(kRoomBesideResults) + " bytes beside the results");
  }
  settings.core = options.core;
  settings.limits = options.limits;
  settings.link.channel = {options.limits, program};
  settings.link.decide_timeout = options.decide_timeout;
  settings.program = program;
  settings.listed = options.listed;
  settings.hand_over = options.hand_over;
  return settings;
}

}  // namespace assent::coordinator
