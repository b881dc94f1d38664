// StoreLinks: what a coordinator says to stores, and their answers as events of its core.
//
// Two channels for each participant, found by its address and used by all of its stores: one for what is voted on, one
// for decisions alone. So decisions find room and are not held up behind statements that wait for the very locks that
// they will free, and neither loses its answers when a call of the other times out.
// A call that fails is an event too: a vote that is lost aborts, and a decision that is lost is sent again by the core.
// On the network thread only.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assent/time.h"
#include "coordinator/core/events.h"
#include "thrift/rpc/channel.h"

namespace assent::coordinator {

struct LinkSettings {
  rpc::ChannelOptions channel;
  // How much longer a vote is waited for on the connection than in the core. A call that times out closes its
  // connection, and with it the votes of other transactions: only a store that is silent shall cost that.
  Duration vote_grace = std::chrono::seconds(5);
  Duration decide_timeout = std::chrono::seconds(15);
  std::size_t decisions_per_call = 4096;
};

class StoreLinks {
 public:
  // `post` takes the events; it is never called from within send().
  StoreLinks(boost::asio::io_context& io, LinkSettings settings, std::function<void(Event)> post,
             std::shared_ptr<spdlog::logger> logger);

  void send(const std::string& address, const SendExecuteAndPrepare& effect, const wire::CoordinatorView& view);
  void send(const std::string& address, const SendPrepare& effect, const wire::CoordinatorView& view);
  // All to one opening of one store.
  void send(const std::string& address, const std::vector<SendDecision>& decisions, const wire::CoordinatorView& view);

  // Of all that it has said so far, and heard.
  const rpc::Counters& counters() const { return *settings_.channel.counters; }

  // Calls with decisions that participants have not answered.
  std::size_t unanswered_decisions() const;

  // Closes the connections to participants that are at none of these addresses.
  void keep_only(const std::vector<std::string>& addresses);

 private:
  struct Peer {
    rpc::Channel votes;
    rpc::Channel decisions;
  };

  Peer& peer(const std::string& address);
  template <typename Method, typename Effect>
  void ask_for_vote(const std::string& address, const Method& method, const Effect& effect,
                    const wire::CoordinatorView& view);
  void receive(const std::string& store, const TransactionId& id, Result<wire::VoteAnswer> answer);
  void receive(const std::vector<SendDecision>& sent, Result<wire::DecideAnswer> answer);

  boost::asio::io_context& io_;
  const LinkSettings settings_;
  const std::function<void(Event)> post_;
  const std::shared_ptr<spdlog::logger> logger_;
  std::map<std::string, std::unique_ptr<Peer>> peers_;
};

}  // namespace assent::coordinator
