#include "participant/service/coordinator_link.h"

#include <algorithm>
#include <utility>

#include "assent_constants.h"
#include "participant/service/wire.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/rpc/convert.h"

namespace assent::participant {

namespace {

LinkSettings counted(LinkSettings settings) {
  settings.channel.counters = std::make_shared<rpc::Counters>();
  return settings;
}

}  // namespace

CoordinatorLink::CoordinatorLink(boost::asio::io_context& io, LinkSettings settings, StoreRunners& stores,
                                 std::shared_ptr<spdlog::logger> logger)
    : io_(io), settings_(counted(std::move(settings))), stores_(stores), logger_(std::move(logger)), timer_(io) {}

void CoordinatorLink::start(const rpc::Address& own_address, std::function<void()> attempted) {
  attempted_ = std::move(attempted);
  own_address_ = to_string(own_address);
  begin_registration();
}

CoordinatorLink::~CoordinatorLink() {
  is_closing_ = true;
}

std::optional<std::string> CoordinatorLink::address(LogIdentity log) const {
  const auto found = addresses_.find(log);
  if (found == addresses_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> CoordinatorLink::refusal(LogIdentity log, const std::string& store) const {
  const auto found = refusals_.find({log, store});
  if (found == refusals_.end()) return std::nullopt;
  return found->second;
}

rpc::Channel* CoordinatorLink::channel_to(const std::string& address) {
  auto& channel = channels_[address];
  if (!channel) {
    const auto parsed = rpc::parse_address(address);
    if (!parsed) {
      channels_.erase(address);
      logger_->error("event=bad_coordinator_address address=\"{}\" error=\"{}\"", address, parsed.error().message);
      return nullptr;
    }
    channel = std::make_unique<rpc::Channel>(io_, *parsed, settings_.channel);
    // A coordinator that was started again knows no opening, and serves no store before it does.
    if (address == to_string(settings_.coordinator)) channel->on_break([this] { begin_registration(); });
  }
  return channel.get();
}

std::string CoordinatorLink::address_of(LogIdentity log, const std::string& named) const {
  if (!named.empty()) return named;
  return address(log).value_or(to_string(settings_.coordinator));
}

// ---- registrations ----

void CoordinatorLink::begin_registration() {
  const auto address = to_string(settings_.coordinator);
  if (registering_.contains(address)) return;  // its end sets the timer
  register_at(address, [this](const Result<std::string>& result) { registration_ended(result); });
}

void CoordinatorLink::registration_ended(const Result<std::string>& result) {
  if (is_closing_) return;
  const std::string problem = result ? *result : result.error().message;
  if (last_problem_ != problem) {
    if (problem.empty()) {
      logger_->info("event=registered coordinator={} address={}", to_string(settings_.coordinator), own_address_);
    } else {
      logger_->warn("event=not_registered coordinator={} reason=\"{}\"", to_string(settings_.coordinator), problem);
    }
    last_problem_ = problem;
  }
  if (attempted_) std::exchange(attempted_, {})();
  const auto pause = settings_.registration_interval;
  timer_.expires_after(result ? pause : std::min(pause, settings_.registration_retry));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) begin_registration();
  });
}

void CoordinatorLink::register_soon(const std::string& address) {
  if (own_address_.empty() || registering_.contains(address)) return;
  if (address == to_string(settings_.coordinator)) return begin_registration();
  register_at(address, [this, address](const Result<std::string>& result) {
    logger_->info("event=registered_elsewhere coordinator={} problem=\"{}\"", address,
                  result ? *result : result.error().message);
  });
}

// The identity of the coordinator's log comes first: what a store has seen is kept by identity.
void CoordinatorLink::register_at(const std::string& address, Registered ended) {
  auto* const to = channel_to(address);
  if (to == nullptr) return;
  registering_.insert(address);
  const Registered over = [this, address, ended = std::move(ended)](const Result<std::string>& result) {
    registering_.erase(address);
    ended(result);
  };
  wire::HelloRequest hello;
  hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  hello.program = settings_.channel.program;
  to->call(rpc::methods::kHello, hello, settings_.call_timeout,
           [this, address, over](Result<wire::HelloAnswer> answer) {
             if (!answer) return over(answer.error());
             register_stores(address, *answer, over);
           });
}

// Each as it was after its last batch: one whose thread is busy keeps nobody waiting.
void CoordinatorLink::register_stores(const std::string& address, const wire::HelloAnswer& hello,
                                      const Registered& ended) {
  if (daemon::failpoint("participant.before_register")) return ended(std::string("failpoint"));
  const LogIdentity log{static_cast<std::uint64_t>(hello.log_identity)};
  wire::Registration registration;
  registration.address = own_address_;
  registration.log = hello.log_identity;
  registration.epoch = hello.epoch;
  for (const auto& [name, runner] : stores_) {
    if (const auto standing = runner->standing()) {
      registration.stores.push_back(to_registration(name, *standing, log));
    }
  }
  if (registration.stores.empty()) return ended(std::string("no store is online"));
  std::vector<std::string> names;
  for (const auto& store : registration.stores) names.push_back(store.store);
  channel_to(address)->call(rpc::methods::kRegisterStores, registration, settings_.call_timeout,
                            [this, log, names, ended](Result<wire::RegistrationAnswer> answer) {
                              if (!answer) return ended(answer.error());
                              const auto view = rpc::from_wire(std::move(answer->coordinator), "coordinator");
                              if (!view) return ended(view.error());
                              ended(take_answer(log, names, *answer, *view));
                            });
}

