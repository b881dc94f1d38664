#include "tests/simulation/coverage.h"

#include <algorithm>
#include <iomanip>
#include <string_view>
#include <vector>

#include "tests/simulation/incidents.h"

namespace assent::simulation {

namespace {

struct Row {
  std::string_view name;
  std::string_view what;
  std::vector<std::string_view> shown_by;  // each was counted
};

// What a simulation can meet. The others need processes, files or operators: tests/crash, tests/process, tests/unit.
const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"C1", "the coordinator dies before any prepare", {"coordinator died: active"}},
      {"C2", "… with some votes asked for", {"coordinator died: preparing"}},
      {"C3", "… with all votes, before the force", {"coordinator died: commit not being forced"}},
      {"C4", "… during the force", {"disk-crash", "commits kept, and nobody told", "commits lost in a force"}},
      {"C5", "the force returns an error", {"forces that failed"}},
      {"C5, P4", "… and what was to be forced is lost", {"forces that failed and forgot"}},
      {"C5, P4", "… and then the power fails", {"power failures of disks that had forgotten"}},
      {"C5, P4", "… and so does everything for a while", {"disks that were broken", "disks that had shut down"}},
      {"C6", "forced, nobody told", {"commits kept, and nobody told"}},
      {"C7, C8", "told, acknowledgements missing", {"coordinator died: committing"}},
      {"C9, C10", "acknowledged, the end not forced", {"coordinator died: end unforced"}},
      {"C11",
       "the answer is lost, asked for, and forgotten",
       {"lost: OutcomeAnswered", "commits told by a later answer", "forgotten"}},
      {"C12", "abort decided, some told", {"coordinator died: just aborted", "inquiries answered abort"}},
      {"C13", "during a checkpoint", {"coordinator died: checkpoint", "coordinator died: claiming ahead"}},
      {"C14", "again during recovery", {"openings of a log that failed", "openings of a log cut short"}},
      {"C16",
       "a bit of the log flips",
       {"flipped bits that are told", "flipped bits that change nothing", "flipped bits in the last block"}},
      {"C15", "stopped, then continued", {"coordinators that stood still", "coordinators that stood still for long"}},
      {"C15, S7",
       "replaced meanwhile, it goes on",
       {"coordinators replaced", "replaced coordinators that were fenced off",
        "replaced coordinators that could not force"}},
      {"C17", "disk full", {"full-disk", "logs that had no room ahead", "single writes that found no room"}},
      {"C18",
       "unforced, restarted, then the power fails",
       {"power failures after a restart that kept what was unforced"}},
      {"P1", "a store dies while it works", {"store died: active"}},
      {"P2, P3", "… during the force of a prepare", {"journal transactions kept", "journal transactions lost"}},
      {"P4", "the force returns an error", {"stores that went offline"}},
      {"P5, P6", "… in doubt", {"store died: prepared", "store started in doubt"}},
      {"P7, P8", "a commit received, before or during the apply", {"store died: committing"}},
      {"P9",
       "applied, the acknowledgement lost",
       {"store died: committed", "lost: DecisionAnswered", "commits of what has committed"}},
      {"P11", "an abort received, then it dies", {"store died: aborting"}},
      {"P12", "voted no, then it dies", {"store died: just voted no", "votes repeated behind a no"}},
      {"P13", "voted read-only", {"votes read-only"}},
      {"P14", "restart in doubt", {"store started in doubt"}},
      {"P15", "crash during recovery", {"openings of a store that failed", "openings of a store cut short"}},
      {"P16", "crash during a checkpoint", {"store died: checkpoint"}},
      {"M1", "prepare lost", {"lost: PrepareRequested", "lost: ExecuteAndPrepareRequested"}},
      {"M2", "vote lost", {"lost: VoteAnswered"}},
      {"M3", "commit lost", {"lost: commit"}},
      {"M4", "acknowledgement lost", {"lost: DecisionAnswered"}},
      {"M5", "abort lost", {"lost: abort"}},
      {"M6", "prepare repeated while prepared", {"prepares of what is prepared"}},
      {"M7, M8",
       "a statement or prepare that is late",
       {"statements of a branch that has ended", "prepares of a branch that has ended"}},
      {"M9", "commit repeated", {"repeated: commit", "commits of what is gone"}},
      {"M12", "a vote twice", {"repeated: VoteAnswered"}},
      {"M13", "inquiry while undecided", {"inquiries answered undecided"}},
      {"M14", "each of push and pull is enough", {"commits that are pushed", "commits that are pulled"}},
      {"M17", "a statement repeated", {"statements answered again"}},
      {"M18", "execute-and-prepare repeated", {"whole branches of what has committed"}},
      {"M19", "the outcome asked for too early", {"requests for what was called aborted before it began"}},
      {"M20", "crosswise", {"prepared holders wounded"}},
      {"M21", "a restart between two statements", {"store died: active", "store unavailable"}},
      {"M22",
       "a late commit beside another copy of its branch",
       {"commits that meet another copy of their branch", "inquiries of stray branches answered ended"}},
      {"S1, S2",
       "a log that is lost, and restored",
       {"logs restored", "restorations that found commits again", "commits that were lost with their log",
        "restored logs that a store contradicted"}},
      {"C14, S1", "… by a process that dies", {"restorations that died"}},
      {"S3",
       "a store that is lost with a log, and turns up again",
       {"stores given up", "lost stores that turned up again", "restored logs that a lost store contradicted"}},
      {"S5, S7, S9",
       "an old copy of a log served beside it",
       {"old copies of logs served", "old copies of logs that a store contradicted"}},
      {"S3, S4", "a store restored from an old copy", {"old copies served", "registrations refused"}},
      {"C16", "a bit of a store flips, and is told", {"flipped bits of a store's file that are told"}},
      {"C16, S4",
       "… or its position tells what is lost, and it is refused",
       {"flipped bits of a store's log that lose commits, as its position tells",
        "refusals of a store that lost commits to a flipped bit"}},
      {"S8", "a second process on a log", {"second processes on a log refused"}},
      {"S8", "… on a store", {"second processes on a store refused"}},
      {"P17", "disk full at a store", {"full-disk", "stores short of space"}},
      {"P18", "schema change beside prepared branches", {"schemas changed", "schema changes refused"}},
      {"P18", "a store dies while its schema changes", {"store died: schema"}},
      {"S10", "an operator decides by hand", {"store: resolved commit > settling", "store: resolved abort > none"}},
      {"S10", "… and is wrong", {"contradictions told by participants", "contradictions told by coordinators"}},
      {"C1 to P16", "the power fails everywhere", {"blackout"}},
      {"M1 to M5", "clients stand still, and for longer than any lease", {"clients that stood still for long"}},
      {"S12", "a client dies", {"client-death", "branches that nobody ended"}},
      {"S13", "the client repeats", {"repeated: CommitRequested"}},
      {"S14", "clocks jump", {"clock-jump"}},
  };
  return all;
}

