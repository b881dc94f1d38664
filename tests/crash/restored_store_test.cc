// S3 and S4 of the failure matrix: a file that is not the store's newest is served in its place, at its address.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/crash/cluster.h"

namespace assent::tests {
namespace {

namespace files = std::filesystem;

using enum Process;

// The file of store a, with all that SQLite and the participant keep beside it.
void copy_store(const files::path& from, const files::path& to) {
  files::create_directories(to);
  for (const auto& entry : files::directory_iterator(to)) {
    if (entry.path().filename().string().starts_with("a.db")) files::remove(entry.path());
  }
  for (const auto& entry : files::directory_iterator(from)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("a.db")) files::copy_file(entry.path(), to / name);
  }
}

std::string text_of(const files::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class RestoredStore : public testing::Test {
 protected:
  RestoredStore() {
    cluster_.kill(kStoreA);
    copy_store(cluster_.folder(), early_);
    cluster_.restart(kStoreA);
    for (const auto mode : {Mode::kOneShot, Mode::kInteractive}) {
      // Not always the first: the coordinator may have been connected to the process that was killed.
      EXPECT_TRUE(
          becomes_true([&] { return cluster_.run(cluster_.next_transfer(mode)).what == Told::What::kCommitted; }));
    }
    cluster_.wait_until_nothing_is_left();
  }

  // From now on the early copy is served where the store was; the newest file is kept.
  void serve_the_copy() {
    cluster_.kill(kStoreA);
    copy_store(cluster_.folder(), newest_);
    copy_store(early_, cluster_.folder());
    cluster_.restart(kStoreA);
  }

  void bring_back_the_newest() {
    cluster_.kill(kStoreA);
    copy_store(newest_, cluster_.folder());
    cluster_.restart(kStoreA);
  }

  void expect_that_nothing_commits() {
    for (const auto mode : {Mode::kOneShot, Mode::kInteractive}) {
      EXPECT_EQ(cluster_.run(cluster_.next_transfer(mode)).what, Told::What::kAborted);
    }
    EXPECT_EQ(cluster_.store_status(kStoreA).prepared, 0);
  }

  bool is_alarmed() const {
    return text_of(cluster_.folder() / "coordinator.log").find("restored from an old copy") != std::string::npos;
  }

  Cluster cluster_{Links::kProxied};
  const files::path early_ = cluster_.folder() / "early";
  const files::path newest_ = cluster_.folder() / "newest";
};

TEST_F(RestoredStore, S4_an_old_copy_at_the_address_of_the_store_takes_no_part) {
  serve_the_copy();
  EXPECT_TRUE(becomes_true([&] { return is_alarmed(); }));
  expect_that_nothing_commits();
  bring_back_the_newest();
  cluster_.check_invariants();
}

TEST_F(RestoredStore, S4_nor_after_the_coordinator_was_started_again) {
  serve_the_copy();
  EXPECT_TRUE(becomes_true([&] { return is_alarmed(); }));
  cluster_.kill(kCoordinator);
  cluster_.restart(kCoordinator);
  expect_that_nothing_commits();
  bring_back_the_newest();
  cluster_.check_invariants();
}

TEST_F(RestoredStore, S4_what_was_on_its_way_to_the_store_does_not_count_at_the_copy) {
  cluster_.proxy(kStoreA).arrange(Direction::kRequest, "execute_and_prepare", Fate::kHold);
  auto begun = cluster_.begin(cluster_.next_transfer(Mode::kOneShot));
  EXPECT_TRUE(becomes_true([&] { return cluster_.proxy(kStoreA).met() == 1; }));
  serve_the_copy();
  cluster_.release_and_receive(kStoreA, {"participant.prepare_received"});
  EXPECT_EQ(cluster_.end(std::move(begun)).what, Told::What::kAborted);
  EXPECT_EQ(cluster_.store_status(kStoreA).prepared, 0);
  bring_back_the_newest();
  cluster_.check_invariants();
}

}  // namespace
}  // namespace assent::tests
