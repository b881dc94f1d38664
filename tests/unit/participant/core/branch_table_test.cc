// Each state of a branch against each message, in time, repeated, late and wrong. The longer stories are in
// transcripts/.
#include "participant/core/branch_table.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "tests/unit/participant/core/branch_states.h"
#include "tests/unit/participant/core/script.h"

namespace assent::participant {
namespace {

// How transaction 5 comes into the other states (see branch_states.h), as branch 1.1. It wrote accounts[7].
constexpr auto kUnknown = "";
constexpr auto kRunning = "execute 1 5";
constexpr auto kWaiting =
    "execute 90 4\nran 1 wrote=1 locks=accounts[7]:X\nexecute 1 5\nran 2 wrote=1 locks=accounts[7]:X";
constexpr auto kNeedsLastRun = "execute 1 5\nran 1 wrote=1 locks=accounts[7]:X needs-last-run";
constexpr auto kLastRun =
    "execute 1 5\nran 1 wrote=1 locks=accounts[7]:X needs-last-run\nprepare 2 5 branch=1.1 count=1";
constexpr auto kLastRunWaiting =
    "execute 90 4\nran 1 wrote=1 locks=parents[3]:X\n"
    "execute 1 5\nran 2 wrote=1 locks=accounts[7]:X needs-last-run\n"
    "prepare 2 5 branch=1.2 count=1\nran 3 results=0 locks=parents[3]:S";
constexpr auto kReadCommitted = "execute 1 5 level=read-committed\nran 1 wrote=1 locks=accounts[7]:X";
constexpr auto kOneShotRunning = "submit 1 5";
constexpr auto kExecuted = "submit 1 5\nran 1 locks=accounts[7]:S";
constexpr auto kPreparedInteractive =
    "execute 1 5\nran 1 wrote=1 locks=accounts[7]:X\nprepare 2 5 branch=1.1 count=1\nbatch\ndurable";
constexpr auto kCommitting =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\n"
    "commit 2 5 branch=1.1 at=12\npass 4ms\nbatch";
constexpr auto kCommitted =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\n"
    "commit 2 5 branch=1.1 at=12\npass 4ms\nbatch\ndurable";
constexpr auto kReleased =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\n"
    "commit 2 5 branch=1.1 at=12\npass 4ms\nbatch\ndurable\naccepted released=12";
constexpr auto kAborted = "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nabort 2 5 branch=1.1";
constexpr auto kReadOnly = "submit 1 5\nran 1 locks=accounts[7]:S\nprepare 2 5 branch=1.1 count=1";
constexpr auto kResolving = "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 abort ann";
constexpr auto kResolvedAbort =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 abort ann\nbatch\ndurable";
constexpr auto kSettling =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 abort ann\nbatch\ndurable\n"
    "commit 3 5 branch=1.1 at=12";
constexpr auto kMixed =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 abort ann\nbatch\ndurable\n"
    "commit 3 5 branch=1.1 at=12\npass 4ms\nbatch\ndurable";
constexpr auto kResolvedAbortReleased =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 abort ann\nbatch\ndurable\n"
    "commit 3 5 branch=1.1 at=12\npass 4ms\nbatch\ndurable\naccepted released=12";

constexpr auto kAnotherOpening =
    "refuse 9: unavailable: the coordinator means another opening of this store: either this one registers just now, "
    "then try again; or it is refused as a copy, then `assentctl stores` says why";

struct Row {
  const char* sentence;
  const char* state;
  const char* command;
  const char* effects;  // joined by ` | `
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.sentence;
}

class BranchTableRow : public testing::TestWithParam<Row> {};

TEST_P(BranchTableRow, Holds) {
  Script script;
  script.run_all(GetParam().state);
  std::string effects;
  for (const std::string& effect : script.run(GetParam().command)) effects += (effects.empty() ? "" : " | ") + effect;
  EXPECT_EQ(effects, GetParam().effects) << GetParam().sentence;
}

std::string name_of(const testing::TestParamInfo<Row>& info) {
  std::string name = info.param.sentence;
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

const Row kExecuteRows[] = {
    {"the first statement begins a branch", kUnknown, "execute 9 5",
     "A-7-5: none -> active | run 1: 1 statement of A-7-5 on top of 0 changed rows"},
    {"a later statement of an unknown branch has ended", kUnknown, "execute 9 5 branch=1.1 number=1",
     "answer 9: ended (store unavailable: this store has no such branch of A-7-5: it restarted, or the branch ended "
     "long ago; run the transaction again)"},
    {"a first statement that names a branch has ended", kUnknown, "execute 9 5 branch=1.1",
     "answer 9: ended (store unavailable: this store has no such branch of A-7-5: it restarted, or the branch ended "
     "long ago; run the transaction again)"},
    {"a first statement of an earlier epoch than was seen has ended", kUnknown, "execute 9 6/5",
     "answer 9: ended (presumed: its coordinator restarted before the transaction was decided; run the transaction "
     "again)"},
    {"a repeated statement that runs does not run twice", kRunning, "execute 9 5", ""},
    {"a repeated statement that waits for locks does not run twice", kWaiting, "execute 9 5", ""},
    {"a repeated statement gets the stored answer", kIdle, "execute 9 5 branch=1.1 number=0",
     "answer 9: branch 1.1, 0 rows, 1 changed row"},
    {"a repeated first statement that names no branch gets the stored answer", kIdle, "execute 9 5",
     "answer 9: branch 1.1, 0 rows, 1 changed row"},
    {"the next statement runs on top of the first", kIdle, "execute 9 5 branch=1.1 number=1",
     "run 2: 1 statement of A-7-5 on top of 1 changed row"},
    {"a statement that skips one has ended", kIdle, "execute 9 5 branch=1.1 number=2",
     "answer 9: ended (statement failed: statement 2 is out of sequence: 1 is next; run the transaction again)"},
    {"a statement of the largest number has ended", kIdle, "execute 9 5 branch=1.1 number=4294967295",
     "answer 9: ended (statement failed: statement 4294967295 is out of sequence: 1 is next; run the transaction "
     "again)"},
    {"a statement that names another branch has ended", kIdle, "execute 9 5 branch=1.2 number=1",
     "answer 9: ended (store unavailable: this store has no such branch of A-7-5: it restarted, or the branch ended "
     "long ago; run the transaction again)"},
    {"a submitted branch takes no statements", kExecuted, "execute 9 5 branch=1.1 number=1",
     "refuse 9: conflict: A-7-5 was submitted whole: it takes no more statements"},
    {"a prepared branch takes no statements", kPreparedInteractive, "execute 9 5 branch=1.1 number=1",
     "refuse 9: conflict: A-7-5 is prepared here: it takes no more statements"},
    {"a prepared branch does not repeat its statements", kPreparedInteractive, "execute 9 5",
     "refuse 9: conflict: A-7-5 is prepared here: it takes no more statements"},
    {"a prepared interactive branch votes again without results", kPreparedInteractive,
     "prepare 9 5 branch=1.1 count=1", "answer 9: branch 1.1, yes"},
    {"a committed branch takes no statements", kCommitted, "execute 9 5",
     "refuse 9: conflict: A-7-5 was submitted whole: it takes no more statements"},
    {"a released branch takes no statements", kReleased, "execute 9 5",
     "refuse 9: conflict: A-7-5 has ended here: it takes no more statements"},
    {"a branch that voted read-only takes no statements", kReadOnly, "execute 9 5",
     "refuse 9: conflict: A-7-5 has ended here: it takes no more statements"},
    {"a statement runs at the level of its transaction", kUnknown, "execute 9 5 level=read-committed",
     "A-7-5: none -> active | run 1: 1 statement of A-7-5 on top of 0 changed rows, read-committed"},
    {"the next statement runs at the same level", kReadCommitted,
     "execute 9 5 branch=1.1 number=1 level=read-committed",
     "run 2: 1 statement of A-7-5 on top of 1 changed row, read-committed"},
    {"a statement of a higher level than the first is refused", kReadCommitted, "execute 9 5 branch=1.1 number=1",
     "refuse 9: invalid argument: A-7-5 began here as read-committed, not as serializable: name one level in all "
     "statements of a transaction"},
    {"a statement of a lower level than the first is refused", kIdle,
     "execute 9 5 branch=1.1 number=1 level=read-committed",
     "refuse 9: invalid argument: A-7-5 began here as serializable, not as read-committed: name one level in all "
     "statements of a transaction"},
    {"a branch in its last run takes no statements", kLastRun, "execute 9 5 branch=1.1 number=1",
     "refuse 9: conflict: A-7-5 is about to vote here: it takes no more statements"},
    {"a branch in its last run does not repeat its statements", kLastRun, "execute 9 5",
     "refuse 9: conflict: A-7-5 is about to vote here: it takes no more statements"},
    {"a branch whose last run waits takes no statements", kLastRunWaiting, "execute 9 5 branch=1.2 number=1",
     "refuse 9: conflict: A-7-5 is about to vote here: it takes no more statements"},
    {"a statement of an aborted branch is told its end", kAborted, "execute 9 5",
     "answer 9: ended (presumed: its coordinator aborted the transaction)"},
};

const Row kSubmitRows[] = {
    {"a submitted branch runs", kUnknown, "submit 9 5 statements=3",
     "A-7-5: none -> active | run 1, the last: 3 statements of A-7-5 on top of 0 changed rows"},
    {"a submitted branch of an earlier epoch than was seen is voted against", kUnknown, "submit 9 6/5 epoch=7",
     "answer 9: no branch, no (presumed: its coordinator restarted before the transaction was decided; run the "
     "transaction again)"},
    {"a submitted branch without statements is refused", kUnknown, "submit 9 5 statements=0",
     "refuse 9: invalid argument: a submitted branch has at least one statement"},
    {"a repeated submission that runs does not run twice", kOneShotRunning, "submit 9 5", ""},
    {"a repeated submission that has executed gets the same answer", kExecuted, "submit 9 5",
     "answer 9: branch 1.1, executed, 1 result"},
    {"a repeated submission waits for the same journal transaction", kPreparing, "submit 9 5", ""},
    {"a repeated submission gets the same vote", kPrepared, "submit 9 5", "answer 9: branch 1.1, yes, 1 result"},
    {"a repeated submission gets the same vote while its commit is being applied", kCommitting, "submit 9 5",
     "answer 9: branch 1.1, yes"},
    {"a repeated submission of a committed branch is told so", kCommitted, "submit 9 5",
     "answer 9: branch 1.1, committed long since"},
    {"a repeated submission of a released branch is told that it committed", kReleased, "submit 9 5",
     "answer 9: branch 1.1, committed long since"},
    {"a repeated submission of a branch that voted read-only gets the same vote", kReadOnly, "submit 9 5",
     "answer 9: branch 1.1, read-only"},
    {"a repeated submission of an aborted branch is voted against", kAborted, "submit 9 5",
     "answer 9: branch 1.1, no (presumed: its coordinator aborted the transaction)"},
    {"a repeated submission of a branch that an operator committed gets the same vote", kResolvedCommit, "submit 9 5",
     "answer 9: branch 1.1, yes"},
    {"a repeated submission of a branch that an operator aborted is voted against", kResolvedAbort, "submit 9 5",
     "answer 9: branch 1.1, no (vote no: ann)"},
    {"a repeated submission of a released branch that an operator aborted is not told that it committed",
     kResolvedAbortReleased, "submit 9 5", "answer 9: branch 1.1, no (vote no: ann)"},
    {"a submitted branch runs at the level of its transaction", kUnknown, "submit 9 5 level=read-committed",
     "A-7-5: none -> active | run 1, the last: 1 statement of A-7-5 on top of 0 changed rows, read-committed"},
    {"a submission of a branch in its last run is refused", kLastRun, "submit 9 5",
     "refuse 9: conflict: A-7-5 runs statement by statement: prepare it instead"},
    {"a submission of an interactive branch is refused", kIdle, "submit 9 5",
     "refuse 9: conflict: A-7-5 runs statement by statement: prepare it instead"},
};

const Row kPrepareRows[] = {
    {"a prepare of a branch that needs a last run gives it one", kNeedsLastRun, "prepare 9 5 branch=1.1 count=1",
     "run 2, the last: 0 statements of A-7-5 on top of 1 changed row"},
    {"a last run has the level of its transaction",
     "execute 1 5 level=read-committed\nran 1 wrote=1 locks=accounts[7]:X needs-last-run",
     "prepare 9 5 branch=1.1 count=1",
     "run 2, the last: 0 statements of A-7-5 on top of 1 changed row, read-committed"},
    {"one statement that needs a last run is enough",
     "execute 1 5\nran 1 wrote=1 needs-last-run\nexecute 1 5 branch=1.1 number=1\nran 2",
     "prepare 9 5 branch=1.1 count=2", "run 3, the last: 0 statements of A-7-5 on top of 1 changed row"},
    {"a branch that only read needs no last run", "execute 1 5\nran 1 needs-last-run", "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, read-only | A-7-5: active -> none"},
    {"a submitted branch has had its last run", "submit 1 5", "ran 1 wrote=1 needs-last-run",
     "A-7-5: active -> preparing"},
    {"the vote after a last run waits for the journal", kLastRun, "ran 2 results=0", "A-7-5: active -> preparing"},
    {"a last run that fails is a vote of no with its cause", kLastRun, "ran 2 failed=foreign_key",
     "A-7-5: active -> none (constraint: foreign_key) | answer 2: branch 1.1, no (constraint: foreign_key)"},
    {"a last run waits for its locks", kLastRunWaiting, "pass 1s", ""},
    {"a last run that waited is repeated when its locks are granted", kLastRunWaiting, "abort 9 4 branch=1.1",
     "answer 9: A-7-4 done, store at 0 | A-7-4: active -> none (presumed: its coordinator aborted the transaction) | "
     "run 4, the last: 0 statements of A-7-5 on top of 1 changed row"},
    {"a last run that waits too long for its locks is a vote of no", kLastRunWaiting, "pass 10s",
     "A-7-5: active -> none (lock timeout: waited too long for locks that other transactions hold; run the transaction "
     "again) | answer 2: branch 1.2, no (lock timeout: waited too long for locks that other transactions hold; run the "
     "transaction again)"},
    {"a last run that does not come to its turn is a vote of no", kLastRun, "pass 10s",
     "A-7-5: active -> none (overloaded: its statement waited too long for its turn, for this store has too much to "
     "do; "
     "run the transaction again later) | answer 2: branch 1.1, no (overloaded: its statement waited too long for its "
     "turn, for this store has too much to do; run the transaction again later)"},
    {"a last run ends at the time of the transaction with a vote of no",
     "execute 1 5 timeout=3s\nran 1 wrote=1 needs-last-run\nprepare 2 5 branch=1.1 count=1", "pass 3s",
     "A-7-5: active -> none (transaction timeout: not prepared in the time of the transaction; use shorter "
     "transactions "
     "or a longer timeout) | answer 2: branch 1.1, no (transaction timeout: not prepared in the time of the "
     "transaction; use shorter transactions or a longer timeout)"},
    {"a repeated prepare waits for the same last run", kLastRun, "prepare 9 5 branch=1.1 count=1", ""},
    {"a repeated prepare waits for the locks of the last run", kLastRunWaiting, "prepare 9 5 branch=1.2 count=1", ""},
    {"a prepare of the unknown is voted against", kUnknown, "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, no (store unavailable: this store has no such branch: it restarted, or the branch ended; "
     "run the transaction again)"},
    {"a prepare of a branch that wrote waits for the journal", kIdle, "prepare 9 5 branch=1.1 count=1",
     "A-7-5: active -> preparing"},
    {"a prepare of another branch number is voted against and changes nothing", kIdle, "prepare 9 5 branch=1.2 count=1",
     "answer 9: branch 1.2, no (store unavailable: this store has no such branch: it restarted, or the branch ended; "
     "run the transaction again)"},
    {"a prepare that counts a statement which never came is voted against", kIdle, "prepare 9 5 branch=1.1 count=2",
     "answer 9: branch 1.1, no (vote no: asked to prepare with a count of 2 statements, but the count here is 1; run "
     "the transaction again) | A-7-5: active -> none (vote no: asked to prepare with a count of 2 statements, but the "
     "count here is 1; run the transaction again)"},
    {"a prepare while a statement runs is voted against", kRunning, "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, no (vote no: asked to prepare with a count of 1 statements, but the count here is 0; run "
     "the transaction again) | A-7-5: active -> none (vote no: asked to prepare with a count of 1 statements, but the "
     "count here is 0; run the transaction again) | answer 1: ended (vote no: asked to prepare with a count of 1 "
     "statements, but the count here is 0; run the transaction again)"},
    {"a prepare of a submitted branch that only read lets go of its locks", kExecuted, "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, read-only | A-7-5: active -> none"},
    {"a repeated prepare waits for the same journal transaction", kPreparing, "prepare 9 5 branch=1.1 count=1", ""},
    {"a repeated prepare gets the same vote", kPrepared, "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, yes, 1 result"},
    {"a prepare of another number than the prepared one is voted against", kPrepared, "prepare 9 5 branch=1.7 count=1",
     "answer 9: branch 1.7, no (store unavailable: this store has no such branch: it restarted, or the branch ended; "
     "run the transaction again)"},
    {"a prepare of a committed branch is told so", kCommitted, "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, committed long since"},
    {"a repeated prepare of a branch that voted read-only gets the same vote", kReadOnly,
     "prepare 9 5 branch=1.1 count=1", "answer 9: branch 1.1, read-only"},
    {"a prepare of another number than the read-only one is voted against", kReadOnly, "prepare 9 5 branch=1.2 count=1",
     "answer 9: branch 1.2, no (store unavailable: this store has no such branch: it restarted, or the branch ended; "
     "run the transaction again)"},
    {"a prepare of an aborted branch is told its end", kAborted, "prepare 9 5 branch=1.1 count=1",
     "answer 9: branch 1.1, no (presumed: its coordinator aborted the transaction)"},
    {"a prepare of a replaced coordinator is refused", kIdle, "prepare 9 5 branch=1.1 count=1 epoch=6",
     "refuse 9: fenced: the coordinator of log A was replaced: this store has seen a later start; stop it"},
};

const Row kCommitRows[] = {
    {"a commit of the unknown is an alarm", kUnknown, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which this store does not have: the store was lost, or restored "
     "from an old copy | answer 9: A-7-5 refused, store at 0: commit of branch 1.1 of A-7-5, which this store does not "
     "have: the store was lost, or restored from an old copy"},
    {"a commit of the unknown that was released is acknowledged", kUnknown, "commit 9 5 branch=1.1 at=12 released=12",
     "answer 9: A-7-5 done, store at 0"},
    {"a commit of the unknown that is excepted from the released ones is an alarm", kUnknown,
     "commit 9 5 branch=1.1 at=12 released=13 except=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which this store does not have: the store was lost, or restored "
     "from an old copy | answer 9: A-7-5 refused, store at 0: commit of branch 1.1 of A-7-5, which this store does not "
     "have: the store was lost, or restored from an old copy"},
    {"a commit without a position is refused", kUnknown, "commit 9 5 branch=1.1",
     "refuse 9: invalid argument: a commit names the branch and the position of its record"},
    {"a commit without a branch is refused", kUnknown, "commit 9 5 at=12",
     "refuse 9: invalid argument: a commit names the branch and the position of its record"},
    {"a commit of an active branch has no effect", kIdle, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which never voted yes | answer 9: A-7-5 refused, store at 0: "
     "commit of branch 1.1 of A-7-5, which never voted yes"},
    {"a commit of a branch in its last run has no effect", kLastRun, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which never voted yes | answer 9: A-7-5 refused, store at 0: "
     "commit of branch 1.1 of A-7-5, which never voted yes"},
    {"a commit of an executed branch has no effect", kExecuted, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which never voted yes | answer 9: A-7-5 refused, store at 0: "
     "commit of branch 1.1 of A-7-5, which never voted yes"},
    {"a commit of a branch that has not voted has no effect", kPreparing, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which never voted yes | answer 9: A-7-5 refused, store at 0: "
     "commit of branch 1.1 of A-7-5, which never voted yes"},
    {"a commit of a prepared branch is applied", kPrepared, "commit 9 5 branch=1.1 at=12",
     "A-7-5: prepared -> committing"},
    {"a commit of another number does not touch the prepared branch", kPrepared, "commit 9 5 branch=1.2 at=12",
     "ALARM: refused: commit of branch 1.2 of A-7-5, which this store does not have: the store was lost, or restored "
     "from an old copy | answer 9: A-7-5 refused, store at 1: commit of branch 1.2 of A-7-5, which this store does not "
     "have: the store was lost, or restored from an old copy"},
    {"a commit of another number that was released does not touch the prepared branch", kPrepared,
     "commit 9 5 branch=1.2 at=12 released=12", "answer 9: A-7-5 done, store at 1"},
    {"a repeated commit waits for the same journal transaction", kCommitting, "commit 9 5 branch=1.1 at=12", ""},
    {"a repeated commit is acknowledged again", kCommitted, "commit 9 5 branch=1.1 at=12",
     "answer 9: A-7-5 done, store at 2"},
    {"a commit of a released branch is acknowledged", kReleased, "commit 9 5 branch=1.1 at=12",
     "answer 9: A-7-5 done, store at 2"},
    {"a commit of a branch that voted read-only has no effect", kReadOnly, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which ended here without a commit | answer 9: A-7-5 refused, "
     "store at 0: commit of branch 1.1 of A-7-5, which ended here without a commit"},
    {"a commit after the abort is an alarm", kAborted, "commit 9 5 branch=1.1 at=12",
     "ALARM: refused: commit of branch 1.1 of A-7-5, which ended here without a commit | answer 9: A-7-5 refused, "
     "store at 1: commit of branch 1.1 of A-7-5, which ended here without a commit"},
    {"a commit while an operator resolves is to be sent again", kResolving, "commit 9 5 branch=1.1 at=12",
     "refuse 9: unavailable: an operator resolves A-7-5 just now; send it again"},
    {"a commit agrees with the operator who committed", kResolvedCommit, "commit 9 5 branch=1.1 at=12",
     "A-7-5: resolved commit -> settling"},
    {"a commit contradicts the operator who aborted", kResolvedAbort, "commit 9 5 branch=1.1 at=12",
     "ALARM: A-7-5 was committed, but an operator had aborted it at this store (ann): the stores disagree, and people "
     "must repair it | A-7-5: resolved abort -> settling"},
    {"a repeated commit waits while the contradiction is written", kSettling, "commit 9 5 branch=1.1 at=12", ""},
};

const Row kAbortRows[] = {
    {"an abort of the unknown is acknowledged", kUnknown, "abort 9 5", "answer 9: A-7-5 done, store at 0"},
    {"an abort of an unknown branch is acknowledged", kUnknown, "abort 9 5 branch=1.1",
     "answer 9: A-7-5 done, store at 0"},
    {"an abort ends a branch in its last run", kLastRun, "abort 9 5 branch=1.1",
     "answer 9: A-7-5 done, store at 0 | A-7-5: active -> none (presumed: its coordinator aborted the transaction) | "
     "answer 2: branch 1.1, no (presumed: its coordinator aborted the transaction)"},
    {"an abort ends a branch whose last run waits", kLastRunWaiting, "abort 9 5 branch=1.2",
     "answer 9: A-7-5 done, store at 0 | A-7-5: active -> none (presumed: its coordinator aborted the transaction) | "
     "answer 2: branch 1.2, no (presumed: its coordinator aborted the transaction)"},
    {"an abort ends a branch whose statement runs", kRunning, "abort 9 5",
     "answer 9: A-7-5 done, store at 0 | A-7-5: active -> none (presumed: its coordinator aborted the transaction) | "
     "answer 1: ended (presumed: its coordinator aborted the transaction)"},
    {"an abort ends a branch that waits for locks", kWaiting, "abort 9 5 branch=1.2",
     "answer 9: A-7-5 done, store at 0 | A-7-5: active -> none (presumed: its coordinator aborted the transaction) | "
     "answer 1: ended (presumed: its coordinator aborted the transaction)"},
    {"an abort of the holder lets the waiting one run", kWaiting, "abort 9 4",
     "answer 9: A-7-4 done, store at 0 | A-7-4: active -> none (presumed: its coordinator aborted the transaction) | "
     "run 3: 1 statement of A-7-5 on top of 0 changed rows"},
    {"an abort ends an idle branch", kIdle, "abort 9 5 branch=1.1",
     "answer 9: A-7-5 done, store at 0 | A-7-5: active -> none (presumed: its coordinator aborted the transaction)"},
    {"an abort of another number does not touch the branch", kIdle, "abort 9 5 branch=1.2",
     "answer 9: A-7-5 done, store at 0"},
    {"an abort overtakes the journal", kPreparing, "abort 9 5 branch=1.1",
     "answer 9: A-7-5 done, store at 0 | A-7-5: preparing -> none (presumed: its coordinator aborted the transaction) "
     "| answer 1: branch 1.1, no (presumed: its coordinator aborted the transaction)"},
    {"an abort ends a prepared branch", kPrepared, "abort 9 5 branch=1.1",
     "answer 9: A-7-5 done, store at 1 | A-7-5: prepared -> none (presumed: its coordinator aborted the transaction)"},
    {"an abort that names no branch ends a prepared one", kPrepared, "abort 9 5",
     "answer 9: A-7-5 done, store at 1 | A-7-5: prepared -> none (presumed: its coordinator aborted the transaction)"},
    {"an abort of another number does not touch the prepared branch", kPrepared, "abort 9 5 branch=1.2",
     "answer 9: A-7-5 done, store at 1"},
    {"an abort after the commit is an alarm", kCommitting, "abort 9 5 branch=1.1",
     "ALARM: refused: abort of A-7-5, which was committed before | answer 9: A-7-5 refused, store at 1: abort of "
     "A-7-5, which was committed before"},
    {"an abort of a committed branch is an alarm", kCommitted, "abort 9 5 branch=1.1",
     "ALARM: refused: abort of A-7-5, which was committed before | answer 9: A-7-5 refused, store at 2: abort of "
     "A-7-5, which was committed before"},
    {"an abort of another number does not touch the committed branch", kCommitted, "abort 9 5 branch=1.2",
     "answer 9: A-7-5 done, store at 2"},
    {"a repeated abort is acknowledged", kAborted, "abort 9 5 branch=1.1", "answer 9: A-7-5 done, store at 1"},
    {"an abort while an operator resolves is to be sent again", kResolving, "abort 9 5 branch=1.1",
     "refuse 9: unavailable: an operator resolves A-7-5 just now; send it again"},
    {"an abort agrees with the operator who aborted", kResolvedAbort, "abort 9 5 branch=1.1",
     "answer 9: A-7-5 agrees, store at 2: ann | A-7-5: resolved abort -> none (presumed: its coordinator aborted the "
     "transaction)"},
    {"an abort contradicts the operator who committed", kResolvedCommit, "abort 9 5 branch=1.1",
     "ALARM: A-7-5 was aborted, but an operator had committed it at this store (ann): the stores disagree, and people "
     "must repair it | answer 9: A-7-5 contradicts, store at 2: ann | A-7-5: resolved commit -> none (presumed: its "
     "coordinator aborted the transaction)"},
    {"an abort after the contradicting commit is an alarm", kSettling, "abort 9 5 branch=1.1",
     "ALARM: refused: abort of A-7-5, which was committed before | answer 9: A-7-5 refused, store at 2: abort of "
     "A-7-5, which was committed before"},
};

const Row kOtherRows[] = {
    {"an inquiry that is undecided changes nothing", kPrepared, "inquiry 5 branch=1.1 undecided", ""},
    {"an inquiry that hears commit applies it", kPrepared, "inquiry 5 branch=1.1 commit at=12",
     "A-7-5: prepared -> committing"},
    {"an inquiry that hears abort ends the branch", kPrepared, "inquiry 5 branch=1.1 abort",
     "A-7-5: prepared -> none (presumed: its coordinator has no commit on record)"},
    {"a late answer about another branch number changes nothing", kPrepared, "inquiry 5 branch=1.2 abort", ""},
    {"an answer of a replaced coordinator changes nothing", kPrepared, "inquiry 5 branch=1.1 abort epoch=6", ""},
    {"an answer of another log is not believed", kPrepared, "inquiry 5 branch=1.1 abort log=B",
     "ALARM: the coordinator at coordinator:1 does not know the log of A-7-5: it has another log, or an old copy; the "
     "branch stays in doubt until the right one answers, or an operator resolves it"},
    {"an inquiry that hears commit again changes nothing", kCommitted, "inquiry 5 branch=1.1 commit at=12", ""},
    {"an inquiry that hears abort of a committed branch is an alarm", kCommitted, "inquiry 5 branch=1.1 abort",
     "ALARM: refused: abort of A-7-5, which was committed before"},
    {"an inquiry that hears abort deletes what the operator aborted", kResolvedAbort, "inquiry 5 branch=1.1 abort",
     "A-7-5: resolved abort -> none (presumed: its coordinator has no commit on record)"},
    {"an inquiry that hears ended ends a stray branch", kPrepared, "inquiry 5 branch=1.1 ended",
     "A-7-5: prepared -> none (presumed: its transaction has ended, and this branch has heard of no commit)"},
    {"an inquiry that hears ended changes nothing of a committed branch", kCommitted, "inquiry 5 branch=1.1 ended", ""},
    {"an inquiry that hears ended changes nothing while the commit is applied", kCommitting,
     "inquiry 5 branch=1.1 ended", ""},
    {"an inquiry that hears ended contradicts the operator who committed a stray copy", kResolvedCommit,
     "inquiry 5 branch=1.1 ended",
     "ALARM: A-7-5 was aborted, but an operator had committed it at this store (ann): the stores disagree, and people "
     "must repair it | A-7-5: resolved commit -> none (presumed: its transaction has ended, and this branch has heard "
     "of no commit)"},
    {"an inquiry that hears ended changes nothing while a contradiction is written", kSettling,
     "inquiry 5 branch=1.1 ended", ""},
    {"an inquiry that hears ended changes nothing where an operator had aborted what committed", kMixed,
     "inquiry 5 branch=1.1 ended", ""},
    {"an inquiry that hears ended deletes what the operator aborted", kResolvedAbort, "inquiry 5 branch=1.1 ended",
     "A-7-5: resolved abort -> none (presumed: its transaction has ended, and this branch has heard of no commit)"},
    {"an active branch cannot be resolved by hand", kIdle, "resolve 9 5 commit ann",
     "refuse 9: conflict: A-7-5 is active here: only a prepared branch can be resolved by hand"},
    {"an unknown branch cannot be resolved by hand", kUnknown, "resolve 9 5 commit ann",
     "refuse 9: not found: this store has no branch of A-7-5"},
    {"a branch cannot be resolved by two operators at once", kResolving, "resolve 9 5 commit bob",
     "refuse 9: conflict: A-7-5 is resolving here: only a prepared branch can be resolved by hand"},
    {"a resolution by hand needs a reason", kPrepared, "resolve 9 5 commit",
     "refuse 9: invalid argument: a resolution by hand needs a reason: it is kept for the record"},
    {"a committed branch is deleted once it is released", kCommitted, "accepted released=12",
     "A-7-5: committed -> none"},
    {"a committed branch stays while it is excepted from the released ones", kCommitted,
     "accepted released=13 except=12", ""},
    {"a run that was not ordered is ignored", kOneShotRunning, "ran 8 wrote=1", ""},
    {"a run counts once its locks are held", kOneShotRunning, "ran 1 wrote=1 locks=accounts[7]:X",
     "A-7-5: active -> preparing"},
    {"a later start of the coordinator ends the active branch", kIdle, "accepted epoch=8 nonce=2",
     "A-7-5: active -> none (presumed: its coordinator restarted before the transaction was decided; run the "
     "transaction again)"},
    {"a later start of the coordinator leaves the prepared branch", kPrepared, "accepted epoch=8 nonce=2", ""},
    {"a later start of the coordinator leaves the branch that is being prepared", kPreparing,
     "accepted epoch=8 nonce=2", ""},
    {"a prepare that is meant for another opening changes nothing", kIdle, "prepare 9 5 branch=1.1 count=1 opening=9",
     kAnotherOpening},
    {"an execute-and-prepare that is meant for another opening begins nothing", "", "submit 9 5 opening=9",
     kAnotherOpening},
    {"a commit that is meant for another opening is not applied", kPrepared, "commit 9 5 branch=1.1 at=12 opening=9",
     kAnotherOpening},
    {"an abort that is meant for another opening lets go of nothing", kPrepared, "abort 9 5 branch=1.1 opening=9",
     kAnotherOpening},
    {"a later start that speaks to another opening ends nothing", kIdle, "abort 9 8/1 opening=9 epoch=8 nonce=2",
     kAnotherOpening},
    {"an answer that the opening is not accepted raises no alarm", kPrepared, "inquiry 5 branch=1.1 not-accepted", ""},
    {"a coordinator of another log ends nothing", kIdle, "accepted epoch=9 nonce=2 log=B", ""},
    {"the store aborts an active branch when its time is over", kIdle, "pass 30s",
     "A-7-5: active -> none (transaction timeout: not prepared in the time of the transaction; use shorter "
     "transactions or a longer timeout)"},
    {"no timeout ends a prepared branch", kPrepared, "pass 2s",
     "inquire about A-7-5 branch 1.1 at coordinator:1; seen log A epoch 7 nonce 1 durable 0"},
    {"nothing is journaled for an active branch", kIdle, "batch", ""},
    {"nothing is journaled for a branch that waits for its decision", kPrepared, "batch", ""},
};

INSTANTIATE_TEST_SUITE_P(Execute, BranchTableRow, testing::ValuesIn(kExecuteRows), name_of);
INSTANTIATE_TEST_SUITE_P(ExecuteAndPrepare, BranchTableRow, testing::ValuesIn(kSubmitRows), name_of);
INSTANTIATE_TEST_SUITE_P(Prepare, BranchTableRow, testing::ValuesIn(kPrepareRows), name_of);
INSTANTIATE_TEST_SUITE_P(Commit, BranchTableRow, testing::ValuesIn(kCommitRows), name_of);
INSTANTIATE_TEST_SUITE_P(Abort, BranchTableRow, testing::ValuesIn(kAbortRows), name_of);
INSTANTIATE_TEST_SUITE_P(Others, BranchTableRow, testing::ValuesIn(kOtherRows), name_of);

}  // namespace
}  // namespace assent::participant
