// Restoration: the decision log that an old copy and the testimonies of all stores add up to, after its end was lost.
//
// Every store fenced all earlier starts off before it testified (durably), so no store can learn of a decision that
// stands in no testimony. What no testimony has is lost: a commit that no store had heard of is aborted, although a
// client may have been told of it.
//
//   A1  A commit that some store has heard of is committed at every store that holds a branch of it, at the position at
//       which it was first written.
//   A2  No position and no epoch is used again that any store has seen, nor one of a start that no store has heard of,
//       which may have given out ids: kUnheardPositions and kUnheardEpochs are left out. And so are some epochs more,
//       at random: a store that is not asked may be the only one that knows of an earlier restoration, which has left
//       out as many, from the same copy.
//   A3  An id of an earlier epoch without a record is *forgotten*, never *aborted*: it may have committed.
//       A commit of the copy that has not ended stands only if every named store that testified still holds its branch,
//       and no store has been told that it may forget it.
//   A4  The starts before this one are not known any more. So a store that was not asked, and may hold what contradicts
//       this log, stops the coordinator when it registers.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/result.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

// The starts of a log of which no store has heard, and the records that only a store has seen which is not asked, are
// fewer than this.
inline constexpr std::uint64_t kUnheardEpochs = 1'000;
inline constexpr std::uint64_t kUnheardPositions = 1'000'000'000'000;

// The epoch under which the stores are to testify, with this nonce; `seen` is the highest that any of them, or the
// copy, has seen.
Epoch restored_epoch(Epoch seen, Nonce nonce);

// A branch that is prepared, or further.
struct TestifiedBranch {
  TransactionId id;
  BranchNumber branch;
  std::string state;                // a word, for people
  Position commit{};                // 0: it has not heard of a commit
  std::vector<std::string> stores;  // of the transaction
};

// What one store knows of the log.
struct Testimony {
  StoreIdentity identity{};
  std::string address;  // of its participant
  StorePosition position{};
  Position seen{};  // the highest of the log that was durable, as far as the store knows
  Released released;
  std::vector<TestifiedBranch> branches;
};

// A branch that has heard of no commit, and is in no record of one: it will be told to abort.
struct PresumedBranch {
  TransactionId id;
  std::string store;
  std::string state;
  bool is_committed_elsewhere = false;  // it is a stray copy, or its store was left out before

  friend bool operator==(const PresumedBranch&, const PresumedBranch&) = default;
};

struct Restoration {
  LogState state;
  std::vector<CommitRecord> found;       // which the old copy had not
  std::vector<PresumedBranch> presumed;  // by store
};

// It has not testified, is not lost for good, and must be heard.
struct MissingStore {
  std::string store;
  std::string why;  // which the log knows, or which has a part in …

  friend bool operator==(const MissingStore&, const MissingStore&) = default;
};

std::optional<MissingStore> find_missing(const LogState& old, const std::map<std::string, Testimony>& testimonies,
                                         const std::set<std::string>& without);

// `epoch` and `nonce` are the start under which the stores testified, `without` the stores that are lost for good.
// Fails with
//   kNotFound   find_missing() finds one
//   kConflict   the testimonies contradict each other, the log, or what it knows of the store: people must look at it
Result<Restoration> restore_log(LogState old, const std::map<std::string, Testimony>& testimonies,
                                const std::set<std::string>& without, Epoch epoch, Nonce nonce);

}  // namespace assent::coordinator
