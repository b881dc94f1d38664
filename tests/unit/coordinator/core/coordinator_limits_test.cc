// The bounds of the core, its settings, and what it shows to operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/text.h"
#include "stage.h"

namespace assent::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Settings, TheDefaultsWorkTogether) {
  EXPECT_EQ(check(Settings{}), std::nullopt);
}

TEST(Settings, EachOneThatCannotWorkIsNamed) {
  const auto wrong = [](auto change) {
    Settings settings;
    change(settings);
    return check(settings).value_or("");
  };
  EXPECT_THAT(wrong([](Settings& each) { each.vote_timeout = 0s; }), HasSubstr("vote_timeout"));
  EXPECT_THAT(wrong([](Settings& each) { each.transactions = 0; }), HasSubstr("transactions"));
  EXPECT_THAT(wrong([](Settings& each) { each.resend_ceiling = 1ms; }), HasSubstr("resend_ceiling"));
  EXPECT_THAT(wrong([](Settings& each) { each.stores = 0; }), HasSubstr("stores"));
  EXPECT_THAT(wrong([](Settings& each) { each.refused_stores = 0; }), HasSubstr("refused_stores"));
  EXPECT_THAT(wrong([](Settings& each) { each.refusal_kept = 0s; }), HasSubstr("refusal_kept"));
  EXPECT_THAT(wrong([](Settings& each) { each.retention = 90s; }), HasSubstr("retention"));
}

TEST(Limits, MoreUndecidedTransactionsThanAllowedAreRefusedAndMayTryAgain) {
  Settings settings;
  settings.transactions = 1;
  Stage stage(settings);
  stage.run_all("given a\n commit 0 a:1.1 call=1");
  EXPECT_THAT(stage.run("commit 1 a:1.2 call=2"), ElementsAre(HasSubstr("kind=overloaded")));
  stage.run("read-only a 0 1.1");
  EXPECT_THAT(stage.run("commit 1 a:1.2 call=3"), SizeIs(2)) << "the id was not used up by the refusal";
}

TEST(Limits, AStoreThatAcknowledgesNothingGetsNoNewTransactions) {
  Settings settings;
  settings.owed_commits = 1;
  Stage stage(settings);
  stage.run_all("given a b\n commit 0 a:1.1 call=1\n yes a 0 1.1\n durable");
  EXPECT_THAT(stage.run("submit 1 a call=2").back(), HasSubstr("outcome=aborted reason=overloaded at=a"));
  EXPECT_THAT(stage.run("submit 2 b call=3"), SizeIs(2));
}

TEST(Limits, WhatAStoreOwesOfAllStartsIsLimitedToo) {
  Settings settings;
  settings.owed_commits = 1;
  Stage stage(settings);
  stage.run_all("given a\n commit 1-0 a:1.1\n yes a 1-0 1.1\n durable");
  for (int start = 2; start <= 8; ++start) {
    const auto number = std::to_string(start);
    stage.run_all("crash\n register a position=" + std::to_string(10 * start) + " start=" + number +
                  " seen=" + std::to_string(start - 1) + "/c" + std::to_string(start - 1) + "/1\n lease 4\n commit " +
                  number + "-0 a:" + number + ".1\n yes a " + number + "-0 " + number + ".1\n durable");
  }
  EXPECT_EQ(stage.core().stores(stage.now()).at(0).owed, 8U);
  stage.run_all("crash\n register a position=90 start=9 seen=8/c8/1\n lease 4");
  EXPECT_THAT(stage.run("submit 9-0 a call=2").back(), HasSubstr("reason=overloaded at=a"));
  stage.run("ack a 1-0 1.1");
  EXPECT_THAT(stage.run("submit 9-1 a call=3"), SizeIs(2));
}

