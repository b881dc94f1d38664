// RestorationProtocol: whom an operator has to ask what, from an old copy of a decision log until it can be restored.
//
//   every store is found: which opening is served, and the highest epoch that it has seen
//     │  all of them: one start, above all that was seen          T1
//     ▼
//   every store testifies, piece by piece                         T2
//     │  all of them
//     ▼
//   restore()                                                     (restoration.h)
//
//   T1  No store is asked to testify before all are found. (Else the start may be lower than one that another store has
//       seen, which refuses it.)
//   T2  All testify under one start, that of this attempt. (Else one of them has testified to an earlier attempt, which
//       was restored meanwhile and has decided more since.)
//   T3  An answer counts if its question is the one that the store has yet to answer. Any other is repeated or late, or
//       was asked by an earlier attempt.
//
// Nothing is restored before every store has testified, so an attempt may be broken off anywhere: the next one begins
// anew, above it. Does no I/O and draws no random number.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "coordinator/log/restoration.h"

namespace assent::coordinator {

struct TestimonyQuestion {
  std::string store;
  Opening opening{};                   // of the store: the one that was found
  CoordinatorLine start;               // which fences all earlier ones off
  std::optional<TransactionId> after;  // the last branch of the piece before; nothing: from the first one

  friend bool operator==(const TestimonyQuestion&, const TestimonyQuestion&) = default;
};

// A store that is asked.
struct Witness {
  std::string address;                // of its participant
  std::optional<Opening> opening;     // nothing: it has yet to be found
  Epoch seen{};                       // the highest of the log, when it was found
  std::optional<TransactionId> last;  // of the branches that it has testified to
  bool has_testified = false;         // to all of them
};

class RestorationProtocol {
 public:
  // Asks the stores that the copy knows, and those that are `named`, where they are by now (name to address); but not
  // those that are lost for good, `without`. `nonce` is random. `above` is the epoch() of the attempt before, if there
  // was one: a question of it may still be on its way.
  RestorationProtocol(LogState copy, const std::map<std::string, std::string>& named, std::set<std::string> without,
                      Nonce nonce, Epoch above = {});

  // By name.
  const std::map<std::string, Witness>& witnesses() const { return witnesses_; }

  // The store has been found. Returns whether it was the last one: now each has a question().
  // REQUIRES: it is a witness.
  bool found(const std::string& store, Opening opening, Epoch seen);

  // What the store is to be asked; nothing before all are found (T1), once it has testified, and if it is no witness.
  std::optional<TestimonyQuestion> question(const std::string& store) const;

  // A store has answered with a piece of its testimony, and has `more` behind it. Returns whether the answer counts
  // (T3); then the store's question() is another one now.
  bool answered(const TestimonyQuestion& question, Testimony piece, bool more);

  // Every store has testified.
  bool is_complete() const;

  // The highest under which any attempt has asked; 0: none has.
  Epoch epoch() const { return start_.epoch; }

  // As far as they are known. Their addresses are those of the witnesses.
  const std::map<std::string, Testimony>& testimonies() const { return testimonies_; }

  // A store of which the copy or a testimony speaks, and which is no witness: it is to be named, or given up.
  // REQUIRES: is_complete().
  std::optional<MissingStore> missing() const { return find_missing(copy_, testimonies_, without_); }

  // What all of it adds up to. Fails as restore_log() does. REQUIRES: is_complete().
  Result<Restoration> restore() const;

 private:
  bool all_are_found() const;

  const LogState copy_;
  const std::set<std::string> without_;
  CoordinatorLine start_;
  std::map<std::string, Witness> witnesses_;
  std::map<std::string, Testimony> testimonies_;
};

}  // namespace assent::coordinator
