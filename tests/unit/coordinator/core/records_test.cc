#include "coordinator/core/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <iterator>

namespace assent::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr LogIdentity kLog{0x10};

TransactionId id(std::uint64_t epoch, std::uint64_t number) {
  return {kLog, Epoch{epoch}, number};
}

// Without a position of its own it starts where it is applied.
EpochRecord epoch(std::uint64_t number, std::uint64_t start = 0) {
  return {Position{start}, kLog, Epoch{number}, Nonce{100 + number}};
}

LogRecord placed(LogRecord record, Position position) {
  auto* const epoch = std::get_if<EpochRecord>(&record);
  if (epoch != nullptr && epoch->start == Position{}) epoch->start = position;
  return record;
}

CommittedBranch branch(const std::string& store, std::uint64_t identity = 1) {
  return {store, StoreIdentity{identity}, BranchNumber{1, 1}};
}

CommitRecord commit(std::uint64_t position, std::uint64_t number) {
  return {Position{position}, id(1, number), {branch("a"), branch("b", 2)}};
}

EndRecord end(std::uint64_t position, std::uint64_t a = 5, std::uint64_t b = 6) {
  return {Position{position}, {{"a", StorePosition{a}, false}, {"b", StorePosition{b}, false}}};
}

EndRecord contradicted(EndRecord end) {
  end.stores[1].contradicts = true;
  return end;
}

StoreRecord store(const std::string& name, std::uint64_t identity, std::uint64_t position) {
  return {name, StoreIdentity{identity}, "host:1", StorePosition{position}};
}

// Appends the records one after the other; the first that is refused fails the test.
LogState state_of(const std::vector<LogRecord>& records) {
  LogState state;
  for (const auto& record : records) {
    const Position next{static_cast<std::uint64_t>(state.last) + 1};
    const auto refused = state.apply(next, placed(record, next));
    EXPECT_FALSE(refused) << *refused;
  }
  return state;
}

LogState restored(const LogState& from) {
  LogState state;
  for (const auto& record : from.snapshot()) {
    const auto refused = state.restore(record);
    EXPECT_FALSE(refused) << *refused;
  }
  state.last = from.last;
  return state;
}

TEST(LogState, KeepsWhatWasAppended) {
  const auto state = state_of({epoch(1), store("a", 1, 0), commit(3, 7), epoch(2)});

  EXPECT_EQ(state.log, kLog);
  EXPECT_EQ(state.epoch(), Epoch{2});
  EXPECT_EQ(state.starts,
            (std::map<Epoch, Start>{{Epoch{1}, {Nonce{101}, Position{1}}}, {Epoch{2}, {Nonce{102}, Position{4}}}}));
  EXPECT_EQ(state.last, Position{4});
  ASSERT_EQ(state.commits.size(), 1U);
  EXPECT_EQ(state.commits.at(Position{3}), commit(3, 7));
  EXPECT_EQ(state.stores.at("a"), store("a", 1, 0));
  EXPECT_FALSE(state.forgotten_through);
}

struct RefusedRow {
  std::string name;
  std::vector<LogRecord> before;
  std::uint64_t position;
  LogRecord record;
  std::string why;
};

