// A row per state of a transaction and event, the stale and the repeated ones included. Rows cite the row of the
// failure matrix, or the invariant, that they show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <string>
#include <vector>

#include "stage.h"

namespace assent::coordinator {
namespace {

using Lines = std::vector<std::string>;

struct Row {
  const char* sentence;
  const char* state;
  const char* event;
  Lines effects;
};

// The way into each state. `preparing` waits for the vote of b, `executed` for that of b beside a reader.
const std::map<std::string, std::string> kWays{
    {"unbegun", "given a b c"},
    {"preparing", "given a b c\n submit 0 a b call=1\n yes a 0 1.1"},
    {"preparing interactive", "given a b c\n commit 0 a:1.1:2 b:1.1:1 call=1\n yes a 0 1.1"},
    {"one executed", "given a b c\n submit 0 a b call=1\n executed a 0 1.1"},
    {"asked to prepare", "given a b c\n submit 0 a b call=1\n executed a 0 1.1\n yes b 0 1.1"},
    {"recording", "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1"},
    {"committing", "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1"},
    {"ended", "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1\n ack b 0 1.1"},
    {"retained",
     "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1\n ack b 0 1.1\n"
     "advance 1s\n durable"},
    {"restarted", "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1\n crash"},
    {"restarted with ids", "given a b c\n crash\n register a position=50 seen=1/c1/2 call=1\n lease 4"},
    {"end lost",
     "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1\n ack b 0 1.1\n crash"},
    {"forgotten",
     "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n yes b 0 1.1\n durable\n ack a 0 1.1\n ack b 0 1.1\n"
     "advance 1s\n durable\n advance 10min"},
    {"aborted", "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n no b 0 1.1 reason=constraint"},
    {"draining", "given a b c\n submit 0 a b call=1\n yes a 0 1.1\n drain"},
};

const std::string kTold = R"(reason=presumed detail="no commit is on record")";
const std::string kUnregistered =
    R"(reason="store unavailable" at=c detail="the store has not registered since the coordinator started")";
const std::string kUnanswered = "from=preparing to=aborted reason=";

// clang-format off
const std::vector<Row> kRows{
    // ---- before it begins ----
    {"An outcome asked of an unbegun id makes it aborted", "unbegun", "outcome 0 call=9",
     {"transaction id=1-0 from=active to=aborted " + kTold, "outcome answered call=9 id=1-0 outcome=aborted " + kTold}},
    {"An inquiry about an unbegun id makes it aborted", "unbegun", "inquire a 0 1.1 call=9",
     {"transaction id=1-0 from=active to=aborted " + kTold, "inquiry answered call=9 id=1-0 branch=1.1 result=abort"}},
    {"A stray vote for an unbegun id makes it aborted", "unbegun", "yes a 0 1.1",
     {"transaction id=1-0 from=active to=aborted " + kTold, "send abort store=a id=1-0 branch=1.1"}},
    {"A no vote for an unbegun id holds nothing and changes nothing", "unbegun", "no a 0 1.1", {}},
    {"A wound of an unbegun id changes nothing", "unbegun", "wound a 0", {}},
    {"A lost vote of an unbegun id changes nothing", "unbegun", "lost a 0", {}},
    {"An abort of an unbegun id tells the stores that were touched", "unbegun", "abort 0 a:1.1 call=9",
     {R"(transaction id=1-0 from=active to=aborted reason=application detail="the application asked for it")",
      "send abort store=a id=1-0 branch=1.1",
      R"(outcome answered call=9 id=1-0 outcome=aborted reason=application detail="the application asked for it")"}},
    {"An id that was never leased is refused", "unbegun", "submit 16 a call=9",
     {"call refused call=9 kind=invalid-argument message=\"transaction 1-16 was never leased from decision log 00a1: "
      "ask the coordinator that it comes from\""}},
    {"An id of a later start may be sent again, for another coordinator has given it out", "unbegun", "outcome 2-0 call=9",
     {"call refused call=9 kind=unavailable message=\"transaction 2-0 was leased at a later start than this one, 1: "
      "another coordinator has taken its place: try again\""}},
    {"An id of another log is refused, not aborted", "unbegun", "abort beef-1-0 a:1.1 call=9",
     {"call refused call=9 kind=invalid-argument message=\"transaction beef-1-0 was never leased from decision log "
      "00a1: ask the coordinator that it comes from\""}},
    {"An empty batch is refused", "unbegun", "submit 0 call=9",
     {R"(call refused call=9 kind=invalid-argument message="the batch is empty: give it at least one statement")"}},
    {"A branch without statements is refused", "unbegun", "submit 0 a! call=9",
     {"call refused call=9 kind=invalid-argument message=\"the batch has no statement for store `a`: leave the store "
      "out\""}},
    {"A store named twice is refused", "unbegun", "commit 0 a:1.1 a:1.2 call=9",
     {"call refused call=9 kind=invalid-argument message=\"the transaction names store `a` twice: give it one branch "
      "for each store\""}},
    {"A commit without a branch number is refused", "unbegun", "commit 0 a call=9",
     {"call refused call=9 kind=invalid-argument message=\"the commit names no branch number for store `a`: abort "
      "instead\""}},
    {"A timeout of nothing is refused", "unbegun", "submit 0 a timeout=0s call=9",
     {"call refused call=9 kind=invalid-argument message=\"the timeout is not longer than nothing: leave it out for "
      "the coordinator's own\""}},
    {"A timeout longer than the coordinator's is cut", "unbegun", "submit 0 a timeout=99s call=9",
     {"transaction id=1-0 from=active to=preparing",
      "send execute-and-prepare store=a id=1-0 stamp=7 statements=1 timeout=30s stores=a"}},
    {"An unknown store aborts a submit", "unbegun", "submit 0 a x call=9",
     {R"(transaction id=1-0 from=active to=aborted reason="unknown store" at=x detail="no store of this name has registered: start its participant")",
      R"(outcome answered call=9 id=1-0 outcome=aborted reason="unknown store" at=x detail="no store of this name has registered: start its participant")"}},
    {"An unknown store aborts a commit, and the known ones are told", "unbegun", "commit 0 a:1.1 x:1.1 call=9",
     {R"(transaction id=1-0 from=active to=aborted reason="unknown store" at=x detail="no store of this name has registered: start its participant")",
      "send abort store=a id=1-0 branch=1.1",
      R"(outcome answered call=9 id=1-0 outcome=aborted reason="unknown store" at=x detail="no store of this name has registered: start its participant")"}},
    {"A lease of no ids is refused", "unbegun", "lease 0 call=9",
     {R"(call refused call=9 kind=invalid-argument message="ask for at least one id")"}},

    // ---- preparing ----
    {"A repeated submit waits for the same decision", "preparing", "submit 0 a b call=9", {}},
    {"A repeated vote counts once (M12)", "preparing", "yes a 0 1.1", {}},
    {"A no after a counted yes changes nothing (M12)", "preparing", "no a 0 1.1", {}},
    {"The last yes records the commit, and sends nothing yet (I1)", "preparing", "yes b 0 1.7",
     {R"(transaction id=1-0 from=preparing to="recording commit")", "append 5 commit id=1-0 branches=a:1.1,b:1.7",
      "force log"}},
    {"A no aborts, and the store that voted it is not told", "preparing", "no b 0 1.7 reason=lock-timeout",
     {"transaction id=1-0 " + kUnanswered + R"("lock timeout" at=b)", "send abort store=a id=1-0 branch=1.1",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason="lock timeout" at=b)"}},
    {"A yes without a branch number is nobody's", "preparing", "yes b 0 0.0", {}},
    {"A yes of a second branch number ends that branch (M21)", "preparing", "yes a 0 2.1",
     {"send abort store=a id=1-0 branch=2.1"}},
    {"A yes of a store that takes no part ends its branch", "preparing", "yes c 0 1.1",
     {"send abort store=c id=1-0 branch=1.1"}},
    {"A read-only vote before the prepare does not count", "preparing", "read-only b 0 1.1", {}},
    {"A lost vote aborts", "preparing", "lost b 0",
     {"transaction id=1-0 " + kUnanswered + R"("store unavailable" at=b detail="no answer")",
      "send abort store=a id=1-0 branch=1.1", "send abort store=b id=1-0 branch=none",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason="store unavailable" at=b detail="no answer")"}},
    {"A lost vote aborts for the reason that it was lost for", "preparing", "lost b 0 reason=overloaded",
     {"transaction id=1-0 " + kUnanswered + R"(overloaded at=b detail="no answer")",
      "send abort store=a id=1-0 branch=1.1", "send abort store=b id=1-0 branch=none",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason=overloaded at=b detail="no answer")"}},
    {"A vote that is in cannot be lost", "preparing", "lost a 0", {}},
    {"A wound aborts", "preparing", "wound a 0",
     {"transaction id=1-0 " + kUnanswered + R"(wounded at=a detail="an older transaction needs its locks")",
      "send abort store=a id=1-0 branch=1.1", "send abort store=b id=1-0 branch=none",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason=wounded at=a detail="an older transaction needs its locks")"}},
    {"An inquiry hears undecided (M13)", "preparing", "inquire a 0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=undecided"}},
    {"An outcome is in progress", "preparing", "outcome 0 call=9",
     {R"(outcome answered call=9 id=1-0 outcome="in progress")"}},
    {"Nothing times out too early", "preparing", "advance 29s", {}},
    {"A store that has committed already is an alarm", "preparing", "already-committed a 0 1.1",
     {R"(ALARM text="branch 1.1 of transaction 1-0 at store `a` has committed, and no such commit is on record")"}},
    {"An acknowledged commit that is not decided is an alarm", "preparing", "ack a 0 1.1",
     {R"(ALARM text="branch 1.1 of transaction 1-0 at store `a` acknowledges a commit that is not decided")"}},
    {"What is in flight goes on while draining", "draining", "yes b 0 1.7",
     {R"(transaction id=1-0 from=preparing to="recording commit")", "append 5 commit id=1-0 branches=a:1.1,b:1.7",
      "force log"}},
    {"A repeated submit is no new transaction while draining", "draining", "submit 0 a b call=9", {}},

    // ---- preparing, interactive ----
    {"A vote of another number than the client named does not count (M21)", "preparing interactive", "read-only b 0 2.1",
     {}},
    {"A yes of another number than the client named ends that branch", "preparing interactive", "yes b 0 2.1",
     {"send abort store=b id=1-0 branch=2.1"}},
    {"A no of another number aborts, and the branch named is told too", "preparing interactive", "no b 0 2.1",
     {"transaction id=1-0 " + kUnanswered + R"("vote no" at=b)", "send abort store=a id=1-0 branch=1.1",
      "send abort store=b id=1-0 branch=1.1", R"(outcome answered call=1 id=1-0 outcome=aborted reason="vote no" at=b)"}},
    {"Executed is no answer to a prepare", "preparing interactive", "executed b 0 1.1", {}},
    {"A read-only store is left out of the record (P13)", "preparing interactive", "read-only b 0 1.1",
     {R"(transaction id=1-0 from=preparing to="recording commit")", "append 5 commit id=1-0 branches=a:1.1",
      "force log"}},

    // ---- a submitted reader ----
    {"A reader is not asked to prepare before all have executed", "one executed", "executed a 0 1.1", {}},
    {"A reader that was not asked cannot be lost", "one executed", "lost a 0", {}},
    {"A reader is asked to prepare when the last has executed", "one executed", "executed b 0 1.1",
     {"send prepare store=a id=1-0 branch=1.1 statements=1 timeout=30s stores=a,b",
      "send prepare store=b id=1-0 branch=1.1 statements=1 timeout=30s stores=a,b"}},
    {"A reader that a no makes superfluous is told", "one executed", "no b 0 1.1",
     {"transaction id=1-0 " + kUnanswered + R"("vote no" at=b)", "send abort store=a id=1-0 branch=1.1",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason="vote no" at=b)"}},
    {"Executed said twice is no vote", "asked to prepare", "executed a 0 1.1", {}},
    {"A reader that executed anew after its locks were lost does not count (M21)", "asked to prepare", "executed a 0 1.2",
     {"send abort store=a id=1-0 branch=1.2"}},
    {"A prepare that is lost aborts", "asked to prepare", "lost a 0",
     {"transaction id=1-0 " + kUnanswered + R"("store unavailable" at=a detail="no answer")",
      "send abort store=a id=1-0 branch=1.1", "send abort store=b id=1-0 branch=1.1",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason="store unavailable" at=a detail="no answer")"}},
    {"A wound aborts a reader's transaction as long as its vote is missing", "asked to prepare", "wound b 0",
     {"transaction id=1-0 " + kUnanswered + R"(wounded at=b detail="an older transaction needs its locks")",
      "send abort store=a id=1-0 branch=1.1", "send abort store=b id=1-0 branch=1.1",
      R"(outcome answered call=1 id=1-0 outcome=aborted reason=wounded at=b detail="an older transaction needs its locks")"}},

    // ---- recording the commit: the outcome is unknown until the log answers ----
    {"A timeout can no longer abort (I2)", "recording", "advance 60s", {}},
    {"A wound can no longer abort (I2)", "recording", "wound a 0", {}},
    {"A no can no longer abort (I2)", "recording", "no a 0 1.1", {}},
    {"A lost vote can no longer abort (I2)", "recording", "lost a 0", {}},
    {"An abort waits for the outcome (I2)", "recording", "abort 0 call=9", {}},
    {"An inquiry hears undecided while recording (M13)", "recording", "inquire a 0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=undecided"}},
    {"An outcome is in progress while recording", "recording", "outcome 0 call=9",
     {R"(outcome answered call=9 id=1-0 outcome="in progress")"}},
    {"An acknowledgement before the decision is an alarm", "recording", "ack a 0 1.1",
     {R"(ALARM text="branch 1.1 of transaction 1-0 at store `a` acknowledges a commit that is not decided")"}},
    {"A repeated vote is not answered before the decision (I1)", "recording", "yes a 0 1.1", {}},
    {"Another record that becomes durable decides nothing", "recording", "durable 4", {}},
    {"The durable record lets the commits out", "recording", "durable 5",
     {R"(transaction id=1-0 from="recording commit" to=committing)", "send commit store=a id=1-0 branch=1.1 commit=5",
      "send commit store=b id=1-0 branch=1.1 commit=5", "outcome answered call=1 id=1-0 outcome=committed results=a:1,b:1"}},

    // ---- committing: a has acknowledged, b owes ----
    {"The last acknowledgement ends it, and forces nothing", "committing", "ack b 0 1.1 position=9",
     {"transaction id=1-0 from=committing to=ended", "append 6 end commit=5 stores=a@5,b@9"}},
    {"A repeated acknowledgement counts once (M12)", "committing", "ack a 0 1.1", {}},
    {"An acknowledgement of another number does not count", "committing", "ack b 0 1.2", {}},
    {"An acknowledgement of a store that takes no part does not count", "committing", "ack c 0 1.1", {}},
    {"An acknowledged abort is no acknowledged commit", "committing", "ack b 0 1.1 decision=abort", {}},
    {"A refused commit is an alarm, and goes on owing (M9)", "committing", "ack b 0 1.1 kind=refused",
     {R"(ALARM text="branch 1.1 of transaction 1-0 at store `b` refuses to commit: ")"}},
    {"A contradiction is an alarm, and kept in the end record (S10)", "committing", "ack b 0 1.1 kind=contradicts",
     {"ALARM text=\"branch 1.1 of transaction 1-0 at store `b` is heuristic-mixed, an operator has contradicted the "
      "commit: \"", "transaction id=1-0 from=committing to=ended", "append 6 end commit=5 stores=a@5,b@5!"}},
    {"An operator who agreed has acknowledged (S10)", "committing", "ack b 0 1.1 kind=agrees",
     {"transaction id=1-0 from=committing to=ended", "append 6 end commit=5 stores=a@5,b@5"}},
    {"A repeated commit request hears the decision (S13)", "committing", "submit 0 a b call=9",
     {"outcome answered call=9 id=1-0 outcome=committed"}},
    {"A repeated request for the applied commit waits", "committing", "submit 0 a b call=9 return=applied", {}},
    {"An abort hears that it has committed (S13)", "committing", "abort 0 a:1.1 call=9",
     {"outcome answered call=9 id=1-0 outcome=committed"}},
    {"An outcome is committed", "committing", "outcome 0 call=9", {"outcome answered call=9 id=1-0 outcome=committed"}},
    {"An inquiry hears commit under the recorded number", "committing", "inquire b 0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=commit commit=5"}},
    {"An inquiry hears abort under any other number (M18)", "committing", "inquire b 0 1.2 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.2 result=abort"}},
    {"An inquiry of a store that takes no part hears abort", "committing", "inquire c 0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=abort"}},
    {"A vote that is repeated by a store that owes is answered with the commit", "committing", "yes b 0 1.1",
     {"send commit store=b id=1-0 branch=1.1 commit=5"}},
    {"A vote that is repeated by a store that has acknowledged is not answered", "committing", "yes a 0 1.1", {}},
    {"A late branch of a committed transaction is ended (M8)", "committing", "yes a 0 1.2",
     {"send abort store=a id=1-0 branch=1.2"}},
    {"A store that has committed already is no alarm (M18)", "committing", "already-committed b 0 1.1", {}},
    {"A store that has committed another branch is an alarm", "committing", "already-committed b 0 1.2",
     {R"(ALARM text="branch 1.2 of transaction 1-0 at store `b` has committed, and no such commit is on record")"}},
    {"A wound is too late", "committing", "wound b 0", {}},
    {"What is owed is sent again", "committing", "advance 1s", {"send commit store=b id=1-0 branch=1.1 commit=5"}},
    {"A restart sends to no store before it registers", "committing", "crash", {}},
    {"A restart sends to every store of the record (C7)", "restarted", "return a b",
     {"send commit store=a id=1-0 branch=1.1 commit=5", "send commit store=b id=1-0 branch=1.1 commit=5"}},

    // ---- ended, the end record not durable ----
    {"A repeated acknowledgement after the end changes nothing", "ended", "ack b 0 1.1", {}},
    {"The end record is forced when nothing else was", "ended", "advance 1s", {"force log"}},
    {"Nothing is sent again after the end", "ended", "advance 900ms", {}},
    {"An inquiry hears commit until the release", "ended", "inquire b 0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=commit commit=5"}},
    {"A repeated request for the applied commit is answered at the end", "ended", "submit 0 a b call=9 return=applied",
     {"outcome answered call=9 id=1-0 outcome=committed"}},
    {"An end record that was lost makes the commit be sent again (C10)", "end lost", "return a b",
     {"send commit store=a id=1-0 branch=1.1 commit=5", "send commit store=b id=1-0 branch=1.1 commit=5"}},
    {"An end record that was kept ends it (C10)", "ended", "crash keep", {}},

    // ---- after a restart, before the stores have registered ----
    {"A store that has not registered since the start takes no part", "restarted with ids", "submit 2-0 c call=9",
     {"transaction id=2-0 from=active to=aborted " + kUnregistered, "outcome answered call=9 id=2-0 outcome=aborted " + kUnregistered}},
    {"An inquiry of an opening that has not registered learns nothing", "restarted", "inquire b 1-0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=not-accepted"}},
    {"What is owed waits for the registration", "restarted", "advance 1s", {}},

