// CoordinatorLink: what a participant says to coordinators: who it is, what became of a branch, who should yield.
//
// Coordinators are found by the identity of their log: at the address they last named themselves, else at the
// configured one. Registration is repeated as a sign of life, so a coordinator that comes back is found at once.
// On the network thread only.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

  // Registers every store as served at `own_address`, now and again and again. Calls back once, when the first attempt
  // has ended, well or not.
  void start(const rpc::Address& own_address, std::function<void()> attempted);

  // Remembers where the coordinator of this log listens.
  void heard(const CoordinatorView& coordinator);

  // Where the coordinator of this log listens; nothing if none has been heard of.
  std::optional<std::string> address(LogIdentity log) const;

  void send(const std::string& store, const SendInquiry& inquiry);
  void send(const std::string& store, const SendWound& wound);

  // Asks once, for an operator: calls back whether the coordinator of the branch could answer.
  void can_answer(const std::string& store, const SendInquiry& inquiry, std::function<void(bool)> answer);

 private:
  void begin_registration();
  void ask_stores(LogIdentity log);
  void register_stores(wire::Registration registration);
  void registration_ended(const std::string& problem);
  rpc::Channel* channel(LogIdentity log, const std::string& fallback);
  rpc::Channel* channel_to(const std::string& address);
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
  std::map<std::string, std::unique_ptr<rpc::Channel>> channels_;
  std::optional<std::string> last_problem_;  // logged once, not at every sign of life
};

}  // namespace assent::participant
