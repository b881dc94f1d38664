// The N-th write, force, open, read, removal, mapping or allocation of a store's life fails, once or for good, also
// during recovery: what it answered is so, it keeps all of a transaction or nothing, and it lives on.
//
// ASSENT_FAULT_STRIDE is how far the N stand apart that fail alone; in their middle are those from which on all fail.
// 1: every N does both; 2: every N does one of them. Otherwise some N of what a life does often, and every N of forces,
// opens, removals and mappings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/faulty_memory.h"
#include "tests/unit/participant/store/store_life.h"
#include "tests/unit/participant/store/store_story.h"

namespace assent::participant {
namespace {

using Told = StoreLife::Told;

int stride_of(int calls) {
  constexpr int kQuick = 50;
  const char* const wanted = std::getenv("ASSENT_FAULT_STRIDE");
  return wanted == nullptr ? 1 + (calls - 1) / kQuick : std::max(1, std::atoi(wanted));
}

class FaultTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TemporaryFolder folder;
    StoreLife life(folder.file("store.db"));
    record().clear();
    for (std::size_t number = 0; number < story().size(); ++number) {
      ASSERT_EQ(life.tell(story()[number]), Told::kDone);
      record().push_back({.answers = life.take_answers(), .image = image_of(folder.file("store.db"))});
    }
  }

  static const std::vector<Chapter>& story() {
    static const std::vector<Chapter> told = store_story();
    return told;
  }

  // Of a life without faults.
  static std::vector<ChapterRecord>& record() {
    static std::vector<ChapterRecord> kept;
    return kept;
  }

  void live_with_each(NthFault& fault) {
    live(fault, std::numeric_limits<int>::max(), false);
    const int calls = calls_;
    const int stride = stride_of(calls);
    RecordProperty("calls", calls);
    for (const bool for_good : {false, true}) {
      for (int number = for_good ? 1 + stride / 2 : 1; number <= calls && !HasFailure(); number += stride) {
        SCOPED_TRACE((for_good ? "all fail from " : "one fails, ") + std::to_string(number) + " of " +
                     std::to_string(calls));
        live(fault, number, for_good);
      }
    }
  }

  void live(NthFault& fault, int number, bool for_good) {
    folder_.clear();
    StoreLife life(path_);
    life.without_faults = [&](const std::function<void()>& act) {
      fault.pause();
      act();
      fault.resume();
    };
    fault.fail_at(number, for_good);
    bool is_told = false;
    for (std::size_t chapter = 0; chapter < story().size() && !HasFailure(); ++chapter) {
      SCOPED_TRACE("chapter " + std::to_string(chapter));
      const Told told = life.tell(story()[chapter], &record()[chapter]);
      if (told == Told::kDone) {
        continue;
      }
      ASSERT_TRUE(fault.has_failed() && !is_told) << "nothing had failed";
      is_told = true;
      life.expect_unavailable();
      recover(life, fault, number, for_good);
      if (!is_done(life, chapter, told)) {
        EXPECT_EQ(life.tell(story()[chapter], &record()[chapter]), Told::kDone);
      }
    }
    calls_ = fault.calls();
    life.close();
    fault.heal();
    EXPECT_TRUE(image_of(path_) == record().back().image) << "it has not become what it should";
  }

  // First with a fault: what fails for good still fails, and what failed once fails again.
  void recover(StoreLife& life, NthFault& fault, int number, bool for_good) {
    life.close();
    if (!for_good) {
      constexpr int kWithinAnOpening = 200;
      fault.fail_at(1 + number % kWithinAnOpening, false);
    }
    if (std::filesystem::exists(path_)) {
      life.open();
      life.expect_unavailable();
      life.close();
    }
    fault.heal();
    if (std::filesystem::exists(path_)) {
      EXPECT_TRUE(life.open());
    }
  }

  // Whether the disk has all of the chapter; it may not have a part of it.
  bool is_done(const StoreLife& life, std::size_t chapter, Told told) {
    if (!life.is_open()) {
      EXPECT_EQ(chapter, 0U) << "the store is lost";
      return false;
    }
    const auto found = image_of(path_);
    if (chapter > 0 && found == record()[chapter - 1].image) {
      return false;
    }
    EXPECT_TRUE(found == record()[chapter].image) << "the disk has a part of it";
    EXPECT_EQ(told, Told::kAllOrNothing) << "what failed is there";
    return true;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("store.db");
  int calls_ = 0;  // of the latest life
};

class DiskFaultTest : public FaultTest, public testing::WithParamInterface<DiskOperation> {};

TEST_P(DiskFaultTest, WhateverFailsWhatWasAnsweredIsSo) {
  FaultyDisk disk(GetParam());
  live_with_each(disk.fault());
}

std::string name_of(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::kWrite: return "Write";
    case DiskOperation::kForce: return "Force";
    case DiskOperation::kRoom: return "Room";
    case DiskOperation::kOpen: return "Open";
    case DiskOperation::kRead: return "Read";
    case DiskOperation::kRemove: return "Remove";
    case DiskOperation::kMap: return "Map";
  }
  return {};
}

INSTANTIATE_TEST_SUITE_P(Disk, DiskFaultTest,
                         testing::Values(DiskOperation::kWrite, DiskOperation::kForce, DiskOperation::kRoom,
                                         DiskOperation::kOpen, DiskOperation::kRead, DiskOperation::kRemove,
                                         DiskOperation::kMap),
                         [](const auto& info) { return name_of(info.param); });

TEST_F(FaultTest, WhateverAllocationFailsWhatWasAnsweredIsSo) {
  FaultyMemory memory;
  live_with_each(memory.fault());
}

}  // namespace
}  // namespace assent::participant