TEST(Limits, WhatAStoreOwesFromAnEarlierStartKeepsNobodyFromItAfterTheRestart) {
  Settings settings;
  settings.owed_commits = 1;
  Stage stage(settings);
  stage.run_all(
      "given a b\n commit 0 a:1.1 call=1\n yes a 0 1.1\n durable\n crash\n"
      "register a position=9 start=2 seen=1/c1/4\n lease 4");
  EXPECT_EQ(stage.core().stores(stage.now()).at(0).owed, 1U);
  stage.run_all("commit 2-0 a:2.1 call=2\n yes a 2-0 2.1\n durable");
  EXPECT_THAT(stage.run("submit 2-1 a call=3").back(), HasSubstr("outcome=aborted reason=overloaded at=a"));
  stage.run("ack a 1-0 1.1");
  EXPECT_THAT(stage.run("submit 2-2 a call=4").back(), HasSubstr("outcome=aborted reason=overloaded at=a"))
      << "what it has paid of old is no leave to owe more";
  stage.run("ack a 2-0 2.1");
  EXPECT_THAT(stage.run("submit 2-3 a call=5"), SizeIs(2));
}

TEST(Limits, MoreLeasesThanAllowedAreRefused) {
  Settings settings;
  settings.leases = 1;
  Stage stage(settings);
  stage.run("lease 4");
  EXPECT_THAT(stage.run("lease 4"), ElementsAre(HasSubstr("kind=overloaded")));
  stage.run("advance 90s");
  EXPECT_THAT(stage.run("lease 4"), ElementsAre(HasSubstr("first=1-4 count=4")));
}

TEST(Limits, ATransactionOfTooManyStoresIsRefused) {
  Settings settings;
  settings.stores_per_transaction = 1;
  Stage stage(settings);
  stage.run("given a b");
  EXPECT_THAT(stage.run("submit 0 a b"), ElementsAre(HasSubstr("names 2 stores, and may name 1")));
  EXPECT_THAT(stage.run("abort 0 a:1.1 b:1.1"), ElementsAre(HasSubstr("names 2 stores, and may name 1")));
}

TEST(Limits, ResultsThatNoAnswerCarriesAbortBeforeTheDecision) {
  Settings settings;
  settings.result_bytes = 100;
  for (const char* const vote : {"yes", "executed"}) {
    Stage stage(settings);
    stage.run_all(std::string("given a b\n submit 0 a b call=1\n ") + vote + " a 0 1.1 bytes=60");
    const auto effects = stage.run(std::string(vote) + " b 0 1.1 bytes=41");
    EXPECT_THAT(effects.back(), HasSubstr("outcome=aborted reason=\"statement failed\" at=b")) << effects.back();
    EXPECT_THAT(effects.back(), HasSubstr("larger than 100 bytes"));
  }
  Stage stage(settings);
  stage.run_all("given a b\n submit 0 a b call=1\n yes a 0 1.1 bytes=60\n yes a 0 1.1 bytes=60");
  EXPECT_THAT(stage.run("yes b 0 1.1 bytes=40").back(), HasSubstr("force")) << "a repeated vote counts once";
}

TEST(Limits, NothingIsDecidedWhileTheLogHasNoRoom) {
  Stage stage;
  stage.run_all("given a b\n submit 0 a b call=1\n yes a 0 1.1\n full");
  const auto effects = stage.run("yes b 0 1.1");
  EXPECT_THAT(effects.back(), HasSubstr("outcome=aborted reason=overloaded"));
  EXPECT_THAT(effects.back(), HasSubstr("has room: the disk is full"));
  stage.run("submit 1 a call=2");
  stage.run("executed a 1 1.2");
  EXPECT_THAT(stage.run("read-only a 1 1.2").back(), HasSubstr("outcome=committed")) << "what only read goes on";
  stage.run_all("room\n submit 2 a call=3");
  EXPECT_THAT(stage.run("yes a 2 1.3").back(), HasSubstr("force"));
}

TEST(Limits, AStoreThatOwesMuchDoesNotKeepOthersFromForgetting) {
  Settings settings;
  settings.released_exceptions = 1;
  Stage stage(settings);
  stage.run_all(
      "given a b\n commit 0 a:1.1 \n yes a 0 1.1\n commit 1 a:1.2\n yes a 1 1.2\n commit 2 b:1.1\n"
      "yes b 2 1.1\n durable\n ack b 2 1.1\n advance 1s\n durable");
  EXPECT_EQ(stage.run("view").front(), "view epoch=1 durable=7 released-through=4 except=4");
  EXPECT_EQ(stage.run("view full").front(), "view epoch=1 durable=7 released-through=7 except=4,5");
  EXPECT_EQ(stage.run("view line").front(), "view epoch=1 durable=7 released-through=0 except=");
  stage.run("advance 10min");
  EXPECT_FALSE(stage.core().transaction({LogIdentity{0xa1}, Epoch{1}, 2}, stage.now()));
  EXPECT_EQ(stage.core().unended_records(), 2U) << "what `a` owes is kept";
}

