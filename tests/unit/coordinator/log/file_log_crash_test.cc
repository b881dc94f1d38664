// Every operation of the log failing in every way, followed by every kind of crash, and again during the recovery.
//
// After it, the log opens, and holds everything that was answered, and what was not answered wholly or not at all.
#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/log/file_log.h"
#include "tests/sanitized.h"
#include "tests/simulation/log_disk.h"
#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

using Records = std::vector<LogRecord>;
using States = std::vector<LogState>;  // what a log may hold; an empty state: there is no log

constexpr std::uint64_t kSegmentBytes = 700;
constexpr std::uint64_t kNonceOfStarts = 5;

LogState with(LogState state, const Records& records) {
  for (const auto& record : records) {
    EXPECT_EQ(state.apply(Position{static_cast<std::uint64_t>(state.last) + 1}, record), std::nullopt);
  }
  return state;
}

LogState with_next_epoch(const LogState& state) {
  LogState next = state;
  EXPECT_EQ(start(next, static_cast<std::uint64_t>(state.epoch()) + 1, kNonceOfStarts), std::nullopt);
  return next;
}

bool holds(const States& states, const LogState& state) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

// A process that opens the log on a disk and appends to it, until an operation fails. `may_hold` is what the disk may
// hold, given what the process was told.
class Process {
 public:
  // Where it claims ahead, a disk without space is found there, and refuses fewer blocks.
  Process(LogDisk& disk, States may_hold, bool claims_ahead = true)
      : disk_(disk), may_hold_(std::move(may_hold)), claims_ahead_(claims_ahead) {}

  bool open(bool create) {
    States next = may_hold_;
    for (const auto& state : may_hold_) {
      next.push_back(with_next_epoch(state));
    }
    auto log = FileLog::open(disk_.directory(), {create, kTestLog, Nonce{kNonceOfStarts}, kSegmentBytes});
    may_hold_ = std::move(next);
    if (!log) {
      return false;
    }
    log_ = std::move(*log);
    EXPECT_TRUE(holds(may_hold_, log_->state()));
    may_hold_ = {log_->state()};
    return true;
  }

  bool append(const Records& records) {
    auto& state = may_hold_.front();
    const Position first{static_cast<std::uint64_t>(state.last) + 1};
    auto after = with(state, records);
    for (;;) {
      const auto appended = log_->append(first, records);
      if (appended) {
        may_hold_ = {std::move(after)};
        if (claims_ahead_)
          log_->claim_ahead();  // if that fails, it is done again behind the next block, or at the switch
        return true;
      }
      if (appended.error().kind != ErrorKind::kUnavailable) {
        EXPECT_TRUE(log_->append(first, records).has_error()) << "after a failure nothing may be appended";
        may_hold_.push_back(std::move(after));
        return false;
      }
      ++refused_;  // nothing happened: the same records again
    }
  }

  // Commits and ends, over several segments.
  bool work(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      const auto at = static_cast<std::uint64_t>(may_hold_.front().last) + 1;
      const bool done = append({commit_record(at), commit_record(at + 1)}) &&
                        append({end_record(at), forgotten_record(at), end_record(at + 1)});
      if (!done) {
        return false;
      }
    }
    return true;
  }

  const States& may_hold() const { return may_hold_; }
  std::uint64_t refused() const { return refused_; }

 private:
  LogDisk& disk_;
  States may_hold_;
  bool claims_ahead_;
  std::unique_ptr<FileLog> log_;
  std::uint64_t refused_ = 0;
};

