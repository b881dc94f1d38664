// The real handlers of a coordinator, called over loopback.
#include "coordinator/service/coordinator_service.h"
#include "coordinator/service/wire.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>

#include <atomic>

#include "tests/simulation/memory_log.h"
#include "tests/unit/rpc/loop.h"

namespace assent::coordinator {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A log on a disk that the test fills, while the writer's thread uses it.
class FillableLog final : public DecisionLog {
 public:
  FillableLog(std::unique_ptr<DecisionLog> log, const std::atomic<bool>& is_full)
      : log_(std::move(log)), is_full_(is_full) {}

  const LogState& state() const override { return log_->state(); }
  Result<void> append(Position first, std::span<const LogRecord> records) override {
    if (is_full_) return Error{ErrorKind::kUnavailable, "no space"};
    return log_->append(first, records);
  }
  void claim_ahead() override { log_->claim_ahead(); }
  LogStatus status() const override {
    auto status = log_->status();
    if (is_full_) status.out_of_space = "the disk is full";
    return status;
  }

 private:
  const std::unique_ptr<DecisionLog> log_;
  const std::atomic<bool>& is_full_;
};

class CoordinatorServiceTest : public rpc::Loop {
 protected:
  CoordinatorServiceTest() {
    ServiceSettings settings;
    settings.listen = rpc::kAnyPort;
    settings.program = "test";
    service_ = std::make_unique<CoordinatorService>(
        io_, settings,
        std::make_unique<FillableLog>(MemoryLog::open(disk_, true, LogIdentity{7}, Nonce{1}).value(), is_full_),
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()));
    channel_ = std::make_unique<rpc::Channel>(io_, service_->start().value(), rpc::ChannelOptions{});
  }