// Besides: every kind of fault, every end, and every transition of both machines.
constexpr std::string_view kExpected[] = {"coordinator: active > aborted",
                                          "coordinator: active > preparing",
                                          "coordinator: preparing > aborted",
                                          "coordinator: preparing > ended",
                                          "coordinator: preparing > recording commit",
                                          "coordinator: recording commit > committing",
                                          "coordinator: committing > ended",
                                          "store: none > active",
                                          "store: active > none",
                                          "store: active > preparing",
                                          "store: preparing > prepared",
                                          "store: preparing > none",
                                          "store: prepared > none",
                                          "store: prepared > committing",
                                          "store: prepared > resolving",
                                          "store: committing > committed",
                                          "store: committed > none",
                                          "store: resolving > resolved abort",
                                          "store: resolving > resolved commit",
                                          "store: resolved abort > none",
                                          "store: resolved abort > settling",
                                          "store: resolved commit > none",
                                          "store: resolved commit > settling",
                                          "store: settling > committed",
                                          "store: settling > resolved abort",
                                          "branches wounded",
                                          "statements that failed, and their branch went on",
                                          "wounded",
                                          "constraint",
                                          "application",
                                          "last runs that held",
                                          "last runs that failed",
                                          "runs that took long",
                                          "runs that nobody awaited any more",
                                          "the SDK says: committed",
                                          "the SDK says: aborted",
                                          "the SDK says: unknown",
                                          "the SDK says: the statement failed",
                                          "in progress"};

}  // namespace

bool report_coverage(const std::map<std::string, std::uint64_t>& counts, std::ostream& report) {
  const auto count = [&](std::string_view what) {
    const auto found = counts.find(std::string(what));
    return found == counts.end() ? 0 : found->second;
  };
  for (const auto& [what, times] : counts) report << std::setw(12) << times << ' ' << what << '\n';
  std::vector<std::string> missing;
  report << "rows of the failure matrix:\n";
  for (const auto& row : rows()) {
    const auto least = std::min_element(row.shown_by.begin(), row.shown_by.end(),
                                        [&](auto one, auto other) { return count(one) < count(other); });
    report << std::setw(12) << count(*least) << ' ' << row.name << ": " << row.what << " (" << *least << ")\n";
    if (count(*least) == 0) missing.push_back("row " + std::string(row.name) + ": " + std::string(*least));
  }
  for (const auto& names : {std::vector(kIncidentNames.begin(), kIncidentNames.end()),
                            std::vector(std::begin(kExpected), std::end(kExpected))}) {
    for (const auto name : names) {
      if (count(name) == 0) missing.emplace_back(name);
    }
  }
  for (const auto& [what, times] : counts) {
    const bool is_transition = what.find(" > ") != std::string::npos;
    const bool is_expected = std::find(std::begin(kExpected), std::end(kExpected), what) != std::end(kExpected);
    if (is_transition && !is_expected) missing.push_back("diagram with the transition " + what);
  }
  const auto all = count("transactions");
  const auto committed = count("transactions told committed");
  const auto faulty = count("transactions that met a fault");
  report << "of " << all << " transactions " << committed << " committed and " << faulty << " met a fault\n";
  if (committed * 100 < all * 30) missing.emplace_back("30 of 100 transactions that commit");
  if (faulty * 100 < all * 10) missing.emplace_back("10 of 100 transactions that meet a fault");
  for (const auto& what : missing) report << "there was none of: " << what << '\n';
  return missing.empty();
}

}  // namespace assent::simulation
