#include "coordinator/service/daemon_options.h"

#include <utility>

#include "thrift/daemon/listening.h"
#include "thrift/rpc/address.h"

namespace assent::coordinator {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;

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
  options.number("lease-ids", core.lease_ids, 1, kMillion, "Most ids in one lease");
  options.number("leases", core.leases, 1, kMillion, "Most leases at a time");
  options.number("transactions", core.transactions, 1, 10 * kMillion, "Most undecided transactions at a time");
  options.number("stores-per-transaction", core.stores_per_transaction, 1, 1024, "Most stores in one transaction");
  options.number("released-exceptions", core.released_exceptions, 1, 65536,
                 "Most commits that may hold up the release of later ones by name");
}

void list_limits(daemon::Options& options, rpc::Limits& limits) {
  options.size("frame", limits.frame_bytes, 64U << 10U, 512U << 20U, "Largest message");
  options.size("string", limits.string_bytes, 1U << 10U, 512U << 20U, "Largest text or blob in a message");
  options.number("container-elements", limits.container_elements, 1024, 100 * kMillion,
                 "Most elements of all lists in a message");
  options.number("recursion-depth", limits.recursion_depth, 8, 64, "Deepest structure in a message");
  options.number("outstanding-calls", limits.outstanding_calls, 1, kMillion, "Most unanswered calls of a connection");
  options.size("output", limits.output_bytes, 1U << 20U, 4ULL << 30U,
               "Most bytes that wait for a connection's peer to read them");
  options.number("connections", limits.connections, 1, kMillion, "Most connections at a time");
  options.duration("connect-timeout", limits.connect_timeout, 10ms, 10min, "How long a store may take to be reached");
  options.duration("write-timeout", limits.write_timeout, 100ms, 10min,
                   "How long a peer may read nothing of what it is sent");
  options.duration("idle-timeout", limits.idle_timeout, 1s, 24h, "When a connection without calls is closed");
  options.duration("backoff-first", limits.backoff_first, 1ms, 1min,
                   "Before a lost connection is made again; doubles each time");
  options.duration("backoff-ceiling", limits.backoff_ceiling, 1ms, 10min, "The longest time before that");
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
  options.duration("decide-timeout", target.decide_timeout, 100ms, 10min,
                   "A store that does not acknowledge for so long loses its connection");
  list_settings(options, target.core);
  list_limits(options, target.limits);
}

Result<ServiceSettings> service_settings(const DaemonOptions& options, const std::string& program) {
  ServiceSettings settings;
  const auto listen = rpc::parse_address(options.listen);
  if (!listen) return invalid("--listen: " + listen.error().message);
  settings.listen = *listen;
  if (!daemon::is_loopback(*listen)) {
    if (!options.insecure) {
      return invalid("--listen " + options.listen +
                     " is open to other machines, and there is no TLS in this version: listen on 127.0.0.1, or give "
                     "--insecure if everybody who can reach it may commit and abort");
    }
    settings.insecure = true;
  }
  if (!options.advertise.empty()) {
    const auto advertised = rpc::parse_address(options.advertise);
    if (!advertised) return invalid("--advertise: " + advertised.error().message);
    settings.advertised = *advertised;
  } else if (daemon::is_any(*listen)) {
    return invalid("--listen " + options.listen +
                   " is no address that stores can call: give the one that they can with --advertise HOST:PORT");
  }
  if (const auto problem = check(options.core)) return invalid(*problem);
  settings.core = options.core;
  settings.limits = options.limits;
  settings.link.channel = {options.limits, program};
  settings.link.decide_timeout = options.decide_timeout;
  settings.program = program;
  return settings;
}

}  // namespace assent::coordinator
