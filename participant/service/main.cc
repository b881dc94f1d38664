// assent-participant: serves one or more SQLite stores to Assent's transactions.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "participant/service/daemon_options.h"
#include "participant/service/participant_service.h"
#include "participant/store/memory_limit.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/daemon/failpoint_service.h"
#include "thrift/daemon/listening.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/network.h"
#include "thrift/daemon/options.h"
#include "thrift/daemon/signals.h"

namespace assent::participant {
namespace {

constexpr const char* kProgram = "assent-participant";

Result<void> serve(const DaemonOptions& options, const ServiceSettings& settings, std::vector<ServedStore> stores,
                   daemon::DaemonLog& log) {
  daemon::FailpointServer failpoints;
  if (auto started = failpoints.start_from_environment(kProgram); !started) return started;
  if (auto checked = daemon::check_can_serve(settings.listen, options.port_file, settings.limits, stores.size());
      !checked)
    return checked;
  limit_memory(options.memory_bytes);
  const auto& logger = log.logger();
  boost::asio::io_context io(1);
  ParticipantService service(io, settings, std::move(stores), logger);
  const daemon::Signals signals(io, {[&] { service.drain([&io] { io.stop(); }); },
                                     [&] {
                                       logger->warn("event=ended text=\"told twice to stop\"");
                                       _exit(daemon::kExitFailure);
                                     },
                                     [&] {
                                       if (const auto reopened = log.reopen(); !reopened) {
                                         logger->error("event=log_not_reopened error={}",
                                                       daemon::quoted(reopened.error().message));
                                       }
                                     }});
  Result<void> announced;
  auto started = service.start([&](const rpc::Address& address) {
    logger->info("event=listening address={}", to_string(address));
    announced = daemon::announce(kProgram, address, options.port_file);
    if (!announced) io.stop();
  });
  if (!started) return started;
  io.run();
  service.close(std::chrono::seconds(2));
  logger->info("event=stopped");
  return announced;
}

int fail(const Error& error, int code) {
  std::cerr << kProgram << ": " << error.message << std::endl;
  return code;
}

int run(int argc, const char* const* argv) {
  DaemonOptions options;
#ifdef ASSENT_FAILPOINTS
  options.store.validate_replay = true;  // the daemon of tests proves every capture
#endif
  daemon::Options list(kProgram, daemon::kVersion, "Serves SQLite stores to Assent's transactions.");
  list_options(list, options);
  if (const auto code = list.parse(argc, argv, std::cout, std::cerr)) return *code;
  const auto settings = service_settings(options, std::string(kProgram) + " " + daemon::kVersion);
  if (!settings) return fail(settings.error(), daemon::kExitUsage);
  if (const auto armed = daemon::arm_failpoints_from_environment(); !armed) {
    return fail(armed.error(), daemon::kExitUsage);
  }
  auto stores = served_stores(options);
  if (!stores) {
    const bool is_usage = stores.error().kind == ErrorKind::kInvalidInput;
    return fail(stores.error(), is_usage ? daemon::kExitUsage : daemon::kExitFailure);
  }
  auto log = daemon::DaemonLog::open(kProgram, options.log);
  if (!log) return fail(log.error(), daemon::kExitUsage);
  const auto served = serve(options, *settings, std::move(*stores), *log);
  return served ? daemon::kExitSuccess : fail(served.error(), daemon::kExitFailure);
}

}  // namespace
}  // namespace assent::participant

int main(int argc, char** argv) {
  assent::daemon::prepare_process();
  try {
    return assent::participant::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "assent-participant: " << error.what() << std::endl;
    return assent::daemon::kExitFailure;
  }
}