// The futures of a disk whose process was killed: it goes on, or the power fails and the disk keeps this or that.
std::vector<LogDisk> futures(const LogDisk& disk) {
  std::vector<LogDisk> futures;
  if (!disk.is_shut_down()) futures.push_back(disk);  // every write is still in the page cache
  const auto uncrashed = static_cast<std::ptrdiff_t>(futures.size());
  std::vector<Kept> crashes = {{KeptData::kAll}, {KeptData::kNone}};
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    crashes.push_back({KeptData::kSome, 512, seed});
    crashes.push_back({KeptData::kSome, 4096, seed});
  }
  for (auto kept : crashes) {
    for (std::size_t count = 0; count <= disk.unsynced_directory_operations(); ++count) {
      kept.directory_operations = count;
      LogDisk crashed = disk;
      crashed.crash(kept);
      if (std::find(futures.begin() + uncrashed, futures.end(), crashed) == futures.end()) {
        futures.push_back(std::move(crashed));
      }
    }
  }
  return futures;
}

// Restarts on the disk, with its `failing`th operation failing in the way named, and checks what it finds. Returns
// whether that operation came.
bool restart(LogDisk disk, States may_hold, std::uint64_t failing, Fault fault, int depth) {
  disk.fail(failing, fault);
  bool opened = false;
  {
    Process process(disk, may_hold);
    opened = process.open(false);
    may_hold = process.may_hold();
  }
  if (!disk.has_failed()) {
    if (!opened) {
      EXPECT_TRUE(holds(may_hold, LogState{})) << "the log does not open";
      return false;
    }
    // What a start has read is on disk: it may have acted on it.
    disk.fail(0, fault);
    disk.crash({KeptData::kNone, 512, 1, 0});
    Process again(disk, may_hold);
    EXPECT_TRUE(again.open(false) && again.work(2));
    return false;
  }
  if (depth > 0) {
    for (const auto& future : futures(disk)) {
      restart(future, may_hold, 0, fault, depth - 1);
    }
  }
  return true;
}

// Adds to `refused` how many blocks found no space.
void fail_each_operation(Fault fault, bool claims_ahead, std::uint64_t& refused) {
  constexpr std::uint64_t kStride = kIsSanitized ? 8 : 1;
  for (std::uint64_t number = 1;; number += kStride) {
    SCOPED_TRACE(number);
    LogDisk disk;
    disk.fail(number, fault);
    States may_hold{LogState{}};
    {
      Process first(disk, may_hold, claims_ahead);
      first.open(true) && first.work(5);
      may_hold = first.may_hold();
      refused += first.refused();
    }
    if (!disk.has_failed()) {
      Process second(disk, may_hold, claims_ahead);
      second.open(false) && second.work(3);
      may_hold = second.may_hold();
      refused += second.refused();
    }
    if (testing::Test::HasFailure()) {
      return;
    }
    for (const auto& future : futures(disk)) {
      for (std::uint64_t again = 0; restart(future, may_hold, again, fault, 1) || again == 0; ++again) {
      }
      if (testing::Test::HasFailure()) {
        return;
      }
    }
    if (!disk.has_failed()) {
      // The last checkpoint, and with it the last sync of the names, comes earlier.
      EXPECT_GT(number, fault == Fault::kShutDown ? 40U : 60U) << "the work did not reach the operations it is for";
      return;
    }
  }
}

class FileLogCrash : public testing::TestWithParam<Fault> {};

TEST_P(FileLogCrash, AnyOperationMayFailAndTheDiskKeepAnything) {
  std::uint64_t refused = 0;
  fail_each_operation(GetParam(), /*claims_ahead=*/false, refused);
  fail_each_operation(GetParam(), /*claims_ahead=*/true, refused);
  EXPECT_EQ(refused > 0, GetParam() == Fault::kNoSpace);
}

INSTANTIATE_TEST_SUITE_P(All, FileLogCrash,
                         testing::Values(Fault::kNothingDone, Fault::kDone, Fault::kNoSpace, Fault::kForgotten,
                                         Fault::kShutDown),
                         [](const auto& each) {
                           switch (each.param) {
                             case Fault::kNothingDone: return "NothingDone";
                             case Fault::kDone: return "Done";
                             case Fault::kNoSpace: return "NoSpace";
                             case Fault::kForgotten: return "Forgotten";
                             case Fault::kShutDown: return "ShutDown";
                           }
                           return "";
                         });

}  // namespace
}  // namespace assent::coordinator
