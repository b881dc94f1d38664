#include "coordinator/service/coordinator_service.h"

#include <utility>

#include "assent_constants.h"
#include "coordinator/service/wire.h"
#include "thrift/daemon/clock.h"
#include "thrift/daemon/failpoint_service.h"
#include "thrift/rpc/convert.h"

namespace assent::coordinator {

namespace methods = rpc::methods;

namespace {

// How often a stopping coordinator looks whether the stores have acknowledged.
constexpr auto kSettledRound = std::chrono::milliseconds(10);

wire::HelloAnswer hello(const std::string& program, const LogState& log) {
  wire::HelloAnswer answer;
  answer.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  answer.program = program;
  answer.log_identity = static_cast<std::int64_t>(log.log);
  answer.epoch = static_cast<std::int64_t>(log.epoch());
  return answer;
}

}  // namespace

CoordinatorService::CoordinatorService(boost::asio::io_context& io, ServiceSettings settings,
                                       std::unique_ptr<DecisionLog> log, std::shared_ptr<spdlog::logger> logger)
    : settings_(std::move(settings)),
      logger_(std::move(logger)),
      log_(log->state().log),
      opened_(std::move(log)),
      started_(daemon::now()),
      drain_timer_(io),
      insecure_timer_(io),
      io_(io),
      server_(io, settings_.limits, hello(settings_.program, opened_->state())) {
  serve_clients();
  serve_stores();
  serve_operators();
  daemon::serve_failpoints(server_);
}

CoordinatorService::~CoordinatorService() = default;

Result<rpc::Address> CoordinatorService::start() {
  auto address = server_.listen(settings_.listen);
  if (!address) return address;
  driver_ = std::make_unique<Driver>(io_, settings_.core, settings_.link,
                                     to_string(settings_.advertised.value_or(*address)), std::move(opened_), logger_);
  driver_->start();
  const auto& core = driver_->core();
  logger_->info("event=listening address={} log={} epoch={} unended={} stores={}", to_string(*address), to_string(log_),
                to_string(core.view().line.epoch), core.unended_records(), core.stores(daemon::now()).size());
  if (settings_.insecure) warn_of_insecurity();
  return address;
}

void CoordinatorService::warn_of_insecurity() {
  logger_->warn(
      "event=insecure address={} text=\"anybody who reaches this address can commit and abort: there is no "
      "TLS, and --insecure was given\"",
      to_string(settings_.listen));
  insecure_timer_.expires_after(std::chrono::hours(1));
  insecure_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) warn_of_insecurity();
  });
}

// ---- clients ----

template <typename RequestEvent>
void CoordinatorService::post(CallId call, Result<RequestEvent> event) {
  if (event) {
    driver_->post(std::move(*event));
  } else {
    driver_->calls().refuse(call, event.error());
  }
}

void CoordinatorService::serve_clients() {
  server_.on(methods::kLease, [this](wire::LeaseRequest&& request, rpc::Responder<wire::Lease> respond) {
    const auto call = driver_->calls().add(std::move(respond));
    post(call, to_event(request, call));
  });
  server_.on(methods::kLocate, [this](wire::LocateRequest&& request, rpc::Responder<wire::StoreLocation> respond) {
    locate(request, respond);
  });
  server_.on(methods::kSubmit, [this](wire::SubmitRequest&& request, rpc::Responder<wire::Outcome> respond) {
    const auto call = driver_->calls().add(std::move(respond));
    post(call, to_event(std::move(request), call));
  });
  server_.on(methods::kCommit, [this](wire::CommitRequest&& request, rpc::Responder<wire::Outcome> respond) {
    const auto call = driver_->calls().add(std::move(respond));
    post(call, to_event(std::move(request), call));
  });
  server_.on(methods::kAbort, [this](wire::AbortRequest&& request, rpc::Responder<wire::Outcome> respond) {
    const auto call = driver_->calls().add(std::move(respond));
    post(call, to_event(std::move(request), call));
  });
  server_.on(methods::kOutcome, [this](wire::OutcomeRequest&& request, rpc::Responder<wire::Outcome> respond) {
    const auto call = driver_->calls().add(std::move(respond));
    post(call, to_event(request, call));
  });
}

void CoordinatorService::locate(const wire::LocateRequest& request,
                                const rpc::Responder<wire::StoreLocation>& respond) {
  const auto store = driver_->core().store(request.store);
  if (!store) {
    return respond.fault(
        wire::FaultCode::NOT_FOUND,
        "no store `" + request.store +
            "` has registered with this coordinator; start its participant, or see `assentctl stores`");
  }
  // What a client begins there is prepared only by the opening that is accepted by then.
  wire::StoreLocation location;
  location.store = request.store;
  location.identity = static_cast<std::int64_t>(store->identity);
  location.address = store->address;
  respond(location);
}

