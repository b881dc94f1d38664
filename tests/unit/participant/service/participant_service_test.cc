// A whole participant without its process: what callers are told while a store is offline.
#include "participant/service/participant_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/participant/service/fake_store.h"
#include "thrift/rpc/channel.h"
#include "thrift/rpc/convert.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Nobody listens there.
constexpr const char* kNobody = "127.0.0.1:1";

class ServedStoreTest : public testing::Test {
 protected:
  void serve(Health health) {
    ServiceSettings settings;
    settings.listen = rpc::parse_address("127.0.0.1:0").value();
    settings.link.coordinator = rpc::parse_address(kNobody).value();
    settings.runner.core.inquiry_first = 1ms;
    settings.runner.reopen_first = 1h;
    service_.emplace(io_, settings, std::vector<ServedStore>{{"a", "a.db", [health] { return fake_store(health); }}},
                     silent());
    ASSERT_TRUE(service_->start([this](const rpc::Address& address) {
      channel_.emplace(io_, address, rpc::ChannelOptions{});
      io_.stop();
    }));
    io_.run();
    ASSERT_TRUE(channel_);
  }

  template <typename Method>
  Result<typename Method::Answer> call(const Method& method, const typename Method::Request& request) {
    std::optional<Result<typename Method::Answer>> answered;
    channel_->call(method, request, 10s, [&](Result<typename Method::Answer> answer) {
      answered = std::move(answer);
      io_.stop();
    });
    io_.restart();
    io_.run();
    return std::move(*answered);
  }

  // Until the store has failed, which it does as soon as its thread has something to do.
  void wait_until_offline() {
    for (;;) {
      const auto status = call(rpc::methods::kParticipantStatus, wire::Empty());
      ASSERT_TRUE(status) << status.error().message;
      if (!status->stores.at(0).offline.empty()) return;
    }
  }

  boost::asio::io_context io_;
  std::optional<ParticipantService> service_;
  std::optional<rpc::Channel> channel_;
};

wire::ResolveRequest resolve_request(const TransactionId& id) {
  wire::ResolveRequest request;
  request.store = "a";
  request.id = rpc::to_wire(id);
  request.decision = wire::DecisionKind::ABORT;
  request.reason = "test";
  return request;
}

TEST_F(ServedStoreTest, AnOperatorIsNotToldThatAnOfflineStoreHoldsNoBranch) {
  serve(Health::kBroken);
  wait_until_offline();
  const auto resolved = call(rpc::methods::kResolve, resolve_request(kFive));
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(resolved.error().message, HasSubstr("store `a` is offline"));
}

TEST_F(ServedStoreTest, ACallThatAStoreTookWithItIsNotSaidToHaveDoneNothing) {
  serve(Health::kFailsInJournal);
  auto request = wire::PrepareRequest();
  request.store = "a";
  request.opening = call(rpc::methods::kParticipantStatus, wire::Empty()).value().stores.at(0).opening;
  request.id = rpc::to_wire(kFive);
  request.coordinator.log = static_cast<std::int64_t>(kFive.log);
  request.coordinator.epoch = static_cast<std::int64_t>(kFive.epoch);
  const auto voted = call(rpc::methods::kPrepare, request);
  ASSERT_FALSE(voted);
  EXPECT_EQ(voted.error().kind, ErrorKind::kUnknown);
}

wire::ApplySchemaRequest apply_request(const std::string& text) {
  wire::ApplySchemaRequest request;
  request.store = "a";
  request.text = text;
  return request;
}