// It says nothing of stores that were offline when the others registered.
std::string CoordinatorLink::take_answer(LogIdentity log, const std::vector<std::string>& names,
                                         const wire::RegistrationAnswer& answer, const CoordinatorView& coordinator) {
  if (!coordinator.address.empty()) addresses_[coordinator.line.log] = coordinator.address;
  std::string problem;
  for (const auto& name : names) refusals_.erase({log, name});
  for (const auto& refused : answer.refused) {
    refusals_[{log, refused.store}] = refused.reason;
    problem += "store `" + refused.store + "` is refused: " + refused.reason + "; ";
  }
  for (const auto& name : names) {
    // A store that has gone offline hears of it at the next registration.
    if (refusals_.contains({log, name})) continue;
    static_cast<void>(stores_.at(name)->post(RegistrationAccepted{coordinator}));
  }
  return problem;
}

// ---- questions ----

void CoordinatorLink::inquire(const std::string& address, const std::string& store,
                              const std::vector<SendInquiry>& inquiries,
                              std::function<void(Result<wire::InquiryAnswers>)> answered) {
  auto* const to = channel_to(address);
  if (daemon::failpoint("participant.before_inquiry") || to == nullptr) {
    return answered(Error{ErrorKind::kUnavailable, "the coordinator cannot be asked"});
  }
  wire::InquiryRequest request;
  request.store = store;
  request.opening = static_cast<std::int64_t>(inquiries.front().opening);
  request.seen_epoch = static_cast<std::int64_t>(inquiries.front().seen.epoch);
  request.seen_nonce = static_cast<std::int64_t>(inquiries.front().seen.nonce);
  request.seen_position = static_cast<std::int64_t>(inquiries.front().seen.durable);
  for (const auto& inquiry : inquiries) {
    auto& one = request.inquiries.emplace_back();
    one.id = rpc::to_wire(inquiry.id);
    one.branch = rpc::to_wire(inquiry.branch);
  }
  to->call(rpc::methods::kInquire, request, settings_.call_timeout, std::move(answered));
}

// An inquiry that fails is repeated by the branch, and so is an answer that meets an offline store.
void CoordinatorLink::send(const std::string& store, const std::vector<SendInquiry>& inquiries) {
  constexpr std::size_t kMostInAMessage = 1000;
  std::map<std::pair<std::string, LogIdentity>, std::vector<SendInquiry>> waiting;
  for (const auto& inquiry : inquiries) {
    const auto address = address_of(inquiry.id.log, inquiry.address);
    auto& together = waiting[{address, inquiry.id.log}];
    together.push_back(inquiry);
    if (together.size() == kMostInAMessage) ask(address, store, std::exchange(together, {}));
  }
  for (const auto& [to, together] : waiting) {
    if (!together.empty()) ask(to.first, store, together);
  }
}

void CoordinatorLink::ask(const std::string& address, const std::string& store,
                          const std::vector<SendInquiry>& inquiries) {
  inquire(address, store, inquiries, [this, address, store](Result<wire::InquiryAnswers> answers) {
    if (!answers) return;
    auto said = rpc::from_wire(std::move(answers->coordinator), "coordinator");
    if (!said) return logger_->error("event=bad_inquiry_answer error=\"{}\"", said.error().message);
    const SharedWord word(std::move(*said));
    std::size_t heard = 0;  // a store takes the word of the coordinator with these only
    for (const auto& answer : answers->answers) {
      auto event = to_event(answer, word.of_part(heard));
      if (!event) {
        logger_->error("event=bad_inquiry_answer error=\"{}\"", event.error().message);
        continue;
      }
      const bool must_register = event->result == InquiryResult::kNotAccepted;
      const bool is_heard =
          !must_register && event->result != InquiryResult::kNotMine && event->coordinator->line.log == event->id.log;
      if (stores_.at(store)->post(std::move(*event)) && is_heard) ++heard;
      if (must_register) register_soon(address);
    }
  });
}

void CoordinatorLink::can_answer(const std::string& store, const SendInquiry& inquiry,
                                 std::function<void(bool)> answer) {
  const auto address = address_of(inquiry.id.log, inquiry.address);
  const auto log = inquiry.id.log;
  inquire(address, store, {inquiry},
          [this, log, store, answer = std::move(answer)](Result<wire::InquiryAnswers> answers) {
            if (is_closing_) return;  // the coordinator was cut off, which does not mean that it cannot answer
            if (!answers || answers->answers.empty()) return answer(false);
            const auto result = answers->answers.front().result;
            // One that has not accepted the store yet will answer; one that refuses it never does.
            if (result == wire::InquiryResult::NOT_ACCEPTED) return answer(!refusal(log, store));
            answer(result != wire::InquiryResult::NOT_MINE);
          });
}

void CoordinatorLink::send(const std::string& store, const SendWound& wound) {
  auto* const to = channel_to(address_of(wound.id.log, wound.address));
  if (to == nullptr) return;
  wire::WoundRequest request;
  request.store = store;
  request.id = rpc::to_wire(wound.id);
  request.opening = static_cast<std::int64_t>(wound.opening);
  // Nothing hangs on the answer: it is asked again while somebody waits.
  to->call(rpc::methods::kWound, request, settings_.call_timeout, [](const Result<wire::WoundAnswer>&) {});
}

}  // namespace assent::participant