// ---- stores ----

void CoordinatorService::serve_stores() {
  server_.on(methods::kRegisterStores,
             [this](wire::Registration&& registration, rpc::Responder<wire::RegistrationAnswer> respond) {
               register_stores(std::move(registration), std::move(respond));
             });
  server_.on(methods::kInquire, [this](wire::InquiryRequest&& request, rpc::Responder<wire::InquiryAnswers> respond) {
    inquire(request, std::move(respond));
  });
  server_.on(methods::kWound, [this](wire::WoundRequest&& request, rpc::Responder<wire::WoundAnswer> respond) {
    if (const auto checked = check(request); !checked) return respond.fault(checked.error());
    driver_->post(to_event(request));
    wire::WoundAnswer answer;
    answer.coordinator = rpc::to_wire(driver_->core().view());
    respond(answer);
  });
}

void CoordinatorService::register_stores(wire::Registration&& registration,
                                         rpc::Responder<wire::RegistrationAnswer> respond) {
  if (registration.log != static_cast<std::int64_t>(log_)) {
    return respond.fault(wire::FaultCode::CONFLICT,
                         "this coordinator keeps decision log " + to_hex(static_cast<std::uint64_t>(log_)) +
                             ", and the registration says what was seen of log " +
                             to_hex(static_cast<std::uint64_t>(registration.log)) + ": say hello, and register anew");
  }
  // It has waited for this start: the position that it gives may be long past.
  if (registration.epoch != static_cast<std::int64_t>(driver_->core().view().line.epoch)) {
    return respond.fault(
        wire::FaultCode::CONFLICT,
        "the registration was made for another start of this coordinator: say hello, and register anew");
  }
  // Read as a whole before anything of it becomes an event.
  if (const auto checked = check(registration); !checked) return respond.fault(checked.error());
  std::vector<StoreRegistered> events;
  for (const auto& store : registration.stores) {
    auto event = to_event(store, registration.address, log_, CallId{});
    if (!event) return respond.fault(event.error());
    events.push_back(std::move(*event));
  }
  if (events.empty()) {
    wire::RegistrationAnswer answer;
    answer.coordinator = rpc::to_wire(driver_->core().view());
    return respond(answer);
  }
  const auto calls = driver_->calls().add(std::move(respond), events.size());
  for (std::size_t index = 0; index < events.size(); ++index) {
    events[index].call = calls[index];
    driver_->post(std::move(events[index]));
  }
}

void CoordinatorService::inquire(const wire::InquiryRequest& request, rpc::Responder<wire::InquiryAnswers> respond) {
  if (const auto checked = check(request); !checked) return respond.fault(checked.error());
  if (request.inquiries.empty()) {
    wire::InquiryAnswers answer;
    answer.coordinator = rpc::to_wire(driver_->core().view());
    return respond(answer);
  }
  const auto calls = driver_->calls().add(std::move(respond), request.inquiries.size());
  for (std::size_t index = 0; index < calls.size(); ++index) {
    driver_->post(to_event(request, request.inquiries[index], calls[index]));
  }
}

// ---- the end ----

void CoordinatorService::drain(std::function<void()> drained) {
  drained_ = std::move(drained);
  logger_->info("event=draining undecided={} owed={}", driver_->core().active(), driver_->core().committing());
  driver_->after_each_turn([this] { check_decided(); });
  driver_->post(DrainRequested{});
  drain_timer_.expires_after(settings_.core.transaction_timeout);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) end_drain("drain_timed_out");
  });
}

void CoordinatorService::check_decided() {
  if (driver_->core().active() > 0) return;
  driver_->after_each_turn({});
  hand_over(daemon::now() + settings_.hand_over);
}

void CoordinatorService::hand_over(Time until) {
  if (driver_->is_settled() || daemon::now() >= until) return end_drain("drained");
  drain_timer_.expires_after(kSettledRound);
  drain_timer_.async_wait([this, until](const boost::system::error_code& error) {
    if (!error) hand_over(until);
  });
}

void CoordinatorService::end_drain(const char* event) {
  drain_timer_.cancel();
  logger_->info("event={} undecided={} owed={} unanswered={}", event, driver_->core().active(),
                driver_->core().committing(), driver_->calls().size());
  drained_();
}

void CoordinatorService::close() {
  drain_timer_.cancel();
  insecure_timer_.cancel();
  if (driver_ != nullptr) driver_->stop();
  server_.stop_accepting();
}

}  // namespace assent::coordinator
