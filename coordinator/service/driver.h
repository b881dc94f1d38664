// Driver: the core at work. It steps the core through every event that waits, then performs the effects in order.
//
//   D1  One turn takes all events that wait: what they decide goes into one block of the log, one message to each store
//       and one system call to each peer.
//   D2  What was appended goes to the log as one block when a force was asked for, and the next block only after that
//       one is durable. Its durability comes back as an event.
//   D3  The core is never stepped from within an effect: what a call or the log reports waits for the next turn.
//   D4  The driver decides nothing. After Halt it sends nothing more, and ends the process.
//
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
#include <utility>
#include <vector>

#include "coordinator/core/coordinator.h"
#include "coordinator/log/decision_log.h"
#include "coordinator/service/counters.h"
#include "coordinator/service/log_writer.h"
#include "coordinator/service/outlet.h"
#include "coordinator/service/pending_calls.h"
#include "coordinator/service/store_links.h"

namespace assent::coordinator {

class Driver {
 public:
  // `address` is where stores send inquiries. REQUIRES: !check(settings).
  Driver(boost::asio::io_context& io, const Settings& settings, LinkSettings links, std::string address,
         std::unique_ptr<DecisionLog> log, std::shared_ptr<spdlog::logger> logger);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Sends what recovery owes. Once, before anything else.
  void start();

  // The event is stepped in the next turn.
  void post(Event event);

  // Called after each turn; replaces what was set before.
  void after_each_turn(std::function<void()> action) { after_turn_ = std::move(action); }

  // Closes the connections to stores and stops every timer: nothing is sent any more.
  void stop();

  // Who waits for an answer of the core; the driver answers them.
  PendingCalls& calls() { return calls_; }

  const Coordinator& core() const { return core_; }
  LogStatus log_status() const { return writer_.status(); }

  // Since the start.
  const TurnCounters& turn_counters() const { return turns_; }
  const rpc::Counters& link_counters() const { return links_.counters(); }
  LogCounters log_counters() const { return writer_.counters(); }

  // Every store has acknowledged, or refused, what was decided; everybody who called has an answer.
  bool is_settled() const {
    return core_.committing() == 0 && calls_.size() == 0 && links_.unanswered_decisions() == 0;
  }

 private:
  void wake();
  void turn();
  void perform(Effects& effects);

  // One for each kind of effect.
  void perform(const LeaseGranted& effect);
  void perform(const OutcomeAnswered& effect);
  void perform(const CallRefused& effect);
  void perform(const RegistrationAnswered& effect);
  void perform(const InquiryAnswered& effect);
  void perform(SendExecuteAndPrepare& effect);
  void perform(SendPrepare& effect);
  void perform(const SendDecision& effect);
  void perform(AppendRecord& effect);
  void perform(const ForceLog& effect);
  void perform(const Alarm& effect);
  [[noreturn]] void perform(const Halt& effect);
  void perform(const Transition& effect);

  template <typename Effect>
  void ask_for_vote(Effect& effect);
  // The decisions of this turn, those for one opening of a store together.
  void send_decisions();
  void write_block();
  void arm_timer();
  // Notes where a store is, the first time and when it has moved.
  void found(const std::string& store);
  // What the coordinator says of itself in this turn.
  const std::shared_ptr<const wire::CoordinatorView>& view();
  const std::shared_ptr<const wire::CoordinatorView>& full_view();
  const std::shared_ptr<const wire::CoordinatorView>& line_view();

  boost::asio::io_context& io_;
  const std::shared_ptr<spdlog::logger> logger_;
  Coordinator core_;
  std::vector<Event> inbox_;
  Time first_came_;        // of the events in inbox_
  bool is_awake_ = false;  // a turn has been posted
  bool is_stopped_ = false;
  std::function<void()> after_turn_;
  TurnCounters turns_;
  PendingCalls calls_;

  // Appended and not yet with the log.
  Position first_appended_{};
  std::vector<LogRecord> appended_;
  bool is_force_wanted_ = false;
  Time force_asked_;  // if it is wanted

  // Of the present turn.
  Time now_;
  std::shared_ptr<const wire::CoordinatorView> view_;
  std::shared_ptr<const wire::CoordinatorView> full_view_;
  std::shared_ptr<const wire::CoordinatorView> line_view_;
  std::map<std::pair<std::string, Opening>, std::vector<SendDecision>> decisions_;

  std::map<std::string, std::string> found_;  // the address at which each store has registered in this start
  boost::asio::steady_timer timer_;
  std::optional<Time> timer_due_;
  Outlet outlet_;
  StoreLinks links_;
  LogWriter writer_;  // its thread ends before what is above
};

}  // namespace assent::coordinator
