#include "thrift/daemon/failpoint_service.h"

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "assent_constants.h"
#include "thrift/daemon/failpoint.h"

namespace assent::daemon {

#ifdef ASSENT_FAILPOINTS

namespace {

wire::FailpointStatuses statuses() {
  wire::FailpointStatuses all;
  for (const auto& state : failpoints()) {
    wire::FailpointStatus status;
    status.name = state.name;
    status.action = static_cast<wire::FailpointAction::type>(state.action);
    status.passes = static_cast<std::int64_t>(state.passes);
    all.failpoints.push_back(std::move(status));
  }
  return all;
}

void serve_arm(wire::FailpointRequest&& request, const rpc::Responder<wire::FailpointStatuses>& respond) {
  const bool is_known = request.action >= wire::FailpointAction::OFF && request.action <= wire::FailpointAction::ERROR;
  if (request.name.empty() || !is_known || request.skip < 0) {
    return respond.fault(wire::FaultCode::INVALID_ARGUMENT,
                         "arming takes a name, an action of OFF, CRASH, PAUSE or ERROR, and a skip of 0 or more");
  }
  arm({request.name, static_cast<FailpointAction>(request.action), static_cast<std::uint32_t>(request.skip)});
  respond(statuses());
}

}  // namespace

void serve_failpoints(rpc::Server& server) {
  server.on(rpc::methods::kArm, serve_arm);
  server.on(rpc::methods::kFailpoints,
            [](wire::Empty&&, const rpc::Responder<wire::FailpointStatuses>& respond) { respond(statuses()); });
}

class FailpointServer::Thread {
 public:
  explicit Thread(const std::string& program) : server_(io_, rpc::Limits{}, hello(program)) {
    serve_failpoints(server_);
  }

  ~Thread() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<rpc::Address> start(const rpc::Address& address) {
    auto listening = server_.listen(address);
    if (listening) thread_ = std::thread([this] { io_.run(); });
    return listening;
  }

 private:
  static wire::HelloAnswer hello(const std::string& program) {
    wire::HelloAnswer answer;
    answer.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
    answer.program = program;
    return answer;
  }

  boost::asio::io_context io_;
  rpc::Server server_;
  std::thread thread_;
};

Result<void> FailpointServer::start_from_environment(const std::string& program) {
  const char* const text = std::getenv("ASSENT_FAILPOINTS_LISTEN");
  if (text == nullptr || *text == '\0') return {};
  const auto address = rpc::parse_address(text);
  if (!address) return address.error();
  thread_ = std::make_unique<Thread>(program);
  const auto listening = thread_->start(*address);
  if (!listening) return listening.error();
  std::printf("%s: failpoints on %s\n", program.c_str(), to_string(*listening).c_str());
  std::fflush(stdout);
  return {};
}

#else

void serve_failpoints(rpc::Server& /*server*/) {}

class FailpointServer::Thread {};

Result<void> FailpointServer::start_from_environment(const std::string& /*program*/) {
  return {};
}

#endif

FailpointServer::FailpointServer() = default;
FailpointServer::~FailpointServer() = default;

}  // namespace assent::daemon
