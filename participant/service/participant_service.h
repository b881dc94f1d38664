// ParticipantService: the Thrift face of a participant's stores.
//
// Handlers turn calls into events for the store that they name; what its thread hands back is answered, or sent to
// coordinators. Everything here runs on the network thread.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "participant/service/coordinator_link.h"
#include "participant/service/pending_calls.h"
#include "participant/service/store_runner.h"
#include "thrift/rpc/server.h"

namespace assent::participant {

struct ServedStore {
  std::string name;
  std::string file;  // as operators know it
  StoreRunner::Open open;
};

struct ServiceSettings {
  RunnerSettings runner;
  LinkSettings link;
  rpc::Limits limits;
  rpc::Address listen;                     // port 0: any free one
  std::optional<rpc::Address> advertised;  // where coordinators and clients find it, if not where it listens
  bool insecure = false;                   // listens beyond loopback without TLS, and says so
  std::string program;                     // name and version
  std::size_t listed = 1000;               // most branches or locks in one answer to an operator
};

class ParticipantService {
 public:
  ParticipantService(boost::asio::io_context& io, ServiceSettings settings, std::vector<ServedStore> stores,
                     std::shared_ptr<spdlog::logger> logger);
  ~ParticipantService();

  // Opens every store, takes the locks of prepared branches, and only then accepts connections. Calls back with the
  // address it listens on when the first registration has ended: whoever waits for that finds the stores known, unless
  // the coordinator is away.
  Result<void> start(std::function<void(const rpc::Address&)> serving);

  // Takes no new branches; calls back when no unprepared branch is left. Prepared ones are handed over to the next
  // start: they are in the journal.
  void drain(std::function<void()> drained);

  // After the drain: runs the loop until what was answered has reached its callers, but no longer than this.
  // REQUIRES: the loop has been stopped.
  void close(Duration at_most);

 private:
  void serve_clients();
  void serve_coordinators();
  void serve_operators();
  void deliver(const std::string& store, StoreOutput output);
  void perform(const std::string& store, Effect& effect);
  void execute(wire::ExecuteRequest&& request, rpc::Responder<wire::ExecuteAnswer> respond);
  void decide(wire::DecideRequest&& request, rpc::Responder<wire::DecideAnswer> respond);
  void participant_status(rpc::Responder<wire::ParticipantStatus> respond);
  void resolve(wire::ResolveRequest&& request, rpc::Responder<wire::BranchStatus> respond);
  void resolve_unanswered(const wire::ResolveRequest& request, rpc::Responder<wire::BranchStatus> respond);
  void apply_schema(wire::ApplySchemaRequest&& request, rpc::Responder<wire::SchemaAnswer> respond);
  void acknowledge_write(const wire::AcknowledgeWriteRequest& request,
                         rpc::Responder<wire::AcknowledgeWriteAnswer> respond);
  void testify(wire::TestifyRequest&& request, rpc::Responder<wire::Testimony> respond);
  void wait_until_idle(std::function<void()> drained);
  void warn_of_insecurity();

  // The runner of a store; answers the caller with what is wrong if there is none.
  template <typename Answer>
  StoreRunner* find(const std::string& store, const rpc::Responder<Answer>& respond);
  // What the coordinator says of itself, for the store to judge; answers the caller with what is wrong with it.
  template <typename Answer>
  std::optional<CoordinatorView> hear(wire::CoordinatorView&& view, const rpc::Responder<Answer>& respond);
  // Posts what a request became, or answers with why it cannot be. What one read from a connection brings is posted
  // together: so the store's thread does not begin a batch with the first request while the others are being read.
  template <typename RequestEvent>
  void post(StoreRunner& runner, CallId call, Result<RequestEvent> event);
  void post_burst();
  // Answers what `question` makes of the store, on the network thread.
  template <typename Answer>
  void ask(StoreRunner& runner, rpc::Responder<Answer> respond,
           std::function<Answer(const BranchTable&, const StoreReport&, Time)> question);

  boost::asio::io_context& io_;
  const ServiceSettings settings_;
  const std::shared_ptr<spdlog::logger> logger_;
  std::map<std::string, std::string> files_;
  PendingCalls calls_;

  // What waits for post_burst(), which has been posted if there is anything. If a store goes offline meanwhile, the
  // calls are answered that it may or may not happen, and what they became is posted all the same.
  std::map<StoreRunner*, std::vector<std::pair<CallId, Event>>> bursts_;

  rpc::Server server_;
  StoreRunners stores_;  // their threads end before what is above
  CoordinatorLink link_;
  boost::asio::steady_timer drain_timer_;
  boost::asio::steady_timer insecure_timer_;
  Time started_;
  bool draining_ = false;
};

template <typename Answer>
StoreRunner* ParticipantService::find(const std::string& store, const rpc::Responder<Answer>& respond) {
  const auto found = stores_.find(store);
  if (found != stores_.end()) return found->second.get();
  respond.fault(wire::FaultCode::NOT_FOUND,
                "no store `" + store + "` is served here; ask the coordinator where it is (assentctl stores)");
  return nullptr;
}

template <typename RequestEvent>
void ParticipantService::post(StoreRunner& runner, CallId call, Result<RequestEvent> event) {
  if (!event) return calls_.refuse(call, event.error());
  if (bursts_.empty()) {
    boost::asio::post(io_, [this] { post_burst(); });
  }
  bursts_[&runner].emplace_back(call, std::move(*event));
}

}  // namespace assent::participant
