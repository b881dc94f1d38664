// assent-coordinator: reads its options, opens its log, serves until it is told to stop.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>

#include "coordinator/log/file_log.h"
#include "coordinator/service/coordinator_service.h"
#include "coordinator/service/daemon_options.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/daemon/failpoint_service.h"
#include "thrift/daemon/listening.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/network.h"
#include "thrift/daemon/options.h"
#include "thrift/daemon/random.h"
#include "thrift/daemon/signals.h"

namespace assent::coordinator {
namespace {

constexpr const char* kProgram = "assent-coordinator";

int fail(const Error& error, int code = daemon::kExitFailure) {
  std::cerr << kProgram << ": " << error.message << std::endl;
  return code;
}

// After the drain: everything that was answered reaches its caller, if the caller reads.
void flush(boost::asio::io_context& io, CoordinatorService& service) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  service.close();
  io.restart();
  while (service.open_connections() > 0 && std::chrono::steady_clock::now() < until) {
    io.run_one_for(std::chrono::milliseconds(50));
  }
}

int serve(const DaemonOptions& options, const ServiceSettings& settings, daemon::DaemonLog& log) {
  daemon::FailpointServer failpoints;
  if (const auto started = failpoints.start_from_environment(kProgram); !started) return fail(started.error());
  if (const auto checked = daemon::check_can_serve(settings.listen, options.port_file, settings.limits); !checked) {
    return fail(checked.error());
  }
  auto opened = open_file_log(options.data, {options.create, LogIdentity{daemon::random_number()},
                                             Nonce{daemon::random_number()}, options.segment_bytes});
  if (!opened) return fail(opened.error());

  boost::asio::io_context io(1);
  CoordinatorService service(io, settings, std::move(*opened), log.logger());
  const daemon::Signals signals(io, {[&] { service.drain([&io] { io.stop(); }); },
                                     [&] {
                                       log.logger()->warn("event=ended text=\"told twice to stop\"");
                                       _exit(daemon::kExitFailure);
                                     },
                                     [&] {
                                       if (const auto reopened = log.reopen(); !reopened) {
                                         log.logger()->error("event=log_not_reopened error={}",
                                                             daemon::quoted(reopened.error().message));
                                       }
                                     }});
  const auto listening = service.start();
  if (!listening) return fail(listening.error());
  if (const auto said = daemon::announce(kProgram, *listening, options.port_file); !said) return fail(said.error());
  io.run();
  flush(io, service);
  return daemon::kExitSuccess;
}

int run(int argc, const char* const* argv) {
  DaemonOptions options;
  daemon::Options list(kProgram, daemon::kVersion,
                       "Decides transactions: each commits on every store that it touched, or on none.");
  list_options(list, options);
  if (const auto code = list.parse(argc, argv, std::cout, std::cerr)) return *code;
  const auto settings = service_settings(options, std::string(kProgram) + " " + daemon::kVersion);
  if (!settings) return fail(settings.error(), daemon::kExitUsage);
  if (const auto armed = daemon::arm_failpoints_from_environment(); !armed) {
    return fail(armed.error(), daemon::kExitUsage);
  }
  auto log = daemon::DaemonLog::open(kProgram, options.log);
  if (!log) return fail(log.error(), daemon::kExitUsage);
  return serve(options, *settings, *log);
}

}  // namespace
}  // namespace assent::coordinator

int main(int argc, char** argv) {
  assent::daemon::prepare_process();
  try {
    return assent::coordinator::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "assent-coordinator: " << error.what() << std::endl;
    return assent::daemon::kExitFailure;
  }
}
