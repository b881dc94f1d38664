// What a store says of a log whose end was lost, and what it follows from then on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/participant/core/branch_states.h"
#include "tests/unit/participant/core/script.h"

namespace assent::participant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// How transaction 5 comes into the other states (see branch_states.h), as branch 1.1.
constexpr auto kCommittingDurably =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\ncommit 2 5 branch=1.1 at=12 durable=12";
constexpr auto kCommittedDurably =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\ncommit 2 5 branch=1.1 at=12 durable=12\n"
    "pass 4ms\nbatch\ndurable";
constexpr auto kContradicted =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 abort ann\nbatch\ndurable\n"
    "commit 3 5 branch=1.1 at=12\npass 4ms\nbatch\ndurable";
// Two prepared branches, and one that goes on.
constexpr auto kThree =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nsubmit 2 6\nran 2 wrote=1 locks=accounts[8]:X\nbatch\ndurable\n"
    "execute 3 4\nran 3 wrote=1 locks=accounts[9]:X";

// What the store says, in a state, when it has made durable what it must.
std::vector<std::string> testimony(const std::string& state, const std::string& more = "") {
  Script script;
  script.run_all(state);
  script.run("testify 9 epoch=8 nonce=2 " + more);
  script.run("pass 4ms");
  script.run("batch");
  auto effects = script.run("durable");
  std::erase_if(effects, [](const std::string& effect) { return effect.rfind("answer 9", 0) != 0; });
  return effects;
}

std::string told(const std::string& position, const std::string& seen, const std::string& branches) {
  return "answer 9: store 0000000000000001 at " + position + ", seen " + seen + ", released through 0; " + branches;
}

TEST(BranchTableTestimony, NamesEveryBranchThatIsPreparedOrFurther) {
  EXPECT_THAT(testimony(kPrepared), ElementsAre(told("1", "0", "A-7-5 branch 1.1 prepared")));
  EXPECT_THAT(testimony(kCommittingDurably), ElementsAre(told("1", "12", "A-7-5 branch 1.1 committing at 12")));
  EXPECT_THAT(testimony(kCommittedDurably), ElementsAre(told("2", "12", "A-7-5 branch 1.1 committed at 12")));
  EXPECT_THAT(testimony(kResolvedCommit), ElementsAre(told("2", "0", "A-7-5 branch 1.1 resolved commit")));
  EXPECT_THAT(testimony(kContradicted), ElementsAre(told("3", "0", "A-7-5 branch 1.1 resolved abort at 12")));
}

TEST(BranchTableTestimony, NamesABranchOnItsWayToTheDisk) {
  Script script;
  script.run_all(kPreparing);
  script.run("testify 9 epoch=8 nonce=2");
  EXPECT_THAT(script.run("durable"),
              ElementsAre("A-7-5: preparing -> prepared", "answer 1: branch 1.1, yes, 1 result"));
  script.run("batch");
  EXPECT_THAT(script.run("durable"), ElementsAre(told("0", "0", "A-7-5 branch 1.1 preparing")));
}

TEST(BranchTableTestimony, OfAnotherLogNamesNothingOfThisOne) {
  EXPECT_THAT(testimony(kPrepared, "log=B"), ElementsAre(told("1", "0", "no branch")));
}

TEST(BranchTableTestimony, SaysWhatWasReleased) {
  EXPECT_THAT(testimony("accepted released=9 except=3,4"),
              ElementsAre("answer 9: store 0000000000000001 at 0, seen 0, released through 9 except 3, 4; no branch"));
}

TEST(BranchTableTestimony, LeavesOnlyWhenTheLineIsOnDisk) {
  Script script;
  script.run_all(kPrepared);
  EXPECT_THAT(script.run("testify 9 epoch=8 nonce=2 durable=3"), IsEmpty());
  EXPECT_THAT(script.run("batch"),
              ElementsAre("write journal: put log A epoch 8 nonce 2 durable 3, released through 0"));
  EXPECT_THAT(script.run("durable"), ElementsAre(told("1", "3", "A-7-5 branch 1.1 prepared")));
}

TEST(BranchTableTestimony, FencesEarlierStartsAlsoAfterARestart) {
  Script script;
  script.run_all(kPrepared);
  script.run_all("testify 9 epoch=8 nonce=2\nbatch\ndurable\nrestart");
  const std::string fenced =
      "refuse 4: fenced: the coordinator of log A was replaced: this store has seen a later start; stop it";
  EXPECT_THAT(script.run("commit 4 5 branch=1.1 at=12"), ElementsAre(fenced));
  EXPECT_THAT(script.run("inquiry 5 branch=1.1 commit at=12"), IsEmpty());
  EXPECT_THAT(script.run("testify 4"), ElementsAre(fenced));
}

TEST(BranchTableTestimony, EndsWhatIsNotPrepared) {
  Script script;
  script.run_all(kIdle);
  EXPECT_THAT(script.run("testify 9 epoch=8 nonce=2"),
              ElementsAre("A-7-5: active -> none (presumed: its coordinator restarted before the transaction was "
                          "decided; run the transaction again)"));
  EXPECT_THAT(testimony(kIdle), ElementsAre(told("0", "0", "no branch")));
}

TEST(BranchTableTestimony, OfTheOpeningThatIsMeantOnly) {
  Script script;
  script.run_all(kIdle);
  EXPECT_THAT(script.run("testify 9 epoch=8 nonce=2 opening=7"),
              ElementsAre(::testing::StartsWith("refuse 9: unavail")));
  EXPECT_THAT(script.run("batch"), IsEmpty()) << "it has heard of no new line";
}

TEST(BranchTableTestimony, GoesOnWhereTheLastAnswerEnded) {
  const std::string first = "A-7-5 branch 1.1 prepared";
  const std::string second = "A-7-6 branch 1.2 prepared";
  EXPECT_THAT(testimony(kThree), ElementsAre(told("1", "0", first + ", " + second)));
  EXPECT_THAT(testimony(kThree, "most=6"), ElementsAre(told("1", "0", first + ", " + second)));
  EXPECT_THAT(testimony(kThree, "most=5"), ElementsAre(told("1", "0", first + ", and more")));
  EXPECT_THAT(testimony(kThree, "most=0"), ElementsAre(told("1", "0", first + ", and more")));
  EXPECT_THAT(testimony(kThree, "most=5 after=5"), ElementsAre(told("1", "0", second)));
  EXPECT_THAT(testimony(kThree, "after=6"), ElementsAre(told("1", "0", "no branch")));
}

}  // namespace
}  // namespace assent::participant