TEST(Limits, OfACommitThatTheExceptionsHaveNoRoomForNoStoreIsToldAbort) {
  Settings settings;
  settings.owed_commits = 1;  // and so eight exceptions
  Stage stage(settings);
  stage.run("given a b c d e f g h i j");
  for (const std::string store : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    const auto id = std::to_string(store[0] - 'a');
    stage.run_all("commit " + id + " " + store + ":1.1\n yes " + store + " " + id + " 1.1\n durable");
  }
  stage.run_all("ack j 9 1.1\n advance 1s\n durable");
  EXPECT_EQ(stage.run("view full").front(),
            "view epoch=1 durable=22 released-through=19 except=12,13,14,15,16,17,18,19");
  stage.run("advance 10min");
  EXPECT_THAT(stage.run("outcome 9"), ElementsAre(HasSubstr("outcome=forgotten")));
  EXPECT_THAT(stage.run("inquire j 9 1.1"), ElementsAre(HasSubstr("result=ended"))) << "`j` still has its row";
  EXPECT_THAT(stage.run("yes j 9 1.1"), IsEmpty());
  stage.run_all("ack a 0 1.1\n advance 1s\n durable");
  EXPECT_EQ(stage.run("view full").front(),
            "view epoch=1 durable=24 released-through=24 except=13,14,15,16,17,18,19,20");
}

TEST(Timers, NothingIsDueWhenNothingRuns) {
  EXPECT_EQ(Stage().core().next_deadline(), std::nullopt);
}

TEST(Timers, TheNextDeadlineIsTheEarliest) {
  Stage stage;
  stage.run_all("given a\n commit 0 a:1.1");
  EXPECT_EQ(stage.core().next_deadline(), stage.now() + 5s);
  stage.run("read-only a 0 1.1");
  EXPECT_EQ(stage.core().next_deadline(), stage.now() + 90s) << "the lease's end";
}

TEST(Status, ATransactionIsShownWithWhatIsAwaited) {
  Stage stage;
  stage.run_all("given a b\n submit 0 a b\n yes a 0 1.1\n stop 2s");
  const auto shown = stage.core().transactions(10, stage.now());
  ASSERT_THAT(shown, SizeIs(1));
  EXPECT_EQ(shown[0].state, "preparing");
  EXPECT_EQ(shown[0].age, 2s);
  EXPECT_EQ(shown[0].branches.at(0).state, "yes");
  EXPECT_EQ(shown[0].branches.at(1).state, "executing");
  EXPECT_EQ(stage.core().active(), 1U);
  EXPECT_THAT(stage.core().transactions(0, stage.now()), IsEmpty());
}

TEST(Status, AnEndedTransactionIsShownUntilItIsForgotten) {
  Stage stage;
  stage.run_all("given a\n commit 0 a:1.1\n yes a 0 1.1\n durable");
  EXPECT_EQ(stage.core().committing(), 1U);
  EXPECT_EQ(stage.core().unended_records(), 1U);
  EXPECT_EQ(stage.core().stores(stage.now()).at(0).owed, 1U);
  stage.run("ack a 0 1.1 position=4");
  EXPECT_EQ(stage.core().unended_records(), 1U) << "its end record is not durable";
  stage.run_all("advance 1s\n durable");
  EXPECT_EQ(stage.core().unended_records(), 0U);
  const TransactionId id{LogIdentity{0xa1}, Epoch{1}, 0};
  ASSERT_TRUE(stage.core().transaction(id, stage.now()));
  EXPECT_EQ(stage.core().transaction(id, stage.now())->state, "ended");
  stage.run("advance 10min");
  EXPECT_FALSE(stage.core().transaction(id, stage.now()));
}

