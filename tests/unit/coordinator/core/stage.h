// Stage: a coordinator core on virtual time with a log that keeps only what was forced, moved by commands of one line.
// The table tests and the transcripts speak to the core through it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/coordinator.h"

namespace assent::coordinator {

// Commands; ID is a number of the present epoch, or EPOCH-NUMBER, or HEXLOG-EPOCH-NUMBER, all of log `a1`.
//
//   given STORE…              registers the stores and leases 16 ids, and shows nothing of it
//   register STORE [identity=HEX] [address=H:P] [position=N] [start=N] [seen=EPOCH/HEXNONCE/POSITION]
//   lease COUNT
//   submit ID STORE… [stamp=N] [timeout=DURATION] [return=applied]
//   commit ID STORE:START.COUNTER:STATEMENTS… [return=applied]
//   abort ID [STORE:START.COUNTER…]     outcome ID
//   yes|no|read-only|executed STORE ID START.COUNTER [reason=lock-timeout]
//   already-committed STORE ID START.COUNTER
//   lost STORE ID [reason=overloaded]       wound STORE ID       fenced STORE       drain
//   ack STORE ID START.COUNTER [decision=abort] [kind=agrees|contradicts|refused] [position=N]
//   inquire STORE ID START.COUNTER [seen=EPOCH/HEXNONCE/POSITION]
//   durable [POSITION]        what was appended, or up to there, is durable
//   advance DURATION          time passes, and the core is told
//   stop DURATION             time passes, and the core is not told
//   crash [keep]              a restart with what was durable, or with all that was appended
//   view [full]               what stores are told
//
// Every command that is a call takes call=N; without it calls count from 100.
class Stage {
 public:
  explicit Stage(Settings settings = {});

  // The effects of the command as lines of text, log and identities shortened.
  std::vector<std::string> run(const std::string& command);

  // Runs the commands of several lines, and returns the effects of the last.
  std::vector<std::string> run_all(const std::string& commands);

  // The effects themselves of the last command.
  const Effects& effects() const { return effects_; }

  Released released() const { return core_->view().released; }
  Coordinator& core() { return *core_; }
  const LogState& durable() const { return durable_; }
  Time now() const { return now_; }

 private:
  struct Words;

  void open();
  std::vector<std::string> step(const Event& event);
  std::vector<std::string> lines();
  std::vector<std::string> given(const Words& words);
  std::vector<std::string> make_durable(Position through);
  Event event(const Words& words);
  CallId call(const Words& words);
  TransactionId id(const std::string& text) const;
  static std::string view(const CoordinatorView& view);

  const Settings settings_;
  Time now_;
  std::uint64_t next_call_ = 100;
  LogState durable_;
  std::deque<std::pair<Position, LogRecord>> appended_;  // not durable yet
  std::unique_ptr<Coordinator> core_;
  Effects effects_;
};

}  // namespace assent::coordinator
