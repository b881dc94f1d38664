#include "participant/service/participant_service.h"

#include <utility>

#include "assent_constants.h"
#include "participant/service/gathering.h"
#include "participant/service/wire.h"
#include "thrift/daemon/clock.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/daemon/failpoint_service.h"
#include "thrift/rpc/convert.h"

namespace assent::participant {

namespace methods = rpc::methods;

namespace {

wire::HelloAnswer hello(const std::string& program) {
  wire::HelloAnswer answer;
  answer.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  answer.program = program;
  return answer;
}

}  // namespace

ParticipantService::ParticipantService(boost::asio::io_context& io, ServiceSettings settings,
                                       std::vector<ServedStore> stores, std::shared_ptr<spdlog::logger> logger)
    : io_(io),
      settings_(std::move(settings)),
      logger_(std::move(logger)),
      server_(io, settings_.limits, hello(settings_.program)),
      link_(io, settings_.link, stores_, logger_),
      drain_timer_(io),
      insecure_timer_(io),
      started_(daemon::now()) {
  for (auto& store : stores) {
    files_[store.name] = store.file;
    const auto deliver_here = [this, name = store.name](StoreOutput output) {
      boost::asio::post(io_, [this, name, output = std::make_shared<StoreOutput>(std::move(output))] {
        deliver(name, std::move(*output));
      });
    };
    stores_[store.name] =
        std::make_unique<StoreRunner>(store.name, std::move(store.open), settings_.runner, deliver_here, logger_);
  }
}

ParticipantService::~ParticipantService() = default;

Result<void> ParticipantService::start(std::function<void(const rpc::Address&)> serving) {
  for (auto& [name, runner] : stores_) {
    if (auto started = runner->start(); !started) return started;
  }
  if (daemon::failpoint("participant.recovered")) {
    return Error{ErrorKind::kUnavailable, "stopped by a failpoint after recovery"};
  }
  serve_clients();
  serve_coordinators();
  serve_operators();
  daemon::serve_failpoints(server_);
  const auto listening = server_.listen(settings_.listen);
  if (!listening) return listening.error();
  if (settings_.insecure) warn_of_insecurity();
  link_.start(settings_.advertised.value_or(*listening),
              [serving = std::move(serving), address = *listening] { serving(address); });
  return {};
}

void ParticipantService::warn_of_insecurity() {
  logger_->warn(
      "event=insecure address={} text=\"anybody who reaches this address can read, write, commit and abort: there is "
      "no TLS, and --insecure was given\"",
      to_string(settings_.listen));
  insecure_timer_.expires_after(std::chrono::hours(1));
  insecure_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) warn_of_insecurity();
  });
}

void ParticipantService::serve_clients() {
  server_.on(methods::kExecute, [this](wire::ExecuteRequest&& request, rpc::Responder<wire::ExecuteAnswer> respond) {
    execute(std::move(request), std::move(respond));
  });
}

void ParticipantService::execute(wire::ExecuteRequest&& request, rpc::Responder<wire::ExecuteAnswer> respond) {
  auto* const runner = find(request.store, respond);
  if (runner == nullptr || daemon::failpoint("participant.statement_received")) return;
  const auto log = rpc::from_wire(request.id).log;
  if (const auto refusal = link_.refusal(log, request.store)) {
    return respond.fault(wire::FaultCode::UNAVAILABLE, "the coordinator refuses what is served here: " + *refusal);
  }
  auto coordinator = link_.address(log);
  if (!coordinator) {
    return respond.fault(
        wire::FaultCode::UNAVAILABLE,
        "coordinator " + to_string(log) + " is not known here: this participant has not registered with it (yet)");
  }
  const auto call = calls_.add(request.store, std::move(respond));
  post(*runner, call, to_event(std::move(request), call, std::move(*coordinator)));
}

void ParticipantService::serve_coordinators() {
  server_.on(methods::kExecuteAndPrepare,
             [this](wire::ExecuteAndPrepareRequest&& request, rpc::Responder<wire::VoteAnswer> respond) {
               auto* const runner = find(request.store, respond);
               const auto coordinator = hear(std::move(request.coordinator), respond);
               if (runner == nullptr || !coordinator || daemon::failpoint("participant.prepare_received")) return;
               const auto call = calls_.add(request.store, std::move(respond));
               post(*runner, call, to_event(std::move(request), call, *coordinator));
             });
  server_.on(methods::kPrepare, [this](wire::PrepareRequest&& request, rpc::Responder<wire::VoteAnswer> respond) {
    auto* const runner = find(request.store, respond);
    const auto coordinator = hear(std::move(request.coordinator), respond);
    if (runner == nullptr || !coordinator || daemon::failpoint("participant.prepare_received")) return;
    const auto call = calls_.add(request.store, std::move(respond));
    post(*runner, call, to_event(request, call, *coordinator));
  });
  server_.on(methods::kDecide, [this](wire::DecideRequest&& request, rpc::Responder<wire::DecideAnswer> respond) {
    decide(std::move(request), std::move(respond));
  });
}

