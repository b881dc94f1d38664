// CoordinatorsSeen: what this store has heard of each decision log, and which coordinators it refuses for it.
//
// A log's starts form a line: each has a higher epoch, and a nonce of its own. The store follows the highest it has
// seen. Whoever speaks for a lower epoch was replaced, and whoever has the same epoch and another nonce is a second
// coordinator of one log (a copy): both are fenced, that is refused, so that they cannot decide anything here.
//
//   F1  What was heard only grows: epochs, positions, released sets.
//   F2  No answer to a message of a new line leaves before the line is on disk. Else the store forgets it in a crash,
//       and listens to the replaced coordinator again.
//   F3  Positions and released sets may be forgotten in a crash: they are heard again. They ride along to the disk.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "assent/coordinator_view.h"
#include "participant/core/journal.h"

namespace assent::participant {

enum class Hearing {
  kKnown,         // the line that the store follows
  kNewLine,       // a start that it had not heard of: earlier ones are fenced from now on
  kLowerEpoch,    // fenced
  kAnotherNonce,  // fenced, and an alarm: two coordinators have one log
};

struct Heard {
  Hearing hearing{};
  bool more_released = false;  // than before, of this log

  friend bool operator==(const Heard&, const Heard&) = default;
};

class CoordinatorsSeen {
 public:
  explicit CoordinatorsSeen(const std::vector<SeenCoordinator>& recovered);

  Heard hear(const CoordinatorView& view);

  // Zeros but for the identity if the log was never heard of.
  CoordinatorLine line(LogIdentity log) const;
  const Released& released(LogIdentity log) const;
  std::vector<CoordinatorLine> lines() const;  // of all logs

  // Where it said last that it is; empty if it has not spoken since this store's start.
  std::string address(LogIdentity log) const;

  // Something was heard that is not on disk, nor on its way there.
  bool has_news() const { return !news_.empty(); }

  // The present word of every log with news, to go to disk now.
  std::vector<PutCoordinator> take_news();

  // What was taken last is on disk.
  void news_durable();

  // F2: answers to this log's coordinator may leave.
  bool is_line_durable(LogIdentity log) const;

 private:
  struct Log {
    SeenCoordinator seen;
    std::string address;
    CoordinatorLine on_disk;
    CoordinatorLine under_way;  // in the journal transaction that was ordered last
  };

  std::map<LogIdentity, Log> logs_;
  std::set<LogIdentity> news_;  // heard, and not taken to disk
};

}  // namespace assent::participant
