// CoordinatorLink: what a participant says to coordinators: who it is, what became of a branch, who should yield.
//
// A coordinator is asked where the store says that it is, which believes none that was replaced; else at the configured
// address. Registration is repeated as a sign of life, so a coordinator that comes back is found at once.
// On the network thread only.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assent/coordinator_view.h"
#include "participant/core/events.h"
#include "participant/service/store_runner.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/channel.h"

namespace assent::participant {

using StoreRunners = std::map<std::string, std::unique_ptr<StoreRunner>>;

struct LinkSettings {
  rpc::Address coordinator;                                  // configured
  Duration registration_interval = std::chrono::seconds(1);  // also after one that failed
  Duration call_timeout = std::chrono::seconds(2);           // of a registration, an inquiry, a wound
  rpc::ChannelOptions channel;
};

class CoordinatorLink {
 public:
  // The runners must outlive the link.
  CoordinatorLink(boost::asio::io_context& io, LinkSettings settings, StoreRunners& stores,
                  std::shared_ptr<spdlog::logger> logger);
  // Whoever waits for an answer waits in vain.
  ~CoordinatorLink();
  CoordinatorLink(const CoordinatorLink&) = delete;
  CoordinatorLink& operator=(const CoordinatorLink&) = delete;

  // Registers every store as served at `own_address`, now and again and again. Calls back once, when the first attempt
  // has ended, well or not.
  void start(const rpc::Address& own_address, std::function<void()> attempted);

  // Where the coordinator of this log listens, as it said when stores registered; nothing if none has been heard of.
  std::optional<std::string> address(LogIdentity log) const;

  void send(const std::string& store, const SendInquiry& inquiry);
  void send(const std::string& store, const SendWound& wound);

  // Asks once, for an operator: calls back whether the coordinator of the branch could answer.
  void can_answer(const std::string& store, const SendInquiry& inquiry, std::function<void(bool)> answer);

 private:
  // One registration of all stores that answer in time.
  struct Round {
    wire::Registration gathered;
    std::size_t missing = 0;  // stores that have yet to answer
    bool is_over = false;     // who answers now is registered alone
  };

  void begin_registration();
  void ask_stores(LogIdentity log);
  void end_round(Round& round);
  void register_stores(wire::Registration registration);
  void registration_ended(const std::string& problem);
  rpc::Channel* channel_to(const std::string& address);  // empty: the configured one
  void inquire(const std::string& store, const SendInquiry& inquiry,
               std::function<void(Result<wire::InquiryAnswers>)> answered);

  boost::asio::io_context& io_;
  const LinkSettings settings_;
  StoreRunners& stores_;
  const std::shared_ptr<spdlog::logger> logger_;
  boost::asio::steady_timer timer_;
  std::string own_address_;
  std::function<void()> attempted_;  // empty once it was called
  std::map<LogIdentity, std::string> addresses_;
  std::set<std::string> asked_;              // stores that have yet to say what they are registered with
  std::optional<std::string> last_problem_;  // logged once, not at every sign of life
  bool is_closing_ = false;
  std::map<std::string, std::unique_ptr<rpc::Channel>> channels_;  // the first to go: they call back when they end
};

}  // namespace assent::participant
