#include "coordinator/service/driver.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <utility>

#include "coordinator/core/text.h"
#include "thrift/daemon/clock.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/options.h"
#include "thrift/rpc/convert.h"

namespace assent::coordinator {

Driver::Driver(boost::asio::io_context& io, const Settings& settings, LinkSettings links, std::string address,
               std::unique_ptr<DecisionLog> log, std::shared_ptr<spdlog::logger> logger)
    : io_(io),
      logger_(std::move(logger)),
      core_(settings, log->state(), std::move(address), daemon::now()),
      timer_(io),
      outlet_(io),
      links_(
          io, std::move(links), [this](Event event) { post(std::move(event)); }, logger_),
      writer_(
          io, std::move(log), logger_, [this](Position last) { post(DurableThrough{last}); },
          [this](std::string reason) { post(LogSpaceChanged{std::move(reason)}); }) {}

Driver::~Driver() = default;

void Driver::start() {
  daemon::failpoint("coordinator.recovered");
  now_ = daemon::now();
  Effects effects;
  core_.start(now_, effects);
  perform(effects);
}

void Driver::post(Event event) {
  if (inbox_.empty()) first_came_ = daemon::now();
  inbox_.push_back(std::move(event));
  wake();
}

void Driver::wake() {
  if (std::exchange(is_awake_, true)) return;
  boost::asio::post(io_, [this] { turn(); });
}

void Driver::stop() {
  is_stopped_ = true;
  timer_.cancel();
  links_.keep_only({});
}

// ---- a turn ----

void Driver::turn() {
  is_awake_ = false;
  if (is_stopped_) return;
  const auto events = std::exchange(inbox_, {});
  now_ = daemon::now();
  turns_.events.add(events.size());
  turns_.wait.add(now_ - first_came_);
  Effects effects;
  for (const auto& event : events) {
    if (std::holds_alternative<Acknowledged>(event)) daemon::failpoint("coordinator.acknowledged");
    core_.step(event, now_, effects);
  }
  perform(effects);
  if (after_turn_) after_turn_();
}

void Driver::perform(Effects& effects) {
  view_.reset();
  full_view_.reset();
  line_view_.reset();
  for (auto& effect : effects) {
    std::visit([this](auto& each) { perform(each); }, effect);
  }
  send_decisions();
  write_block();
  arm_timer();
}

const std::shared_ptr<const wire::CoordinatorView>& Driver::view() {
  if (view_ == nullptr) view_ = std::make_shared<const wire::CoordinatorView>(rpc::to_wire(core_.view()));
  return view_;
}

const std::shared_ptr<const wire::CoordinatorView>& Driver::full_view() {
  if (full_view_ == nullptr)
    full_view_ = std::make_shared<const wire::CoordinatorView>(rpc::to_wire(core_.full_view()));
  return full_view_;
}

const std::shared_ptr<const wire::CoordinatorView>& Driver::line_view() {
  if (line_view_ == nullptr)
    line_view_ = std::make_shared<const wire::CoordinatorView>(rpc::to_wire(core_.line_view()));
  return line_view_;
}

// ---- answers ----

void Driver::perform(const LeaseGranted& effect) {
  outlet_.put("coordinator.before_lease", "coordinator.after_lease", [this, effect] { calls_.answer(effect); });
}

void Driver::perform(const OutcomeAnswered& effect) {
  outlet_.put("coordinator.before_answer", "coordinator.after_answer", [this, effect] { calls_.answer(effect); });
}

void Driver::perform(const CallRefused& effect) {
  outlet_.put("coordinator.before_refusal", "coordinator.after_refusal", [this, effect] { calls_.answer(effect); });
}

void Driver::perform(const RegistrationAnswered& effect) {
  if (effect.refused.empty()) found(effect.store);
  outlet_.put("coordinator.before_registration", "coordinator.after_registration",
              [this, effect, view = full_view()] { calls_.answer(effect, *view); });
}

void Driver::perform(const InquiryAnswered& effect) {
  outlet_.put("coordinator.before_inquiry_answer", "coordinator.after_inquiry_answer",
              [this, effect, view = full_view()] { calls_.answer(effect, *view); });
}

void Driver::found(const std::string& store) {
  const auto record = core_.store(store);
  if (!record) return;
  auto& address = found_[store];
  if (address == record->address) return;
  const bool has_moved = !address.empty();
  address = record->address;
  logger_->info("event=store_found store={} identity={} address={}", daemon::quoted(store), to_string(record->identity),
                address);
  if (!has_moved) return;
  std::vector<std::string> addresses;
  for (const auto& each : core_.stores(daemon::now())) addresses.push_back(each.record.address);
  links_.keep_only(addresses);
}

// ---- messages to stores ----
// The core sends to a store only while it knows where it is.

template <typename Effect>
void Driver::ask_for_vote(Effect& effect) {
  const auto address = core_.store_address(effect.store);
  if (!address) return post(VoteLost{effect.store, effect.id, "the address of the store is not known"});
  outlet_.put("coordinator.before_send_prepare", "coordinator.after_send_prepare",
              [this, effect = std::move(effect), address = *address, view = line_view()] {
                links_.send(address, effect, *view);
              });
}

void Driver::perform(SendExecuteAndPrepare& effect) {
  ask_for_vote(effect);
}

void Driver::perform(SendPrepare& effect) {
  ask_for_vote(effect);
}

void Driver::perform(const SendDecision& effect) {
  decisions_[{effect.store, effect.opening}].push_back(effect);
}

void Driver::send_decisions() {
  for (auto& [to, decisions] : std::exchange(decisions_, {})) {
    const auto address = core_.store_address(to.first);
    if (!address) continue;
    outlet_.put("coordinator.before_send_decision", "coordinator.after_send_decision",
                [this, decisions = std::move(decisions), address = *address, view = view()] {
                  links_.send(address, decisions, *view);
                });
  }
}

// ---- the log ----

void Driver::perform(AppendRecord& effect) {
  if (appended_.empty()) first_appended_ = effect.position;
  appended_.push_back(std::move(effect.record));
}

void Driver::perform(const ForceLog& /*effect*/) {
  if (!std::exchange(is_force_wanted_, true)) force_asked_ = now_;
}

void Driver::write_block() {
  if (!is_force_wanted_ || !writer_.is_idle()) return;  // D2
  is_force_wanted_ = false;
  if (appended_.empty()) return;
  daemon::failpoint("coordinator.before_force");
  writer_.write(first_appended_, std::exchange(appended_, {}), force_asked_);
}

// ---- people ----

void Driver::perform(const Alarm& effect) {
  logger_->error("event=alarm text={}", daemon::quoted(effect.text));
}

void Driver::perform(const Halt& effect) {
  logger_->critical("event=halt reason={}", daemon::quoted(effect.reason));
  std::fprintf(stderr, "assent-coordinator: stops: %s\n", effect.reason.c_str());
  _exit(daemon::kExitFailure);  // D4
}

void Driver::perform(const Transition& effect) {
  if (logger_->should_log(spdlog::level::debug)) logger_->debug("event=transition {}", to_text(Effect(effect)));
}

// ---- time ----

// A timer that is due too early does no harm and is set anew then: most turns leave it alone.
void Driver::arm_timer() {
  const auto due = core_.next_deadline();
  if (!due || is_stopped_ || (timer_due_ && *timer_due_ <= *due)) return;
  timer_due_ = due;
  timer_.expires_at(daemon::to_steady(*due));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    timer_due_.reset();
    post(TimePassed{});
  });
}

}  // namespace assent::coordinator
