#include "coordinator/service/store_links.h"

#include <algorithm>
#include <utility>

#include "coordinator/service/wire.h"
#include "thrift/daemon/logging.h"
#include "thrift/rpc/address.h"

namespace assent::coordinator {

namespace methods = rpc::methods;

namespace {

// Whether the transaction is worth another run depends on it.
AbortReason reason_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput: return AbortReason::kStatementFailed;  // larger than a message may be, for example
    case ErrorKind::kOverloaded: return AbortReason::kOverloaded;
    default: return AbortReason::kStoreUnavailable;
  }
}

LinkSettings counted(LinkSettings settings) {
  settings.channel.counters = std::make_shared<rpc::Counters>();
  return settings;
}

}  // namespace

StoreLinks::StoreLinks(boost::asio::io_context& io, LinkSettings settings, std::function<void(Event)> post,
                       std::shared_ptr<spdlog::logger> logger)
    : io_(io), settings_(counted(std::move(settings))), post_(std::move(post)), logger_(std::move(logger)) {}

// ---- votes ----

void StoreLinks::send(const std::string& address, const SendExecuteAndPrepare& effect,
                      const wire::CoordinatorView& view) {
  ask_for_vote(address, methods::kExecuteAndPrepare, effect, view);
}

void StoreLinks::send(const std::string& address, const SendPrepare& effect, const wire::CoordinatorView& view) {
  ask_for_vote(address, methods::kPrepare, effect, view);
}

template <typename Method, typename Effect>
void StoreLinks::ask_for_vote(const std::string& address, const Method& method, const Effect& effect,
                              const wire::CoordinatorView& view) {
  peer(address).votes.call(method, to_wire(effect, view), effect.timeout + settings_.vote_grace,
                           [this, store = effect.store, id = effect.id](Result<wire::VoteAnswer> answer) {
                             receive(store, id, std::move(answer));
                           });
}

void StoreLinks::receive(const std::string& store, const TransactionId& id, Result<wire::VoteAnswer> answer) {
  if (!answer) {
    logger_->debug("event=vote_lost store={} id={} error={}", store, to_string(id),
                   daemon::quoted(answer.error().message));
    if (answer.error().kind == ErrorKind::kFenced) post_(Fenced{store, answer.error().message});
    post_(VoteLost{store, id, answer.error().message, reason_of(answer.error().kind)});
    return;
  }
  auto event = to_event(store, id, std::move(*answer));
  if (event) return post_(std::move(*event));
  logger_->error("event=bad_vote store={} id={} error={}", store, to_string(id), daemon::quoted(event.error().message));
  post_(VoteLost{store, id, "its vote cannot be understood: " + event.error().message});
}

// ---- decisions ----

void StoreLinks::send(const std::string& address, const std::vector<SendDecision>& decisions,
                      const wire::CoordinatorView& view) {
  auto& to = peer(address).decisions;
  for (std::size_t first = 0; first < decisions.size(); first += settings_.decisions_per_call) {
    const auto begin = decisions.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(settings_.decisions_per_call, decisions.size() - first);
    std::vector<SendDecision> part(begin, begin + static_cast<std::ptrdiff_t>(count));
    const auto request = to_wire(part, view);
    to.call(methods::kDecide, request, settings_.decide_timeout,
            [this, part = std::move(part)](Result<wire::DecideAnswer> answer) { receive(part, std::move(answer)); });
  }
}

void StoreLinks::receive(const std::vector<SendDecision>& sent, Result<wire::DecideAnswer> answer) {
  const auto& store = sent.front().store;
  if (!answer) {
    logger_->debug("event=decision_lost store={} decisions={} error={}", store, sent.size(),
                   daemon::quoted(answer.error().message));
    if (answer.error().kind == ErrorKind::kFenced) post_(Fenced{store, answer.error().message});
    return;
  }
  auto events = to_events(sent, std::move(*answer));
  if (!events) {
    logger_->error("event=bad_acknowledgement store={} error={}", store, daemon::quoted(events.error().message));
    return;
  }
  for (auto& event : *events) post_(std::move(event));
}

// ---- channels ----

StoreLinks::Peer& StoreLinks::peer(const std::string& address) {
  auto& peer = peers_[address];
  if (peer != nullptr) return *peer;
  const auto parsed = rpc::parse_address(address).value();
  peer.reset(new Peer{{io_, parsed, settings_.channel}, {io_, parsed, settings_.channel}});
  peer->decisions.connect();  // the first one shall not wait for a connection
  return *peer;
}

std::size_t StoreLinks::unanswered_decisions() const {
  std::size_t calls = 0;
  for (const auto& [address, peer] : peers_) calls += peer->decisions.outstanding_calls();
  return calls;
}

void StoreLinks::keep_only(const std::vector<std::string>& addresses) {
  std::erase_if(peers_, [&](const auto& entry) {
    return std::find(addresses.begin(), addresses.end(), entry.first) == addresses.end();
  });
}

}  // namespace assent::coordinator
