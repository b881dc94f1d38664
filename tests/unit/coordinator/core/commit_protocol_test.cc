// The invariants of one transaction, and the tests that try to break them.
#include "coordinator/core/commit_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/now.h"

namespace assent::coordinator {
namespace {

const TransactionId kId{LogIdentity{1}, Epoch{1}, 0};

class CommitProtocolTest : public testing::Test {
 protected:
  CommitProtocolTest() : stores_({}, Settings{}), log_(Position{9}, 1s) {
    for (const std::string name : {"a", "b"}) {
      const StoreIdentity identity{static_cast<unsigned>(name[0])};
      stores_.accept({CallId{9}, name, identity, name + ":1", StorePosition{1}, {}, 1, Opening{1}}, kNow);
    }
  }

  static VoteReceived vote(const std::string& store, Vote vote) { return {store, kId, {1, 1}, vote, {}, {}}; }

  static Acknowledged acknowledgement(const std::string& store) {
    return {store, kId, {1, 1}, Decision::kCommit, AcknowledgementKind::kDone, StorePosition{3}, {}};
  }

  CommitProtocol prepared() {
    CommitProtocol protocol = CommitProtocol::begin(
        CommitRequested{CallId{1}, kId, {{"a", {1, 1}, 1}, {"b", {1, 1}, 1}}, ReturnWhen::kDecided}, turn_);
    EXPECT_TRUE(protocol.vote(vote("a", Vote::kYes), turn_));
    EXPECT_TRUE(protocol.vote(vote("b", Vote::kYes), turn_));
    return protocol;
  }

  template <typename Kind>
  std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        effects_.begin(), effects_.end(), [](const Effect& effect) { return std::holds_alternative<Kind>(effect); }));
  }

  const Settings settings_;
  StoreRegistry stores_;
  LogTail log_;
  Effects effects_;
  Turn turn_{kNow, settings_, stores_, log_, effects_};
};

TEST_F(CommitProtocolTest, NoCommitLeavesBeforeItsRecordIsDurable) {
  CommitProtocol protocol = prepared();
  EXPECT_EQ(protocol.state(), CommitProtocol::State::kRecordingCommit);
  EXPECT_EQ(count<SendDecision>(), 0U);
  protocol.resend_to("a", turn_);
  EXPECT_EQ(count<SendDecision>(), 0U) << "nor by a resend";
  log_.durable_through(Position{10});
  protocol.record_durable(turn_);
  EXPECT_EQ(count<SendDecision>(), 2U);
}

using CommitProtocolDeathTest = CommitProtocolTest;

TEST_F(CommitProtocolDeathTest, ACommitBeforeItsRecordIsDurableStopsTheCoordinator) {
  CommitProtocol protocol = prepared();
  EXPECT_DEATH(protocol.record_durable(turn_), "I1");
}

TEST_F(CommitProtocolDeathTest, ARecordThatIsDurableTwiceStopsTheCoordinator) {
  CommitProtocol protocol = prepared();
  log_.durable_through(Position{10});
  protocol.record_durable(turn_);
  EXPECT_DEATH(protocol.record_durable(turn_), "I1");
}

TEST_F(CommitProtocolTest, TheDecisionIsMadeOnce) {
  CommitProtocol protocol = prepared();
  protocol.abort({AbortReason::kApplication, {}, {}}, turn_);
  EXPECT_EQ(protocol.deadline(), std::nullopt) << "no deadline runs while the log is asked";
  EXPECT_EQ(protocol.state(), CommitProtocol::State::kRecordingCommit);
}

TEST_F(CommitProtocolTest, TheEndIsRecordedOnlyWhenEveryStoreHasAcknowledged) {
  CommitProtocol protocol = prepared();
  log_.durable_through(Position{10});
  protocol.record_durable(turn_);
  EXPECT_TRUE(protocol.acknowledged(acknowledgement("a"), turn_));
  EXPECT_FALSE(protocol.acknowledged(acknowledgement("a"), turn_)) << "a set by store";
  EXPECT_EQ(protocol.state(), CommitProtocol::State::kCommitting);
  EXPECT_TRUE(protocol.acknowledged(acknowledgement("b"), turn_));
  EXPECT_EQ(protocol.state(), CommitProtocol::State::kEnded);
  EXPECT_EQ(count<AppendRecord>(), 2U);
}

TEST_F(CommitProtocolTest, ARefusalIsKeptAsANoteForOperators) {
  CommitProtocol protocol = prepared();
  log_.durable_through(Position{10});
  protocol.record_durable(turn_);
  auto refused = acknowledgement("a");
  refused.kind = AcknowledgementKind::kRefused;
  refused.detail = "no such branch";
  EXPECT_FALSE(protocol.acknowledged(refused, turn_));
  EXPECT_THAT(protocol.note(), testing::HasSubstr("no such branch"));
}

TEST_F(CommitProtocolTest, ARecoveredCommitIsDueAtOnceAndSpeaksOfItsRecordOnly) {
  const CommitRecord record{Position{4}, kId, {{"a", StoreIdentity{1}, {2, 7}}}};
  CommitProtocol protocol = CommitProtocol::recover(record, settings_, kNow);
  EXPECT_EQ(protocol.deadline(), kNow);
  protocol.deadline_passed(turn_);
  ASSERT_EQ(count<SendDecision>(), 1U);
  const auto& sent = std::get<SendDecision>(effects_.front());
  EXPECT_EQ(sent.branch, (BranchNumber{2, 7}));
  EXPECT_EQ(sent.commit, Position{4});
  EXPECT_EQ(protocol.deadline(), kNow + settings_.resend_first);
}

TEST(LogTail, PositionsAreConsecutiveAndWhatIsDurableNeverPassesThem) {
  LogTail log(Position{4}, 1s);
  Effects effects;
  EXPECT_EQ(log.append(ForgottenRecord{}, kNow, effects), Position{5});
  EXPECT_EQ(log.append(ForgottenRecord{}, kNow + 1s, effects), Position{6});
  EXPECT_EQ(log.force_due(), kNow + 1s) << "the first that waits";
  log.force(effects);
  EXPECT_EQ(log.force_due(), std::nullopt);
  log.durable_through(Position{6});
  log.durable_through(Position{5});
  EXPECT_EQ(log.durable(), Position{6});
  EXPECT_DEATH(log.durable_through(Position{7}), "T2");
}

}  // namespace
}  // namespace assent::coordinator