TEST(Status, AHeuristicMixedOutcomeIsShownAsOneAfterItsEndAndAfterARestart) {
  Stage stage;
  stage.run_all(
      "given a b\n commit 0 a:1.1 b:1.1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1\n"
      "ack b 0 1.1 kind=contradicts\n advance 1s\n durable");
  const TransactionId id{LogIdentity{0xa1}, Epoch{1}, 0};
  const std::string note = "heuristic-mixed: committed, but aborted by an operator of `b`";
  ASSERT_TRUE(stage.core().transaction(id, stage.now()));
  EXPECT_EQ(stage.core().transaction(id, stage.now())->note, note);
  stage.run("crash");
  ASSERT_TRUE(stage.core().transaction(id, stage.now()));
  EXPECT_EQ(stage.core().transaction(id, stage.now())->note, note);
  EXPECT_EQ(stage.core().transaction(id, stage.now())->state, "ended");
}

TEST(Status, AStoreIsShownWithWhenItWasSeenAndSoIsWhatIsRefusedUnderItsName) {
  Stage stage;
  stage.run_all("given a b\n stop 3s\n register a identity=dead opening=c0 address=elsewhere:1\n stop 1s");
  const auto shown = stage.core().stores(stage.now());
  ASSERT_THAT(shown, SizeIs(3));
  EXPECT_EQ(shown[0].record.store, "a");
  EXPECT_EQ(shown[0].opening, Opening{1});
  EXPECT_EQ(shown[0].last_seen, 4s);
  EXPECT_EQ(shown[0].refused, "");
  EXPECT_EQ(shown[1].record.store, "a");
  EXPECT_EQ(shown[1].record.identity, StoreIdentity{0xdead});
  EXPECT_EQ(shown[1].record.address, "elsewhere:1");
  EXPECT_EQ(shown[1].opening, Opening{0xc0});
  EXPECT_EQ(shown[1].last_seen, 1s);
  EXPECT_THAT(shown[1].refused, HasSubstr("identity"));
  EXPECT_EQ(shown[2].record.store, "b");
  EXPECT_EQ(stage.core().store_address("a"), "a:1") << "what is refused changes nothing for the store";
  EXPECT_EQ(stage.core().store("a")->address, "a:1");
  EXPECT_FALSE(stage.core().store("x"));
  stage.run("stop 1min");
  EXPECT_THAT(stage.core().stores(stage.now()), SizeIs(2)) << "it has fallen silent";
}

TEST(Status, EndsAreCountedByReason) {
  Stage stage;
  stage.run_all(
      "given a\n commit 0 a:1.1\n read-only a 0 1.1\n commit 1 a:1.2\n no a 1 1.2 reason=constraint\n"
      "outcome 2\n abort 3");
  const Counters& counters = stage.core().counters();
  EXPECT_EQ(counters.committed, 1U);
  EXPECT_EQ(counters.aborted, 3U);
  EXPECT_EQ(counters.aborted_by_reason.at(AbortReason::kConstraint), 1U);
  EXPECT_EQ(counters.aborted_by_reason.at(AbortReason::kPresumed), 1U);
  EXPECT_EQ(counters.aborted_by_reason.at(AbortReason::kApplication), 1U);
}

TEST(Text, WordsWithBlanksAreQuotedAndDataIsCountedOnly) {
  SubmitRequested request{CallId{3},
                          {LogIdentity{1}, Epoch{2}, 3},
                          7,
                          {{"a", std::make_shared<std::vector<Statement>>(2, Statement{"SECRET", {}, {}})}},
                          ReturnWhen::kApplied,
                          {}};
  EXPECT_EQ(to_text(Event(request)), "submit requested call=3 id=0000000000000001-2-3 stores=a return=applied");
  request.level = IsolationLevel::kReadCommitted;
  EXPECT_EQ(to_text(Event(request)),
            "submit requested call=3 id=0000000000000001-2-3 stores=a return=applied level=read-committed");
  const TransactionId word{LogIdentity{1}, Epoch{2}, 64};
  EXPECT_EQ(to_text(LogRecord(EndedRecord{word, 0b101})), "ended ids=0000000000000001-2-64,0000000000000001-2-66");
  EXPECT_EQ(to_text(LogRecord(MixedRecord{word, {"a", "b"}})), "mixed id=0000000000000001-2-64 contradicting=a,b");
  EXPECT_EQ(to_text(Effect(Alarm{"say \"no\"\nto all"})), R"(ALARM text="say \"no\" to all")");
  EXPECT_EQ(to_text(Duration{1500us}), "1500us");
  EXPECT_EQ(to_text(Duration{90s}), "90s");
}

}  // namespace
}  // namespace assent::coordinator