  template <typename Method>
  Result<typename Method::Answer> call(const Method& method, const typename Method::Request& request) {
    std::optional<Result<typename Method::Answer>> answer;
    channel_->call(method, request, rpc::kLong, [&](auto arrived) { answer.emplace(std::move(arrived)); });
    run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  // What the call was refused with, as a mistake of the caller.
  template <typename Method>
  std::string refusal(const Method& method, const typename Method::Request& request) {
    const auto answer = call(method, request);
    if (answer) return "it was served";
    EXPECT_EQ(answer.error().kind, ErrorKind::kInvalidInput);
    return answer.error().message;
  }

  static wire::Registration registration(std::size_t stores, const std::string& address = "127.0.0.1:1") {
    wire::Registration registration;
    registration.address = address;
    registration.log = 7;
    registration.epoch = 1;
    for (std::size_t each = 1; each <= stores; ++each) {
      wire::StoreRegistration store;
      store.store = "store-" + std::to_string(each);
      store.identity = static_cast<std::int64_t>(each);
      store.start_number = 1;
      store.opening = static_cast<std::int64_t>(each);
      registration.stores.push_back(std::move(store));
    }
    return registration;
  }

  MemoryDisk disk_;
  std::atomic<bool> is_full_ = false;
  std::unique_ptr<CoordinatorService> service_;
  std::unique_ptr<rpc::Channel> channel_;
};

TEST_F(CoordinatorServiceTest, ARegistrationIsBoundedInNamesAddressesAndStores) {
  EXPECT_TRUE(call(rpc::methods::kRegisterStores, registration(1024)));
  EXPECT_THAT(refusal(rpc::methods::kRegisterStores, registration(1025)),
              AllOf(HasSubstr("stores: 1025"), HasSubstr("several participants")));
  EXPECT_THAT(refusal(rpc::methods::kRegisterStores, registration(1, std::string(1U << 20U, 'x') + ":1")),
              HasSubstr("at most 255 bytes"));
  auto injected = registration(1);
  injected.stores[0].store = "x\nevent=alarm";
  EXPECT_THAT(refusal(rpc::methods::kRegisterStores, injected), HasSubstr("`x?event=alarm` cannot be the name"));
  EXPECT_EQ(call(rpc::methods::kStores, {}).value().stores.size(), 1024U);
}

TEST_F(CoordinatorServiceTest, ARegistrationThatWasMadeForAnotherStartIsRefused) {
  auto queued = registration(1);
  queued.epoch = 2;
  const auto answer = call(rpc::methods::kRegisterStores, queued);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(answer.error().message, HasSubstr("another start of this coordinator"));
  EXPECT_TRUE(call(rpc::methods::kStores, {}).value().stores.empty());
}

TEST_F(CoordinatorServiceTest, ItCountsCallsTurnsAndForces) {
  ASSERT_TRUE(call(rpc::methods::kRegisterStores, registration(2)));
  ASSERT_TRUE(call(rpc::methods::kRegisterStores, registration(2)));
  const auto counters = call(rpc::methods::kCoordinatorStatus, {}).value().counters;
  std::map<std::string, std::int64_t> requests;
  std::map<std::string, std::int64_t> answers;
  for (const auto& method : counters.callers.methods) {
    requests[method.method] = method.requests;
    answers[method.method] = method.answers;
  }
  EXPECT_EQ(requests,
            (std::map<std::string, std::int64_t>{{"coordinator_status", 1}, {"hello", 1}, {"register_stores", 2}}));
  EXPECT_EQ(answers,
            (std::map<std::string, std::int64_t>{{"coordinator_status", 0}, {"hello", 1}, {"register_stores", 2}}));
  EXPECT_EQ(counters.callers.connections, 1);
  EXPECT_TRUE(counters.stores.methods.empty());
  EXPECT_EQ(counters.log.forces, (std::map<std::string, std::int64_t>{{"store", 1}})) << "both stores in one block";
  EXPECT_EQ(counters.log.records.sum, 2);
  EXPECT_GE(counters.turn_events.max, 2) << "both registrations in one turn";
  EXPECT_EQ(counters.turn_events.count, counters.turn_wait_us.count);
  EXPECT_GT(counters.network_cpu_us, 0);
}

TEST(CoordinatorWire, AnInquirySaysAllThatItsStoreHasSeenOfTheLog) {
  wire::InquiryRequest request;
  request.seen_epoch = 3;
  request.seen_nonce = 33;
  request.seen_position = 40;
  wire::Inquiry inquiry;
  inquiry.id.log = 7;
  EXPECT_EQ(to_event(request, inquiry, {}).seen, (CoordinatorLine{LogIdentity{7}, Epoch{3}, Nonce{33}, Position{40}}));
}

TEST_F(CoordinatorServiceTest, AnInquiryIsBoundedInItsNameAndInWhatItAsks) {
  wire::InquiryRequest request;
  request.store = "a";
  request.inquiries.resize(1024);
  EXPECT_EQ(call(rpc::methods::kInquire, request).value().answers.size(), 1024U);
  request.inquiries.resize(1025);
  EXPECT_THAT(refusal(rpc::methods::kInquire, request), HasSubstr("inquiries: 1025"));
  request.inquiries.resize(1);
  request.store = std::string(1U << 20U, 'x');
  EXPECT_THAT(refusal(rpc::methods::kInquire, request), HasSubstr("cannot be the name of a store"));
}

TEST_F(CoordinatorServiceTest, AWoundIsBoundedInItsName) {
  wire::WoundRequest request;
  request.store = std::string(65, 'x');
  EXPECT_THAT(refusal(rpc::methods::kWound, request), HasSubstr("cannot be the name of a store"));
}

TEST_F(CoordinatorServiceTest, TheLevelOfASubmitGoesToItsStoresAndOneThatDoesNotExistIsRefused) {
  std::vector<wire::IsolationLevel::type> levels;
  rpc::Server participant(io_, {}, rpc::hello_of());
  participant.on(rpc::methods::kExecuteAndPrepare,
                 [&](const wire::ExecuteAndPrepareRequest& request, const rpc::Responder<wire::VoteAnswer>& respond) {
                   levels.push_back(request.level);
                   wire::VoteAnswer no;
                   no.vote = wire::Vote::NO;
                   respond(no);
                 });
  const auto address = to_string(participant.listen(rpc::kAnyPort).value());
  ASSERT_TRUE(call(rpc::methods::kRegisterStores, registration(1, address)));
  wire::LeaseRequest wanted;
  wanted.count = 3;
  wire::SubmitRequest submit;
  submit.id = call(rpc::methods::kLease, wanted).value().first;
  submit.branches.resize(1);
  submit.branches[0].store = "store-1";
  submit.branches[0].statements.resize(1);
  submit.level = static_cast<wire::IsolationLevel::type>(3);
  EXPECT_THAT(refusal(rpc::methods::kSubmit, submit), HasSubstr("level: 3 is not a value that this version knows"));
  submit.level = static_cast<wire::IsolationLevel::type>(0);  // left out
  EXPECT_TRUE(call(rpc::methods::kSubmit, submit));
  ++submit.id.number;
  submit.level = wire::IsolationLevel::READ_COMMITTED;
  EXPECT_TRUE(call(rpc::methods::kSubmit, submit));
  EXPECT_THAT(levels, testing::ElementsAre(wire::IsolationLevel::SERIALIZABLE, wire::IsolationLevel::READ_COMMITTED));
}

TEST_F(CoordinatorServiceTest, WhileTheLogHasNoRoomACommitAbortsAndEndsItsBranches) {
  wire::DecideRequest decided;
  rpc::Server participant(io_, {}, rpc::hello_of());
  participant.on(rpc::methods::kDecide,
                 [&](wire::DecideRequest&& request, const rpc::Responder<wire::DecideAnswer>& respond) {
                   decided = std::move(request);
                   respond.fault(wire::FaultCode::UNAVAILABLE, "not now");
                 });
  participant.on(rpc::methods::kPrepare,
                 [](const wire::PrepareRequest& request, const rpc::Responder<wire::VoteAnswer>& respond) {
                   wire::VoteAnswer yes;
                   yes.branch = request.branch;
                   yes.vote = wire::Vote::YES;
                   respond(yes);
                 });
  const auto address = to_string(participant.listen(rpc::kAnyPort).value());
  ASSERT_TRUE(call(rpc::methods::kRegisterStores, registration(1, address)));
  wire::LeaseRequest wanted;
  wanted.count = 2;
  const auto lease = call(rpc::methods::kLease, wanted).value();
  is_full_ = true;
  // The log finds out when it is written to: here by a store that registers.
  channel_->call(rpc::methods::kRegisterStores, registration(2, address), rpc::kLong, [](const auto&) {});
  run_until([&] { return !call(rpc::methods::kCoordinatorStatus, {}).value().log_out_of_space.empty(); });

  wire::CommitRequest commit;
  commit.id = lease.first;
  wire::TouchedBranch branch;
  branch.store = "store-1";
  branch.branch.start = 1;
  branch.branch.counter = 5;
  branch.statement_count = 1;
  commit.branches.push_back(branch);
  const auto outcome = call(rpc::methods::kCommit, commit).value();
  EXPECT_EQ(outcome.kind, wire::OutcomeKind::ABORTED);
  EXPECT_EQ(outcome.cause.reason, wire::AbortReason::OVERLOADED);
  EXPECT_THAT(outcome.cause.detail, HasSubstr("until the decision log has room"));
  run_until([&] { return !decided.decisions.empty(); });
  EXPECT_EQ(decided.decisions[0].kind, wire::DecisionKind::ABORT);
  EXPECT_EQ(decided.decisions[0].branch.counter, 5);
}

}  // namespace
}  // namespace assent::coordinator
