// CoordinatorLink: what a participant says to coordinators: who it is, what became of a branch, who should yield.
//
// Coordinators are found by the identity of their log: at the address they last named themselves, else at the
// configured one. A coordinator speaks only to openings of stores that it has accepted since its start. So registration
// at the configured one is repeated as a sign of life, and at once when its connection breaks, so that one that comes
// back knows its stores; and another one, that a branch is still in doubt for, is registered with when it asks for it.
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
#include <utility>
#include <vector>

#include "assent/coordinator_view.h"
#include "participant/core/events.h"
#include "participant/service/store_runner.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/channel.h"

namespace assent::participant {

using StoreRunners = std::map<std::string, std::unique_ptr<StoreRunner>>;

struct LinkSettings {
  rpc::Address coordinator;  // configured
  Duration registration_interval = std::chrono::seconds(1);
  Duration registration_retry = std::chrono::milliseconds(100);  // after one that did not reach it, if that is shorter
  Duration call_timeout = std::chrono::seconds(2);               // of a registration, an inquiry, a wound
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

  // Of all that was said to coordinators so far, and heard.
  const rpc::Counters& counters() const { return *settings_.channel.counters; }

  // Where the coordinator of this log listens, as it said when stores registered; nothing if none has been heard of.
  std::optional<std::string> address(LogIdentity log) const;

  // Why the coordinator of this log has refused the store, when it was registered last; nothing if it has not.
  std::optional<std::string> refusal(LogIdentity log, const std::string& store) const;

  // All that a store asks at one time: after a restart that may be very much, and each coordinator gets few calls.
  void send(const std::string& store, const std::vector<SendInquiry>& inquiries);
  void send(const std::string& store, const SendWound& wound);

  // Asks once, for an operator: calls back whether the coordinator of the branch could answer.
  void can_answer(const std::string& store, const SendInquiry& inquiry, std::function<void(bool)> answer);

 private:
  // What came of a registration: an error if the coordinator was not reached, or has refused all of it; else which
  // stores it refuses, as a sentence; empty if none.
  using Registered = std::function<void(const Result<std::string>&)>;

  void begin_registration();
  void registration_ended(const Result<std::string>& result);
  // At the coordinator that does not know the stores, if nothing is on its way there.
  void register_soon(const std::string& address);
  // The steps of one registration: hello, all stores that are online, what the coordinator says.
  void register_at(const std::string& address, Registered ended);
  void register_stores(const std::string& address, const wire::HelloAnswer& hello, const Registered& ended);
  std::string take_answer(LogIdentity log, const std::vector<std::string>& names,
                          const wire::RegistrationAnswer& answer, const CoordinatorView& coordinator);

  // Where the store says that the coordinator is, for it believes none that was replaced; else where it registered.
  std::string address_of(LogIdentity log, const std::string& named) const;
  rpc::Channel* channel_to(const std::string& address);
  // REQUIRES: all are about the log of the first.
  void inquire(const std::string& address, const std::string& store, const std::vector<SendInquiry>& inquiries,
               std::function<void(Result<wire::InquiryAnswers>)> answered);
  void ask(const std::string& address, const std::string& store, const std::vector<SendInquiry>& inquiries);

  boost::asio::io_context& io_;
  const LinkSettings settings_;
  StoreRunners& stores_;
  const std::shared_ptr<spdlog::logger> logger_;
  boost::asio::steady_timer timer_;
  std::string own_address_;
  std::function<void()> attempted_;  // empty once it was called
  std::map<LogIdentity, std::string> addresses_;
  std::map<std::pair<LogIdentity, std::string>, std::string> refusals_;
  std::set<std::string> registering_;        // the addresses of coordinators where a registration is under way
  std::optional<std::string> last_problem_;  // logged once, not at every sign of life
  bool is_closing_ = false;
  std::map<std::string, std::unique_ptr<rpc::Channel>> channels_;  // last: their calls end with them
};

}  // namespace assent::participant
