// Schedules: what several clients do in a fixed order, and how each step must end. They are tables, to be read.
//
// The clients T1, T2, … each run one interactive transaction on a thread of their own; it begins with their first step,
// so that whoever comes first is older. S1, S2, … submit everything at once, at the same level; V1 does so at the level
// serializable, to see what became of it all. The tables x, y and items are theirs: x
// and y hold one value each, 10 and 20; items(id, value) holds two rows at each side, 1 with 10 and 2 with 20.
#pragma once

#include <string>
#include <vector>

namespace assent::isolation {

// The store of x, and the store of y: one store or two.
enum class Side { kNone, kX, kY };

struct Step {
  std::string who;  // empty: the network, for kHold and kRelease
  Side side = Side::kNone;
  // SQL at this side; for S1, S2, … several statements `X: SELECT …; Y: SELECT …`, and the side where they wait, if
  // they must; or one of the words below.
  std::string what;
  // `10; 20` (rows, their values separated by commas), `no row`, `changed 1`, `committed`, `aborted`, kBlocked, or the
  // reason of an abort: `wounded`.
  std::string expected;
  // The same where x and y are in two stores, if it is not the same.
  std::string expected_across = {};
};

using Schedule = std::vector<Step>;

// Words for Step::what.
inline const std::string kBegin = "begin";     // to be older than its first statement would make it
inline const std::string kGoesOn = "goes on";  // what was blocked comes to an end
inline const std::string kCommit = "commit";
inline const std::string kAbort = "abort";
inline const std::string kCommitEverywhere = "commit, and wait until it has been applied everywhere";
inline const std::string kArrives = "its decision arrives";  // at this side
inline const std::string kHold = "hold";                     // decisions do not reach this side …
inline const std::string kRelease = "release";               // … until now

// The statement waits for a lock: its store says so. It is not a matter of time.
inline const std::string kBlocked = "blocked";

inline const std::string kCommitted = "committed";
inline const std::string kAborted = "aborted";
inline const std::string kWounded = "wounded";

}  // namespace assent::isolation