TEST(LogState, RefusesARecordThatContradictsTheOnesBeforeItAndStaysAsItWas) {
  const std::vector<RefusedRow> rows = {
      {"a gap", {epoch(1)}, 3, commit(3, 0), "position 3 does not follow position 1"},
      {"a position again", {epoch(1)}, 1, epoch(2), "position 1 does not follow position 1"},
      {"position zero", {}, 0, epoch(1), "position 0 does not follow position 0"},
      {"an epoch repeated", {epoch(1)}, 2, epoch(1), "epoch 1 does not raise epoch 1"},
      {"an epoch that falls", {epoch(4)}, 2, epoch(3), "epoch 3 does not raise epoch 4"},
      {"epoch zero", {}, 1, epoch(0), "epoch 0 does not raise epoch 0"},
      {"an epoch of another log", {epoch(1)}, 2, EpochRecord{{}, LogIdentity{0x11}, Epoch{2}, {}}, "0000000000000011"},
      {"an epoch with another name", {epoch(1)}, 2, epoch(2, 3), "starts at position 2 says 3"},
      {"a commit with another name", {epoch(1)}, 2, commit(3, 0), "position 2 calls itself 3"},
      {"a commit of another log",
       {epoch(1)},
       2,
       CommitRecord{Position{2}, {LogIdentity{9}, Epoch{1}, 0}, {}},
       "no start"},
      {"a commit of an epoch to come", {epoch(1)}, 2, CommitRecord{Position{2}, id(2, 0), {}}, "up to epoch 1"},
      {"a commit before any epoch", {}, 1, commit(1, 0), "no start"},
      {"a commit of what has ended", {epoch(1), commit(2, 0), end(2)}, 4, commit(4, 0), "has committed before"},
      {"an end without a commit", {epoch(1)}, 2, end(1), "commit 1 ends without a record of it"},
      {"an end after it was forgotten",
       {epoch(1), commit(2, 0), end(2), ForgottenRecord{id(1, 0)}},
       5,
       end(2),
       "commit 2 ends without a record of it"},
      {"a commit that ends twice", {epoch(1), commit(2, 0), end(2)}, 4, end(2), "or has ended before"},
      {"an end of a store without a branch",
       {epoch(1), commit(2, 0)},
       3,
       EndRecord{Position{2}, {{"c", StorePosition{1}, false}}},
       "store `c`"},
      {"forgotten ids of another log", {epoch(1)}, 2, ForgottenRecord{{LogIdentity{9}, Epoch{1}, 0}}, "another log"},
      {"ids that have ended, appended", {epoch(1)}, 2, EndedRecord{id(1, 0), 1}, "is one of a snapshot"},
      {"a contradiction, appended", {epoch(1), commit(2, 0), end(2)}, 4, MixedRecord{id(1, 0), {"a"}}, "of a snapshot"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto state = state_of(row.before);
    const auto before = state;
    const auto refused = state.apply(Position{row.position}, placed(row.record, Position{row.position}));
    ASSERT_TRUE(refused);
    EXPECT_THAT(*refused, HasSubstr(row.why));
    EXPECT_EQ(state, before);
  }
}

TEST(LogState, AnEndRaisesThePositionsOfItsStores) {
  const auto state = state_of({epoch(1), store("a", 1, 9), store("b", 2, 0), commit(4, 0), end(4, 5, 6)});

  EXPECT_EQ(state.stores.at("a").position, StorePosition{9});  // never down
  EXPECT_EQ(state.stores.at("b").position, StorePosition{6});
  EXPECT_TRUE(state.commits.empty());
  EXPECT_TRUE(state.has_ended(id(1, 0)));
}

TEST(LogState, OfAnEndItKeepsWhoContradicted) {
  const auto state = state_of({epoch(1), commit(2, 0), contradicted(end(2))});
  EXPECT_EQ(state.mixed, (std::map<TransactionId, std::vector<std::string>>{{id(1, 0), {"b"}}}));
}

TEST(LogState, AnEndRaisesNothingOfAStoreThatTookTheNameLater) {
  const auto state = state_of({epoch(1), commit(2, 0), store("a", 77, 1), end(2, 5, 6)});

  EXPECT_EQ(state.stores.at("a").position, StorePosition{1});
  EXPECT_FALSE(state.stores.contains("b"));
}

TEST(LogState, ARegistrationNeverLowersTheirPositionButAnotherIdentityStartsAnew) {
  auto state = state_of({epoch(1), store("a", 1, 9)});
  StoreRecord moved{"a", StoreIdentity{1}, "host:2", StorePosition{3}};
  ASSERT_FALSE(state.apply(Position{3}, moved));
  EXPECT_EQ(state.stores.at("a").address, "host:2");
  EXPECT_EQ(state.stores.at("a").position, StorePosition{9});

  ASSERT_FALSE(state.apply(Position{4}, store("a", 2, 3)));
  EXPECT_EQ(state.stores.at("a"), store("a", 2, 3));
}

TEST(LogState, ForgettingDeletesEndedCommitsUpToTheIdAndKeepsWhatIsOwed) {
  auto state =
      state_of({epoch(1), commit(2, 5), commit(3, 1), commit(4, 9), end(2), end(4), ForgottenRecord{id(1, 5)}});

  EXPECT_FALSE(state.has_ended(id(1, 5)));
  EXPECT_TRUE(state.commits.contains(Position{3})) << "not ended, though its id is below";
  EXPECT_TRUE(state.has_ended(id(1, 9))) << "ended, but its id is above";
  EXPECT_EQ(state.forgotten_through, id(1, 5));

  // The late end stays until a later record forgets it; a smaller one takes nothing back.
  ASSERT_FALSE(state.apply(Position{8}, end(3)));
  EXPECT_TRUE(state.has_ended(id(1, 1)));
  ASSERT_FALSE(state.apply(Position{9}, ForgottenRecord{id(1, 1)}));
  EXPECT_FALSE(state.has_ended(id(1, 1)));
  EXPECT_TRUE(state.has_ended(id(1, 9)));
  EXPECT_EQ(state.forgotten_through, id(1, 5));
}

TEST(LogState, ForgettingCostsWhatIsForgottenHoweverMuchIsKept) {
  constexpr std::uint64_t kCommits = 100'000;
  constexpr std::uint64_t kForgotten = 1'000;
  const auto begun = std::clock();
  LogState state = state_of({epoch(1)});
  for (std::uint64_t number = 0; number < kCommits; ++number) {
    const Position at{static_cast<std::uint64_t>(state.last) + 1};
    state.apply(at, commit(static_cast<std::uint64_t>(at), number * kIdsPerWord));
    state.restore(end(static_cast<std::uint64_t>(at)));
  }
  const auto recorded = std::clock();
  for (std::uint64_t number = 0; number < kForgotten; ++number) {
    state.restore(ForgottenRecord{id(1, number * kIdsPerWord)});
  }
  const auto forgotten = std::clock();
  EXPECT_EQ(state.ended_count(), kCommits - kForgotten);
  EXPECT_LT(forgotten - recorded, recorded - begun) << "a look at all that is kept takes some hundred times as long";
}

TEST(LogState, IdsAreForgottenInTheOrderOfEpochsFirst) {
  const CommitRecord later{Position{4}, id(2, 0), {branch("a")}};
  const EndRecord later_end{Position{4}, {}};
  const auto state =
      state_of({epoch(1), commit(2, 50), epoch(2), later, end(2), later_end, ForgottenRecord{id(1, 99)}});

  EXPECT_FALSE(state.has_ended(id(1, 50)));
  EXPECT_TRUE(state.has_ended(id(2, 0)));
}

TEST(LogState, WholeWordsAreForgottenAndWhatTheyContradicted) {
  const auto state = state_of({epoch(1), commit(2, 63), commit(3, 64), commit(4, 127), commit(5, 128), end(2),
                               contradicted(end(3)), end(4), end(5), ForgottenRecord{id(1, 127)}});

  EXPECT_EQ(state.ended, (std::map<TransactionId, IdWord>{{id(1, 128), 1}}));
  EXPECT_TRUE(state.mixed.empty());
}

TEST(LogState, OfAMillionCommitsThatHaveEndedTheSnapshotIsShort) {
  constexpr std::uint64_t kCommits = 1'000'000;
  LogState state = state_of({epoch(1)});
  for (std::uint64_t number = 0; number < kCommits; ++number) {
    state.restore(commit(number + 2, number));
    state.restore(end(number + 2));
  }
  EXPECT_EQ(state.ended_count(), kCommits);
  EXPECT_EQ(state.snapshot().size(), 1 + kCommits / kIdsPerWord);
}

TEST(LogState, ASnapshotIsRefusedIfItContradictsItself) {
  const std::vector<std::pair<std::vector<LogRecord>, std::string>> rows = {
      {{EndedRecord{id(1, 0), 1}}, "are not of a start"},
      {{epoch(1), EndedRecord{{LogIdentity{9}, Epoch{1}, 0}, 1}}, "are not of a start"},
      {{epoch(1), EndedRecord{id(2, 0), 1}}, "are not of a start"},
      {{epoch(1), EndedRecord{id(1, 5), 1}}, "are not of a start"},
      {{epoch(1), EndedRecord{id(1, 0), 0}}, "or none"},
      {{epoch(1), EndedRecord{id(1, 0), 1}, EndedRecord{id(1, 0), 2}}, "recorded twice"},
      {{epoch(1), EndedRecord{id(1, 0), 1}, MixedRecord{id(1, 1), {"a"}}}, "has not ended"},
      {{epoch(1), EndedRecord{id(1, 0), 1}, MixedRecord{id(1, 0), {}}}, "by nobody"},
      {{epoch(1), EndedRecord{id(1, 0), 1}, MixedRecord{id(1, 0), {"a"}}, MixedRecord{id(1, 0), {"b"}}}, "twice"},
  };
  for (const auto& [records, why] : rows) {
    LogState state;
    for (const auto& record : std::vector<LogRecord>(records.begin(), std::prev(records.end()))) {
      EXPECT_FALSE(state.restore(record));
    }
    const auto before = state;
    const auto refused = state.restore(records.back());
    ASSERT_TRUE(refused) << why;
    EXPECT_THAT(*refused, HasSubstr(why));
    EXPECT_EQ(state, before);
  }
}

TEST(LogState, ASnapshotMakesTheSameStateAgain) {
  const auto state = state_of({
      epoch(1), store("a", 1, 0), store("b", 2, 0), commit(4, 0), commit(5, 1), commit(6, 2), end(4),
      contradicted(end(6, 50, 60)), ForgottenRecord{id(1, 1)},
      end(5),                                        // ended below forgotten-through: the snapshot may not lose it
      epoch(2), store("a", 3, 1), store("a", 1, 2),  // back again, below what the ends say
  });
  ASSERT_EQ(state.ended_count(), 2U);
  ASSERT_EQ(state.mixed.size(), 1U);

  EXPECT_EQ(restored(state), state);
  EXPECT_EQ(restored(restored(state)), state);
}

TEST(LogState, TheSnapshotOfAnEmptyStateIsEmpty) {
  EXPECT_TRUE(LogState{}.snapshot().empty());
}

TEST(LogState, AppendingGoesOnAfterARestoredSnapshot) {
  auto state = restored(state_of({epoch(1), commit(2, 0), commit(3, 1), end(2), ForgottenRecord{id(1, 0)}}));

  ASSERT_EQ(state.last, Position{5});
  EXPECT_FALSE(state.apply(Position{6}, end(3)));
  EXPECT_FALSE(state.apply(Position{7}, commit(7, 2)));
  EXPECT_EQ(state.last, Position{7});
}

}  // namespace
}  // namespace assent::coordinator
