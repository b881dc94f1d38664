// CoordinatorService: the Thrift face of a coordinator.
//
// Handlers turn calls into events for the driver, which answers them. What only looks, for clients and operators, is
// answered at once. On the network thread only.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "coordinator/core/settings.h"
#include "coordinator/log/decision_log.h"
#include "coordinator/service/driver.h"
#include "coordinator/service/store_links.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/server.h"

namespace assent::coordinator {

struct ServiceSettings {
  Settings core;
  LinkSettings link;
  rpc::Limits limits;
  rpc::Address listen;                           // port 0: any free one
  std::optional<rpc::Address> advertised;        // where stores find it, if not where it listens
  bool insecure = false;                         // listens beyond loopback without TLS, and says so
  std::string program;                           // name and version
  Duration hand_over = std::chrono::seconds(5);  // a stopping coordinator waits for acknowledgements
  std::size_t listed = 1000;                     // most transactions in one answer to an operator
};

class CoordinatorService {
 public:
  // REQUIRES: !check(settings.core).
  CoordinatorService(boost::asio::io_context& io, ServiceSettings settings, std::unique_ptr<DecisionLog> log,
                     std::shared_ptr<spdlog::logger> logger);
  ~CoordinatorService();

  // Accepts connections and begins to send what recovery owes. Returns the address it listens on.
  Result<rpc::Address> start();

  // Begins nothing new. Calls back when everything that has begun is decided, at the latest a transaction timeout
  // later, and then known to all: stores that do not acknowledge within `hand_over` are left to the next start, which
  // finds what they owe in the log.
  void drain(std::function<void()> drained);

  // Sends nothing more to stores, and closes each connection when what was answered on it has been written.
  void close();
  std::size_t open_connections() const { return server_.open_connections(); }

 private:
  void serve_clients();
  void serve_stores();
  void serve_operators();
  void locate(const wire::LocateRequest& request, const rpc::Responder<wire::StoreLocation>& respond);
  void register_stores(wire::Registration&& registration, rpc::Responder<wire::RegistrationAnswer> respond);
  void inquire(const wire::InquiryRequest& request, rpc::Responder<wire::InquiryAnswers> respond);
  wire::CoordinatorStatus status() const;
  wire::CoordinatorCounters counted() const;
  void check_decided();
  void hand_over(Time until);
  void end_drain(const char* event);
  void warn_of_insecurity();

  // Posts what the call became, or answers with what is wrong with it.
  template <typename RequestEvent>
  void post(CallId call, Result<RequestEvent> event);

  const ServiceSettings settings_;
  const std::shared_ptr<spdlog::logger> logger_;
  const LogIdentity log_;
  std::unique_ptr<DecisionLog> opened_;  // until the driver has it
  std::unique_ptr<Driver> driver_;       // from start() on
  Time started_;
  std::function<void()> drained_;  // set while draining
  boost::asio::steady_timer drain_timer_;
  boost::asio::steady_timer insecure_timer_;
  boost::asio::io_context& io_;
  rpc::Server server_;  // goes first: callers that were not answered hear nothing wrong
};

}  // namespace assent::coordinator
