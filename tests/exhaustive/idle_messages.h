// IdleMessages: messages in flight that nothing depends on any more, so that they need not be carried on.
//
// A message that changes nothing where its receiver is, is taken out of flight there. That is right if it changes
// nothing at whatever its receiver becomes from there on, until it arrives. Nobody needs to believe so: every moment
// that the receiver was seen to reach from there is asked. If all of them agree, nothing was left out: on the first
// path on which such a message does something, all that came before is a path without it, which was explored, so the
// moment at which it does something was asked. If one does not agree, the message is lively, and all is explored again
// with it in flight.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "tests/exhaustive/histories.h"

namespace assent::exhaustive {

class IdleMessages {
 public:
  // `histories` outlive it.
  explicit IdleMessages(Histories& histories) : histories_(histories) {}

  // Whether it changes nothing at its receiver, which is at this moment, and is not known to be lively.
  bool is_idle(MomentId at, MessageId message);

  // Asks again all that the receivers have become since. False if a message has turned out to be lively: what was
  // explored with it is worth nothing.
  [[nodiscard]] bool hold();

  // What is being tried out now: of use if that breaks a rule.
  const std::optional<MessageId>& tried() const { return tried_; }

 private:
  // Whether it changes nothing there.
  bool changes_nothing(MomentId at, MessageId message);

  Histories& histories_;
  std::unordered_map<std::uint64_t, bool> known_;         // by moment and message
  std::map<MessageId, std::vector<MomentId>> taken_out_;  // where
  std::set<MessageId> lively_;
  std::optional<MessageId> tried_;
};

}  // namespace assent::exhaustive