    // ---- another opening than the one in force ----
    {"An inquiry of another opening learns nothing", "committing", "inquire b 0 1.1 opening=9 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=not-accepted"}},
    {"An inquiry of another opening presumes no abort", "unbegun", "inquire b 0 1.1 opening=9 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=not-accepted"}},
    {"A wound of another opening wounds nothing", "preparing", "wound b 0 opening=9", {}},
    {"A store that is opened anew is sent what it may have missed", "committing",
     "register b position=9 start=2 call=9",
     {"registration answered call=9 store=b", "send commit store=b id=1-0 branch=1.1 commit=5 opening=0002"}},
    {"A late sign of life changes nothing (M)", "committing", "register b position=1 call=9",
     {"registration answered call=9 store=b"}},

    // ---- retained, forgotten ----
    {"A retained outcome is committed (C11)", "retained", "outcome 0 call=9",
     {"outcome answered call=9 id=1-0 outcome=committed"}},
    {"A retained outcome is told to a repeated submit", "retained", "submit 0 a b call=9 return=applied",
     {"outcome answered call=9 id=1-0 outcome=committed"}},
    {"Who asks about a retained commit hears that it has ended", "retained", "inquire a 0 2.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=2.1 result=ended"}},
    {"A late vote of a retained branch is not answered with abort", "retained", "yes a 0 1.1", {}},
    {"A late new copy of a retained branch is left to ask (M22)", "retained", "yes a 0 2.1", {}},
    {"A late copy of a retained branch that has only executed is told to abort (M7)", "retained", "executed a 0 2.1",
     {"send abort store=a id=1-0 branch=2.1"}},
    {"A late copy of a forgotten branch that has only executed is told to abort (M7)", "forgotten", "executed a 0 2.1",
     {"send abort store=a id=1-0 branch=2.1"}},
    {"A store that committed a retained branch is no alarm", "retained", "already-committed a 0 1.1", {}},
    {"A retained outcome is kept for the retention time", "retained", "advance 599s", {}},
    {"A retained outcome is forgotten after it", "retained", "advance 600s", {"append 7 forgotten through=1-0"}},
    {"A forgotten outcome is forgotten, never aborted (C11)", "forgotten", "outcome 0 call=9",
     {"outcome answered call=9 id=1-0 outcome=forgotten"}},
    {"An abort of a forgotten transaction is sent to nobody", "forgotten", "abort 0 a:1.1 call=9",
     {"outcome answered call=9 id=1-0 outcome=forgotten"}},
    {"A store that committed a forgotten branch is no alarm", "forgotten", "already-committed a 0 1.1", {}},
    {"A late vote of a forgotten branch is not answered with abort", "forgotten", "yes a 0 1.1", {}},
    {"A late copy of a forgotten branch is left to ask", "forgotten", "yes a 0 2.1", {}},
    {"Who asks about a forgotten commit hears that it has ended", "forgotten", "inquire a 0 2.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=2.1 result=ended"}},

    // ---- aborted ----
    {"A late yes is told to abort at once (M7)", "aborted", "yes b 0 1.9", {"send abort store=b id=1-0 branch=1.9"}},
    {"A late executed is told to abort at once", "aborted", "executed b 0 1.9", {"send abort store=b id=1-0 branch=1.9"}},
    {"A late read-only vote holds nothing", "aborted", "read-only b 0 1.1", {}},
    {"A late no holds nothing", "aborted", "no a 0 1.1", {}},
    {"A repeated submit hears aborted (S13)", "aborted", "submit 0 a b call=9",
     {"outcome answered call=9 id=1-0 outcome=aborted " + kTold}},
    {"A repeated abort is answered, and the stores named are told again", "aborted", "abort 0 a:1.1 call=9",
     {"send abort store=a id=1-0 branch=1.1", "outcome answered call=9 id=1-0 outcome=aborted " + kTold}},
    {"An inquiry hears abort (M2)", "aborted", "inquire a 0 1.1 call=9",
     {"inquiry answered call=9 id=1-0 branch=1.1 result=abort"}},
    {"An acknowledged abort needs nothing", "aborted", "ack a 0 1.1 decision=abort", {}},
    {"A refused abort is an alarm (M11)", "aborted", "ack a 0 1.1 decision=abort kind=refused",
     {R"(ALARM text="branch 1.1 of transaction 1-0 at store `a` refuses to abort: ")"}},
    {"A store that committed an aborted transaction is an alarm", "aborted", "already-committed a 0 1.1",
     {R"(ALARM text="branch 1.1 of transaction 1-0 at store `a` has committed, and no such commit is on record")"}},
    {"A wound of an aborted transaction changes nothing", "aborted", "wound a 0", {}},
    {"An aborted transaction has written nothing (I3)", "aborted", "advance 60s", {}},
    {"A restart knows nothing of an aborted transaction (I3)", "aborted", "crash", {}},
};
// clang-format on

class StateAndEvent : public testing::TestWithParam<Row> {};

TEST_P(StateAndEvent, GivesTheseEffects) {
  Stage stage;
  stage.run_all(kWays.at(GetParam().state));
  EXPECT_EQ(stage.run(GetParam().event), GetParam().effects);
}

std::string name_of(const Row& row) {
  std::string name;
  for (const char* letter = row.sentence; *letter != 0; ++letter) {
    if (std::isalnum(static_cast<unsigned char>(*letter)) != 0) name += *letter;
    if (*letter == ' ') name += '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Table, StateAndEvent, testing::ValuesIn(kRows),
                         [](const auto& each) { return name_of(each.param); });

}  // namespace
}  // namespace assent::coordinator
