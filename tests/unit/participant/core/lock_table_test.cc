#include "participant/core/lock_table.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace assent::participant {
namespace {

// Owners are numbers; the smaller is older.
Priority owner(const std::string& number) {
  return {.begin_stamp = std::stoull(number), .id = {}};
}

std::string names(const std::vector<Priority>& owners) {
  std::string text;
  for (const Priority& one : owners) text += " " + std::to_string(one.begin_stamp);
  return text;
}

// `t[1]:X`, `t:S`, `store:X`
Lock lock(const std::string& text) {
  const auto colon = text.find(':');
  const auto bracket = text.find('[');
  Lock lock{.name = {}, .mode = text.substr(colon + 1) == "X" ? LockMode::kExclusive : LockMode::kShared};
  if (bracket != std::string::npos) {
    lock.name = {.table = text.substr(0, bracket), .key = text.substr(bracket + 1, colon - bracket - 2)};
  } else if (text.substr(0, colon) != "store") {
    lock.name.table = text.substr(0, colon);
  }
  return lock;
}

// `5 wants t[1]:X t[2]:S`, `5 prepared`, `5 restores t[1]:X`, `5 releases`, `5 blocks`, `5 holds`
std::string perform(LockTable& table, const std::string& command) {
  std::istringstream words(command);
  std::string who;
  std::string verb;
  words >> who >> verb;
  Locks locks;
  for (std::string word; words >> word;) locks.push_back(lock(word));

  if (verb == "wants") {
    const LockTable::Answer answer = table.request(owner(who), locks);
    if (answer.granted) return "granted";
    std::string text = "waits";
    if (!answer.wounded.empty()) text += ", wounds" + names(answer.wounded);
    if (!answer.behind.empty()) text += ", behind" + names(answer.behind);
    return text;
  }
  if (verb == "restores") return table.restore(owner(who), locks) ? "granted" : "conflict";
  if (verb == "releases") return "grants" + names(table.release(owner(who)));
  if (verb == "blocks") return "blocks" + names(table.waiting_behind(owner(who)));
  if (verb == "holds") {
    std::string text = "holds";
    for (const Lock& held : table.held_by(owner(who))) {
      text += " " + (held.name.table.empty() ? "store" : held.name.table);
      if (!held.name.key.empty()) text += "[" + held.name.key + "]";
      text += held.mode == LockMode::kExclusive ? ":X" : ":S";
    }
    return text;
  }
  table.set_prepared(owner(who));
  return "prepared";
}

struct LockRow {
  const char* sentence;
  std::vector<const char*> before;
  const char* command;
  const char* expected;
};

const LockRow kLockRows[] = {
    {"a free lock is granted", {}, "5 wants t[1]:X", "granted"},
    {"nothing is granted at once", {"5 wants t[1]:X"}, "6 wants", "granted"},
    {"shared locks are compatible", {"5 wants t[1]:S"}, "4 wants t[1]:S", "granted"},
    {"different keys are compatible", {"5 wants t[1]:X"}, "4 wants t[2]:X", "granted"},
    {"the same key of another table is compatible", {"5 wants t[1]:X"}, "4 wants u[1]:X", "granted"},
    {"a younger request waits", {"5 wants t[1]:X"}, "6 wants t[1]:X", "waits, behind 5"},
    {"an older request wounds an active holder", {"5 wants t[1]:X"}, "4 wants t[1]:S", "waits, wounds 5"},
    {"an older request wounds every younger active sharer",
     {"5 wants t[1]:S", "6 wants t[1]:S", "3 wants t[1]:S"},
     "4 wants t[1]:X",
     "waits, wounds 6 5, behind 3"},
    {"an older request waits behind a younger prepared holder",
     {"5 wants t[1]:X", "5 prepared"},
     "4 wants t[1]:S",
     "waits, behind 5"},
    {"the wounded holder's release grants the lock", {"5 wants t[1]:X", "4 wants t[1]:S"}, "5 releases", "grants 4"},

    {"a shared table stands against a key that is written", {"5 wants t:S"}, "6 wants t[1]:X", "waits, behind 5"},
    {"a shared table lets others read its keys", {"5 wants t:S"}, "6 wants t[1]:S", "granted"},
    {"a written key stands against a shared table", {"5 wants t[1]:X"}, "6 wants t:S", "waits, behind 5"},
    {"an exclusive table stands against a read of a key", {"5 wants t:X"}, "6 wants t[1]:S", "waits, behind 5"},
    {"an exclusive store stands against everything", {"5 wants store:X"}, "6 wants t[1]:S", "waits, behind 5"},
    {"a read key stands against an exclusive store", {"5 wants t[1]:S"}, "6 wants store:X", "waits, behind 5"},
    {"a shared store lets others read tables", {"5 wants store:S"}, "6 wants t:S", "granted"},
    {"a shared store stands against a write", {"5 wants store:S"}, "6 wants t[1]:X", "waits, behind 5"},

    {"what is held is granted again", {"5 wants t[1]:X"}, "5 wants t[1]:X", "granted"},
    {"exclusive contains shared", {"5 wants t[1]:X"}, "5 wants t[1]:S", "granted"},
    {"a lock is upgraded", {"5 wants t[1]:S"}, "5 wants t[1]:X", "granted"},
    {"an upgrade waits for an older sharer", {"5 wants t[1]:S", "4 wants t[1]:S"}, "5 wants t[1]:X", "waits, behind 4"},
    {"an upgrade wounds a younger sharer", {"5 wants t[1]:S", "6 wants t[1]:S"}, "5 wants t[1]:X", "waits, wounds 6"},
    {"an upgrade keeps what it held while it waits",
     {"5 wants t[1]:S", "4 wants t[1]:S", "5 wants t[1]:X"},
     "6 wants t[1]:X",
     "waits, behind 4 5"},
    {"shared table and written key are held together", {"5 wants t:S"}, "5 wants t[1]:X", "granted"},
    {"shared table and written key stand against any reader of the table",
     {"5 wants t:S t[1]:X"},
     "6 wants t:S",
     "waits, behind 5"},
    {"shared table and written key let a reader of another key pass",
     {"5 wants t:S t[1]:X"},
     "6 wants t[2]:S",
     "granted"},

    {"a request is granted whole or not at all",
     {"5 wants t[1]:X", "6 wants t[1]:X t[2]:X"},
     "7 wants t[3]:X",
     "granted"},
    {"a request that waits holds nothing of its wishes",
     {"5 wants t[1]:X", "6 wants t[1]:X t[2]:X"},
     "4 wants t[2]:X",
     "granted"},
    {"a younger request does not overtake an older one that waits",
     {"5 wants t[1]:S", "6 wants t[1]:X"},
     "7 wants t[1]:S",
     "waits"},
    {"an older request overtakes a younger one that waits",
     {"5 wants t[1]:S", "7 wants t[1]:X"},
     "6 wants t[1]:S",
     "granted"},
    {"compatible requests do not wait for each other", {"5 wants t[1]:X", "6 wants t[1]:S"}, "4 releases", "grants"},
    {"all sharers are granted together",
     {"5 wants t[1]:X", "6 wants t[1]:S", "7 wants t[1]:S", "8 wants t[1]:X"},
     "5 releases",
     "grants 6 7"},
    {"the oldest waiter is granted first",
     {"5 wants t[1]:X", "8 wants t[1]:X", "7 wants t[1]:X", "6 wants t[1]:X"},
     "5 releases",
     "grants 6"},
    {"the end of an older waiter lets younger ones pass",
     {"5 wants t[1]:S", "6 wants t[1]:X", "7 wants t[1]:S"},
     "6 releases",
     "grants 7"},
    {"a waiter that is blocked twice waits for both",
     {"4 wants t[1]:X", "5 wants t[2]:X", "6 wants t[1]:X t[2]:X"},
     "4 releases",
     "grants"},
    {"a waiter that is blocked twice is granted by the last",
     {"4 wants t[1]:X", "5 wants t[2]:X", "6 wants t[1]:X t[2]:X", "4 releases"},
     "5 releases",
     "grants 6"},
    {"an older waiter that is blocked elsewhere still blocks younger ones",
     {"4 wants t[1]:X", "5 wants t[1]:X t[2]:X"},
     "6 wants t[2]:X",
     "waits"},
    {"what blocked nobody grants nobody",
     {"5 wants t[1]:X", "6 wants t[1]:X", "7 wants t[2]:X"},
     "7 releases",
     "grants"},
    {"the release of the unknown grants nobody", {}, "5 releases", "grants"},
    {"a released owner begins anew", {"5 wants t[1]:X", "5 releases"}, "6 wants t[1]:X", "granted"},
    {"a wounded waiter leaves its place",
     {"3 wants t[9]:X", "5 wants t[1]:X", "5 wants t[9]:X", "4 wants t[1]:X"},
     "5 releases",
     "grants 4"},

    {"an owner knows whom it blocks",
     {"5 wants t[1]:X t[2]:X", "7 wants t[2]:X", "6 wants t[1]:S"},
     "5 blocks",
     "blocks 6 7"},
    {"who holds nothing blocks nobody", {"5 wants t[1]:X"}, "6 blocks", "blocks"},
    {"intentions are not told", {"5 wants t[1]:X u:S"}, "5 holds", "holds t[1]:X u:S"},
    {"both modes of a name are told", {"5 wants u:S u:X"}, "5 holds", "holds u:S u:X"},
    {"restored locks are held", {"5 restores t[1]:X"}, "6 wants t[1]:S", "waits, behind 5"},
    {"restored locks are not wounded", {"5 restores t[1]:X"}, "4 wants t[1]:S", "waits, behind 5"},
    {"restored intentions are held", {"5 restores t[1]:X"}, "6 wants t:S", "waits, behind 5"},
    {"two owners of one key are found out", {"5 restores t[1]:X"}, "6 restores t[1]:S", "conflict"},
};

std::ostream& operator<<(std::ostream& out, const LockRow& row) {
  return out << row.sentence;
}

class LockTableRow : public testing::TestWithParam<LockRow> {};

TEST_P(LockTableRow, Holds) {
  LockTable table;
  for (const char* command : GetParam().before) perform(table, command);
  EXPECT_EQ(perform(table, GetParam().command), GetParam().expected) << GetParam().sentence;
}

INSTANTIATE_TEST_SUITE_P(OfTheStore, LockTableRow, testing::ValuesIn(kLockRows), [](const auto& info) {
  std::string name = info.param.sentence;
  for (char& letter : name) {
    if (letter == ' ' || letter == '\'') letter = '_';
  }
  return name;
});

TEST(LockTable, KeepsNothingOfOwnersThatAreGone) {
  LockTable table;
  perform(table, "5 wants t[1]:X u:S");
  perform(table, "6 wants t[1]:X");
  EXPECT_EQ(table.waiting_count(), 1U);
  perform(table, "5 releases");
  perform(table, "6 releases");
  EXPECT_EQ(table.held_count(), 0U);
  EXPECT_EQ(table.waiting_count(), 0U);
  EXPECT_TRUE(table.lines(10).empty());
}

TEST(LockTable, ShowsHoldersBeforeWaitersByName) {
  LockTable table;
  perform(table, "5 wants t:S t[1]:X");
  perform(table, "6 wants t[1]:S");
  std::string text;
  for (const LockTable::Line& line : table.lines(100)) {
    text += line.name.table + "[" + line.name.key + "] " + std::to_string(line.owner.begin_stamp) +
            (line.granted ? " has " : " wants ") + to_string_modes(line.modes) + "\n";
  }
  EXPECT_EQ(text,
            "[] 5 has intend exclusive, intend shared\n"
            "[] 6 wants intend shared\n"
            "t[] 5 has shared, intend exclusive\n"
            "t[] 6 wants intend shared\n"
            "t[1] 5 has exclusive\n"
            "t[1] 6 wants shared\n");
  EXPECT_EQ(table.lines(2).size(), 2U);
}

TEST(LockModes, ConflictAsGrayAndOthersSay) {
  // IS, IX, S, X against each other.
  const std::string matrix[] = {"+++-", "++--", "+-+-", "----"};
  for (unsigned row = 0; row < 4; ++row) {
    for (unsigned column = 0; column < 4; ++column) {
      const auto conflicts = conflicting_modes(static_cast<LockModes>(1U << row));
      EXPECT_EQ((conflicts & (1U << column)) == 0, matrix[row][column] == '+') << row << " against " << column;
    }
  }
}

TEST(LockTableDeathTest, APreparedBranchAsksForNoMoreLocks) {
  LockTable table;
  perform(table, "5 prepared");
  EXPECT_DEATH(perform(table, "5 wants t[1]:X"), "L2");
}

TEST(LockTableDeathTest, OneRequestOfAnOwnerWaitsAtATime) {
  LockTable table;
  perform(table, "5 wants t[1]:X");
  perform(table, "6 wants t[1]:X");
  EXPECT_DEATH(perform(table, "6 wants t[2]:X"), "L5");
}

}  // namespace
}  // namespace assent::participant
