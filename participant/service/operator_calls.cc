// What operators ask of a participant.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "participant/service/gathering.h"
#include "participant/service/participant_service.h"
#include "participant/service/wire.h"
#include "thrift/daemon/clock.h"
#include "thrift/daemon/logging.h"
#include "thrift/rpc/convert.h"

namespace assent::participant {

namespace methods = rpc::methods;

namespace {

std::string offline_text(const std::string& store) {
  return "store `" + store + "` is offline, or too much waits for it; see the participant's log";
}

// The first `most` of what was found, as messages; `more` says whether there was more.
template <typename Summary>
auto listed(const std::vector<Summary>& found, std::size_t most, bool& more) {
  std::vector<decltype(to_wire(found.front()))> messages;
  more = found.size() > most;
  for (std::size_t index = 0; index < std::min(most, found.size()); ++index) messages.push_back(to_wire(found[index]));
  return messages;
}

}  // namespace

template <typename Answer>
void ParticipantService::ask(StoreRunner& runner, rpc::Responder<Answer> respond,
                             std::function<Answer(const BranchTable&, const StoreReport&, Time)> question) {
  const auto answer = gather<std::optional<Answer>>(
      io_, std::nullopt, [respond = std::move(respond), store = runner.name()](const std::optional<Answer>& gathered) {
        if (gathered) return respond(*gathered);
        respond.fault(wire::FaultCode::UNAVAILABLE, offline_text(store));
      });
  static_cast<void>(runner.ask(
      [answer, question = std::move(question)](const BranchTable& branches, const StoreReport& report, Time now) {
        answer->add([&](std::optional<Answer>& gathered) { gathered = question(branches, report, now); });
      }));
}

void ParticipantService::serve_operators() {
  server_.on(methods::kParticipantStatus, [this](wire::Empty&&, rpc::Responder<wire::ParticipantStatus> respond) {
    participant_status(std::move(respond));
  });
  server_.on(methods::kBranches, [this](wire::StoreRequest&& request, rpc::Responder<wire::BranchStatuses> respond) {
    auto* const runner = find(request.store, respond);
    if (runner == nullptr) return;
    ask<wire::BranchStatuses>(*runner, respond,
                              [most = settings_.listed](const BranchTable& branches, const StoreReport&, Time now) {
                                wire::BranchStatuses statuses;
                                statuses.branches = listed(branches.branches(most + 1, now), most, statuses.more);
                                return statuses;
                              });
  });
  server_.on(methods::kLocks, [this](wire::StoreRequest&& request, rpc::Responder<wire::LockStatuses> respond) {
    auto* const runner = find(request.store, respond);
    if (runner == nullptr) return;
    ask<wire::LockStatuses>(*runner, respond,
                            [most = settings_.listed](const BranchTable& branches, const StoreReport&, Time now) {
                              wire::LockStatuses statuses;
                              statuses.locks = listed(branches.locks(most + 1, now), most, statuses.more);
                              return statuses;
                            });
  });
  server_.on(methods::kResolve, [this](wire::ResolveRequest&& request, rpc::Responder<wire::BranchStatus> respond) {
    resolve(std::move(request), std::move(respond));
  });
  server_.on(methods::kApplySchema,
             [this](wire::ApplySchemaRequest&& request, rpc::Responder<wire::SchemaAnswer> respond) {
               apply_schema(std::move(request), std::move(respond));
             });
  server_.on(methods::kAcknowledgeWrite,
             [this](wire::AcknowledgeWriteRequest&& request, rpc::Responder<wire::AcknowledgeWriteAnswer> respond) {
               acknowledge_write(request, std::move(respond));
             });
  server_.on(methods::kTestify, [this](wire::TestifyRequest&& request, rpc::Responder<wire::Testimony> respond) {
    testify(std::move(request), std::move(respond));
  });
}

void ParticipantService::apply_schema(wire::ApplySchemaRequest&& request, rpc::Responder<wire::SchemaAnswer> respond) {
  auto* const runner = find(request.store, respond);
  if (runner == nullptr) return;
  logger_->info("event=apply_schema store={} bytes={}", request.store, request.text.size());
  const auto call = calls_.add(request.store, std::move(respond));
  post(*runner, call, to_event(std::move(request), call));
}

void ParticipantService::acknowledge_write(const wire::AcknowledgeWriteRequest& request,
                                           rpc::Responder<wire::AcknowledgeWriteAnswer> respond) {
  auto* const runner = find(request.store, respond);
  if (runner == nullptr) return;
  logger_->warn("event=acknowledge_write store={} reason={}", request.store, daemon::quoted(request.reason));
  const auto call = calls_.add(request.store, std::move(respond));
  post(*runner, call, to_event(request, call));
}

void ParticipantService::testify(wire::TestifyRequest&& request, rpc::Responder<wire::Testimony> respond) {
  auto* const runner = find(request.store, respond);
  const auto coordinator = hear(std::move(request.coordinator), respond);
  if (runner == nullptr || !coordinator) return;
  logger_->warn("event=testify store={} log={} epoch={}", request.store, to_string(coordinator->line.log),
                to_string(coordinator->line.epoch));
  const auto call = calls_.add(request.store, std::move(respond));
  post(*runner, call, Result<TestimonyRequested>(to_event(request, call, *coordinator, settings_.listed)));
}

void ParticipantService::participant_status(rpc::Responder<wire::ParticipantStatus> respond) {
  wire::ParticipantStatus status;
  status.uptime_ms = rpc::to_milliseconds(daemon::now() - started_);
  status.draining = draining_;
  status.insecure = settings_.insecure;
  status.program = settings_.program;
  status.counters.callers = to_wire(server_.counters());
  status.counters.coordinators = to_wire(link_.counters());
  status.counters.network_cpu_us = daemon::to_microseconds(daemon::thread_cpu_time());
  for (const auto& [name, runner] : stores_) {
    wire::ParticipantStoreStatus store;
    store.store = name;
    store.file = files_[name];
    store.offline = runner->offline();
    status.stores.push_back(std::move(store));
  }
  const auto gathering = gather<wire::ParticipantStatus>(
      io_, std::move(status),
      [respond = std::move(respond)](const wire::ParticipantStatus& gathered) { respond(gathered); });
  std::size_t index = 0;
  for (auto& [name, runner] : stores_) {
    static_cast<void>(
        runner->ask([gathering, index, store = name](const BranchTable&, const StoreReport& report, Time) {
          gathering->add([&](wire::ParticipantStatus& gathered) {
            auto& entry = gathered.stores[index];
            auto reported = to_wire(store, report);
            reported.file = entry.file;
            entry = std::move(reported);
          });
        }));
    ++index;
  }
}

// A person may decide only where the coordinator cannot.
void ParticipantService::resolve(wire::ResolveRequest&& request, rpc::Responder<wire::BranchStatus> respond) {
  auto* const runner = find(request.store, respond);
  if (runner == nullptr) return;
  const auto id = rpc::from_wire(request.id);
  const auto store = request.store;
  // Nothing comes together from a store that is offline: what it holds is on its disk.
  const auto found = gather<std::optional<SendInquiry>>(
      io_, std::nullopt,
      [this, request = std::move(request), respond = std::move(respond)](const std::optional<SendInquiry>& inquiry) {
        if (!inquiry) return respond.fault(wire::FaultCode::UNAVAILABLE, offline_text(request.store));
        if (inquiry->branch == kNoBranch) {
          return respond.fault(wire::FaultCode::NOT_FOUND, "store `" + request.store + "` holds no branch of " +
                                                               to_string(inquiry->id) + "; see `assentctl in-doubt`");
        }
        link_.can_answer(request.store, *inquiry, [this, request, respond](bool can_answer) {
          if (!can_answer) return resolve_unanswered(request, respond);
          respond.fault(wire::FaultCode::CONFLICT,
                        "the coordinator of " + to_string(rpc::from_wire(request.id)) +
                            " can still answer: the store will hear from it and end the branch by itself");
        });
      });
  static_cast<void>(runner->ask([found, id](const BranchTable& branches, const StoreReport& report, Time now) {
    const auto branch = branches.branch(id, now);
    found->add([&](std::optional<SendInquiry>& inquiry) {
      inquiry =
          branch ? SendInquiry{id, branch->branch, branch->coordinator_address, branches.seen(id.log), report.opening}
                 : SendInquiry{id, kNoBranch, {}, {}, {}};
    });
  }));
}

void ParticipantService::resolve_unanswered(const wire::ResolveRequest& request,
                                            rpc::Responder<wire::BranchStatus> respond) {
  auto* const runner = find(request.store, respond);
  if (runner == nullptr) return;
  logger_->warn("event=resolve store={} id={} decision={} reason=\"{}\"", request.store,
                to_string(rpc::from_wire(request.id)),
                request.decision == wire::DecisionKind::COMMIT ? "commit" : "abort", request.reason);
  const auto call = calls_.add(request.store, std::move(respond));
  post(*runner, call, to_event(request, call));
}

}  // namespace assent::participant