TEST_F(ServedStoreTest, AnOperatorIsToldTheVersionOfASchemaOrWhyThereIsNone) {
  serve(Health::kFine);
  const auto applied = call(rpc::methods::kApplySchema, apply_request("CREATE TABLE t(x)"));
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->version, 3);
  EXPECT_FALSE(applied->applied_before);
  for (const auto& [text, message] : {std::pair{"nonsense", "syntax error"}, {" \n", "the schema file is empty"}}) {
    const auto refused = call(rpc::methods::kApplySchema, apply_request(text));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidInput);
    EXPECT_THAT(refused.error().message, HasSubstr(message));
  }
  auto request = apply_request("CREATE TABLE t(x)");
  request.store = "b";
  EXPECT_EQ(call(rpc::methods::kApplySchema, request).error().kind, ErrorKind::kNotFound);
}

TEST_F(ServedStoreTest, ASchemaThatAStoreTookWithItIsNotSaidToBeThereOrNot) {
  serve(Health::kFailsInJournal);
  const auto applied = call(rpc::methods::kApplySchema, apply_request("CREATE TABLE t(x)"));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::kUnknown);
}

TEST_F(ServedStoreTest, AForeignWriteIsInTheStatusUntilAnOperatorHasAcknowledgedIt) {
  serve(Health::kWrittenByAnother);
  const auto status = [this] { return call(rpc::methods::kParticipantStatus, wire::Empty()).value().stores.at(0); };
  EXPECT_EQ(status().foreign_write, "noticed at noon");
  EXPECT_EQ(status().alarms, 1);
  wire::AcknowledgeWriteRequest request;
  request.store = "a";
  EXPECT_EQ(call(rpc::methods::kAcknowledgeWrite, request).error().kind, ErrorKind::kInvalidInput) << "no reason";
  request.reason = "ann: found it";
  const auto acknowledged = call(rpc::methods::kAcknowledgeWrite, request);
  ASSERT_TRUE(acknowledged) << acknowledged.error().message;
  EXPECT_EQ(acknowledged->foreign_write, "noticed at noon");
  EXPECT_EQ(status().foreign_write, "");
  EXPECT_EQ(call(rpc::methods::kAcknowledgeWrite, request).error().kind, ErrorKind::kConflict) << "nothing is left";
}

TEST_F(ServedStoreTest, AStoreTestifiesToTheStartThatItFollowsFromThenOn) {
  serve(Health::kFine);
  const auto status = [this] { return call(rpc::methods::kParticipantStatus, wire::Empty()).value().stores.at(0); };
  EXPECT_TRUE(status().seen.empty());
  wire::TestifyRequest request;
  request.store = "a";
  request.opening = status().opening;
  request.coordinator.log = static_cast<std::int64_t>(kFive.log);
  request.coordinator.epoch = 9;
  request.coordinator.durable_position = 40;
  const auto testimony = call(rpc::methods::kTestify, request);
  ASSERT_TRUE(testimony) << testimony.error().message;
  EXPECT_EQ(testimony->seen_position, 40);
  EXPECT_FALSE(testimony->more);
  ASSERT_EQ(testimony->branches.size(), 1U);
  EXPECT_EQ(rpc::from_wire(testimony->branches[0].id), kFive);
  EXPECT_EQ(testimony->branches[0].state, "prepared");
  ASSERT_EQ(status().seen.size(), 1U);
  EXPECT_EQ(status().seen[0].log, request.coordinator.log);
  EXPECT_EQ(status().seen[0].epoch, 9);
  EXPECT_EQ(status().seen[0].position, 40);
  request.__set_after(testimony->branches[0].id);
  EXPECT_TRUE(call(rpc::methods::kTestify, request).value().branches.empty());
  request.coordinator.epoch = 8;
  EXPECT_EQ(call(rpc::methods::kTestify, request).error().kind, ErrorKind::kFenced);
}

TEST_F(ServedStoreTest, AnOperatorIsToldThatAStoreHoldsNoBranch) {
  serve(Health::kFine);
  auto other = kFive;
  ++other.number;
  const auto resolved = call(rpc::methods::kResolve, resolve_request(other));
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(resolved.error().message, HasSubstr("store `a` holds no branch of"));
}

}  // namespace
}  // namespace assent::participant