template <typename Answer>
std::optional<CoordinatorView> ParticipantService::hear(wire::CoordinatorView&& view,
                                                        const rpc::Responder<Answer>& respond) {
  auto coordinator = rpc::from_wire(std::move(view), "coordinator");
  if (!coordinator) {
    respond.fault(coordinator.error());
    return std::nullopt;
  }
  return std::move(*coordinator);
}

void ParticipantService::decide(wire::DecideRequest&& request, rpc::Responder<wire::DecideAnswer> respond) {
  auto* const runner = find(request.store, respond);
  auto heard = hear(std::move(request.coordinator), respond);
  if (runner == nullptr || !heard || daemon::failpoint("participant.decision_received")) return;
  if (request.decisions.empty()) return respond({});
  const Opening opening{static_cast<std::uint64_t>(request.opening)};
  const SharedWord word(std::move(*heard));
  const auto calls = calls_.add(request.store, std::move(respond), request.decisions.size());
  for (std::size_t index = 0; index < calls.size(); ++index) {
    post(*runner, calls[index], to_event(request.decisions[index], opening, word.of_part(index), calls[index]));
  }
}

void ParticipantService::post_burst() {
  for (auto& [runner, burst] : std::exchange(bursts_, {})) {
    std::vector<Event> events;
    events.reserve(burst.size());
    for (auto& [call, event] : burst) events.push_back(std::move(event));
    for (const auto& refused : runner->post(std::move(events))) {
      calls_.refuse(burst[refused.index].first, refused.error);
    }
  }
}

void ParticipantService::deliver(const std::string& store, StoreOutput output) {
  if (!output.offline.empty()) return calls_.drop(store, output.offline);
  std::vector<SendInquiry> inquiries;
  for (auto& effect : output.effects) {
    if (const auto* inquiry = std::get_if<SendInquiry>(&effect)) {
      inquiries.push_back(*inquiry);
    } else {
      perform(store, effect);
    }
  }
  link_.send(store, inquiries);
}

void ParticipantService::perform(const std::string& store, Effect& effect) {
  // A failpoint behind a send is passed in a later turn of the loop, when the bytes have left.
  const auto pass_later = [this](const char* name) { boost::asio::post(io_, [name] { daemon::failpoint(name); }); };
  if (const auto* executed = std::get_if<ExecuteAnswered>(&effect)) {
    if (daemon::failpoint("participant.before_answer")) return;
    calls_.answer(*executed);
  } else if (const auto* voted = std::get_if<VoteAnswered>(&effect)) {
    if (daemon::failpoint("participant.before_vote")) return;
    calls_.answer(*voted);
    pass_later("participant.after_vote");
  } else if (const auto* decided = std::get_if<DecisionAnswered>(&effect)) {
    if (daemon::failpoint("participant.before_acknowledgement")) return;
    calls_.answer(*decided);
    pass_later("participant.after_acknowledgement");
  } else if (const auto* refused = std::get_if<CallRefused>(&effect)) {
    calls_.refuse(*refused);
  } else if (const auto* resolved = std::get_if<ResolveAnswered>(&effect)) {
    calls_.answer(*resolved);
  } else if (const auto* schema = std::get_if<SchemaAnswered>(&effect)) {
    calls_.answer(*schema);
  } else if (const auto* acknowledged = std::get_if<AcknowledgeWriteAnswered>(&effect)) {
    calls_.answer(*acknowledged);
  } else if (const auto* testimony = std::get_if<TestimonyGiven>(&effect)) {
    calls_.answer(*testimony);
  } else if (const auto* wound = std::get_if<SendWound>(&effect)) {
    link_.send(store, *wound);
  }
}

void ParticipantService::drain(std::function<void()> drained) {
  draining_ = true;
  logger_->info("event=draining");
  for (auto& [name, runner] : stores_) runner->drain();
  wait_until_idle(std::move(drained));
}

void ParticipantService::close(Duration at_most) {
  const auto until = daemon::now() + at_most;
  server_.stop_accepting();
  io_.restart();
  while (server_.open_connections() > 0 && daemon::now() < until) io_.run_one_for(std::chrono::milliseconds(50));
}

// Unprepared branches end at the transaction timeout at the latest; an offline store has none.
void ParticipantService::wait_until_idle(std::function<void()> drained) {
  const auto left = gather<Totals>(io_, {}, [this, drained = std::move(drained)](const Totals& totals) {
    if (totals.active == 0 && calls_.size() == 0) {
      logger_->info("event=drained prepared={}", totals.prepared);
      return drained();
    }
    drain_timer_.expires_after(std::chrono::milliseconds(50));
    drain_timer_.async_wait([this, drained](const boost::system::error_code& error) {
      if (!error) wait_until_idle(drained);
    });
  });
  for (auto& [name, runner] : stores_) {
    static_cast<void>(runner->ask([left](const BranchTable&, const StoreReport& report, Time) {
      left->add([&](Totals& totals) {
        totals.active += report.totals.active;
        totals.prepared += report.totals.prepared;
      });
    }));
  }
}

}  // namespace assent::participant
