#include "participant/service/coordinator_link.h"

#include <utility>

#include "assent_constants.h"
#include "participant/service/gathering.h"
#include "participant/service/wire.h"
#include "thrift/daemon/failpoint.h"
#include "thrift/rpc/convert.h"

namespace assent::participant {

CoordinatorLink::CoordinatorLink(boost::asio::io_context& io, LinkSettings settings, StoreRunners& stores,
                                 std::shared_ptr<spdlog::logger> logger)
    : io_(io), settings_(std::move(settings)), stores_(stores), logger_(std::move(logger)), timer_(io) {}

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

rpc::Channel* CoordinatorLink::channel_to(const std::string& named) {
  const std::string address = named.empty() ? to_string(settings_.coordinator) : named;
  auto& channel = channels_[address];
  if (!channel) {
    const auto parsed = rpc::parse_address(address);
    if (!parsed) {
      channels_.erase(address);
      logger_->error("event=bad_coordinator_address address=\"{}\" error=\"{}\"", address, parsed.error().message);
      return nullptr;
    }
    channel = std::make_unique<rpc::Channel>(io_, *parsed, settings_.channel);
  }
  return channel.get();
}

// The identity of the coordinator's log comes first: what a store has seen is kept by identity.
void CoordinatorLink::begin_registration() {
  wire::HelloRequest hello;
  hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  hello.program = settings_.channel.program;
  channel_to({})->call(rpc::methods::kHello, hello, settings_.call_timeout, [this](Result<wire::HelloAnswer> answer) {
    if (!answer) return registration_ended(answer.error().message);
    ask_stores(LogIdentity{static_cast<std::uint64_t>(answer->log_identity)});
  });
}

// A store whose thread is busy, for as long as statements may run, does not keep the others from registering again.
void CoordinatorLink::ask_stores(LogIdentity log) {
  const auto round = std::make_shared<Round>();
  for (auto& [name, runner] : stores_) {
    if (!asked_.insert(name).second) continue;
    ++round->missing;
    const auto answer = gather<std::optional<wire::StoreRegistration>>(
        io_, std::nullopt, [this, round, store = name](std::optional<wire::StoreRegistration>& gathered) {
          asked_.erase(store);
          --round->missing;
          if (gathered) round->gathered.stores.push_back(std::move(*gathered));
          if (round->is_over ? gathered.has_value() : round->missing == 0) end_round(*round);
        });
    const auto asked =
        runner->ask([answer, log, store = name](const BranchTable& branches, const StoreReport& report, Time /*now*/) {
          answer->add([&](std::optional<wire::StoreRegistration>& gathered) {
            gathered = to_registration(store, report, branches.seen(log));
          });
        });
    if (!asked) logger_->debug("event=not_registered store={} reason=\"{}\"", name, asked.error().message);
  }
  if (attempted_) return;  // somebody waits for all of them to be known
  timer_.expires_after(settings_.registration_interval);
  timer_.async_wait([this, round](const boost::system::error_code& error) {
    if (!error && !round->is_over) end_round(*round);
  });
}

void CoordinatorLink::end_round(Round& round) {
  round.is_over = true;
  register_stores(std::exchange(round.gathered, {}));
}

void CoordinatorLink::register_stores(wire::Registration registration) {
  if (registration.stores.empty()) return registration_ended("no store is online, or all are busy");
  registration.address = own_address_;
  if (daemon::failpoint("participant.before_register")) return registration_ended("failpoint");
  channel_to({})->call(rpc::methods::kRegisterStores, registration, settings_.call_timeout,
                       [this](Result<wire::RegistrationAnswer> answer) {
                         if (!answer) return registration_ended(answer.error().message);
                         const auto coordinator = rpc::from_wire(std::move(answer->coordinator), "coordinator");
                         if (!coordinator) return registration_ended(coordinator.error().message);
                         if (!coordinator->address.empty()) addresses_[coordinator->line.log] = coordinator->address;
                         for (auto& [name, runner] : stores_) {
                           // An offline store hears of it at the next registration.
                           static_cast<void>(runner->post(CoordinatorHeard{*coordinator}));
                         }
                         std::string problem;
                         for (const auto& refused : answer->refused) {
                           problem += "store `" + refused.store + "` is refused: " + refused.reason + "; ";
                         }
                         registration_ended(problem);
                       });
}

void CoordinatorLink::registration_ended(const std::string& problem) {
  if (is_closing_) return;
  if (last_problem_ != problem) {
    if (problem.empty()) {
      logger_->info("event=registered coordinator={} address={}", to_string(settings_.coordinator), own_address_);
    } else {
      logger_->warn("event=not_registered coordinator={} reason=\"{}\"", to_string(settings_.coordinator), problem);
    }
    last_problem_ = problem;
  }
  if (attempted_) std::exchange(attempted_, {})();
  timer_.expires_after(settings_.registration_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) begin_registration();
  });
}

void CoordinatorLink::inquire(const std::string& store, const SendInquiry& inquiry,
                              std::function<void(Result<wire::InquiryAnswers>)> answered) {
  auto* const to = channel_to(inquiry.address);
  if (daemon::failpoint("participant.before_inquiry") || to == nullptr) {
    return answered(Error{ErrorKind::kUnavailable, "the coordinator cannot be asked"});
  }
  wire::InquiryRequest request;
  request.store = store;
  request.seen_epoch = static_cast<std::int64_t>(inquiry.seen.epoch);
  request.seen_nonce = static_cast<std::int64_t>(inquiry.seen.nonce);
  wire::Inquiry one;
  one.id = rpc::to_wire(inquiry.id);
  one.branch = rpc::to_wire(inquiry.branch);
  request.inquiries.push_back(std::move(one));
  to->call(rpc::methods::kInquire, request, settings_.call_timeout, std::move(answered));
}

// An inquiry that fails is repeated by the branch, and so is an answer that meets an offline store.
void CoordinatorLink::send(const std::string& store, const SendInquiry& inquiry) {
  inquire(store, inquiry, [this, store](Result<wire::InquiryAnswers> answers) {
    if (!answers) return;
    const auto coordinator = rpc::from_wire(std::move(answers->coordinator), "coordinator");
    if (!coordinator) return logger_->error("event=bad_inquiry_answer error=\"{}\"", coordinator.error().message);
    for (const auto& answer : answers->answers) {
      auto event = to_event(answer, *coordinator);
      if (!event) return logger_->error("event=bad_inquiry_answer error=\"{}\"", event.error().message);
      static_cast<void>(stores_.at(store)->post(std::move(*event)));
    }
  });
}

void CoordinatorLink::can_answer(const std::string& store, const SendInquiry& inquiry,
                                 std::function<void(bool)> answer) {
  inquire(store, inquiry, [this, answer = std::move(answer)](Result<wire::InquiryAnswers> answers) {
    if (is_closing_) return;  // the coordinator was cut off, which does not mean that it cannot answer
    answer(answers && !answers->answers.empty() && answers->answers.front().result != wire::InquiryResult::NOT_MINE);
  });
}

void CoordinatorLink::send(const std::string& store, const SendWound& wound) {
  auto* const to = channel_to(wound.address);
  if (to == nullptr) return;
  wire::WoundRequest request;
  request.store = store;
  request.id = rpc::to_wire(wound.id);
  // Nothing hangs on the answer: it is asked again while somebody waits.
  to->call(rpc::methods::kWound, request, settings_.call_timeout, [](const Result<wire::WoundAnswer>&) {});
}

}  // namespace assent::participant
