// Random histories on a few names, against a table that is too simple to be wrong: it looks at every owner and every
// lock each time. Seeds are fixed, and printed when they fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "participant/core/lock_table.h"
#include "tests/sanitized.h"

namespace assent::participant {
namespace {

bool overlaps(const LockName& one, const LockName& other) {
  const auto contains = [](const LockName& outer, const LockName& inner) {
    return outer.table.empty() || (outer.table == inner.table && (outer.key.empty() || outer.key == inner.key));
  };
  return contains(one, other) || contains(other, one);
}

// No intentions, no counts, no parking: two locks conflict if they overlap and one of them is exclusive.
bool conflict(const Locks& ones, const Locks& others) {
  for (const Lock& one : ones) {
    for (const Lock& other : others) {
      if (!overlaps(one.name, other.name)) continue;
      if (one.mode == LockMode::kExclusive || other.mode == LockMode::kExclusive) return true;
    }
  }
  return false;
}

struct Reference {
  struct Owner {
    Locks held;
    Locks wanted;
    bool waits = false;
    bool prepared = false;
  };
  std::map<Priority, Owner> owners;

  // What the owner lacks: the real table does not ask for what it holds.
  static Locks missing(const Owner& owner, const Locks& wanted) {
    Locks rest;
    for (const Lock& lock : wanted) {
      const bool is_held = std::any_of(owner.held.begin(), owner.held.end(), [&lock](const Lock& held) {
        return held.name == lock.name && (held.mode == LockMode::kExclusive || held.mode == lock.mode);
      });
      if (!is_held) rest.push_back(lock);
    }
    return rest;
  }

  bool is_blocked(const Priority& who, const Locks& wanted) const {
    return std::any_of(owners.begin(), owners.end(), [&](const auto& other) {
      if (other.first == who) return false;
      if (conflict(wanted, other.second.held)) return true;
      return other.second.waits && other.first < who && conflict(wanted, other.second.wanted);
    });
  }

  std::vector<Priority> release(Priority who) {
    owners.erase(who);
    std::vector<Priority> granted;
    for (auto& [waiting, owner] : owners) {
      if (!owner.waits || is_blocked(waiting, owner.wanted)) continue;
      owner.waits = false;
      owner.held.insert(owner.held.end(), owner.wanted.begin(), owner.wanted.end());
      owner.wanted.clear();
      granted.push_back(waiting);
    }
    return granted;
  }

  // Whom a waiting owner waits for: conflicting holders, and older conflicting waiters.
  std::set<Priority> waits_for(const Priority& who) const {
    std::set<Priority> others;
    const Locks& wanted = owners.at(who).wanted;
    for (const auto& [other, owner] : owners) {
      if (other == who) continue;
      const bool waits_before = owner.waits && other < who && conflict(wanted, owner.wanted);
      if (conflict(wanted, owner.held) || waits_before) others.insert(other);
    }
    return others;
  }
};

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  void play(std::size_t steps) {
    for (std::size_t step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      const Priority who{.begin_stamp = pick(8), .id = {}};
      const auto known = reference_.owners.find(who);
      const bool is_new = known == reference_.owners.end();
      if (!is_new && (known->second.waits || known->second.prepared || pick(4) == 0)) {
        end_or_prepare(who, known->second);
      } else {
        request(who);
      }
      check();
    }
    while (!reference_.owners.empty()) release(reference_.owners.begin()->first);
    EXPECT_EQ(table_.held_count(), 0U);
    EXPECT_EQ(table_.waiting_count(), 0U);
    EXPECT_TRUE(table_.lines(1).empty());
  }

  static std::size_t granted_late;

 private:
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

  Locks any_locks() {
    Locks locks;
    for (std::size_t i = 0; i <= pick(3); ++i) {
      Lock lock{.name = {}, .mode = pick(2) == 0 ? LockMode::kShared : LockMode::kExclusive};
      const std::size_t size = pick(12);
      if (size > 0) lock.name.table = pick(2) == 0 ? "t" : "u";
      if (size > 1) lock.name.key = std::to_string(pick(4));
      locks.push_back(lock);
    }
    return locks;
  }

  void request(const Priority& who) {
    const Locks wanted = any_locks();
    Reference::Owner& owner = reference_.owners[who];
    const Locks missing = Reference::missing(owner, wanted);
    const bool is_blocked = reference_.is_blocked(who, missing);
    const LockTable::Answer answer = table_.request(who, wanted);
    ASSERT_EQ(answer.granted, !is_blocked);
    if (answer.granted) {
      owner.held.insert(owner.held.end(), missing.begin(), missing.end());
      return;
    }
    owner.waits = true;
    owner.wanted = missing;
    std::vector<Priority> wounded;
    std::vector<Priority> behind;
    for (const auto& [other, holder] : reference_.owners) {
      if (other == who || !conflict(missing, holder.held)) continue;
      (who < other && !holder.prepared ? wounded : behind).push_back(other);
    }
    std::reverse(wounded.begin(), wounded.end());
    EXPECT_EQ(answer.wounded, wounded);
    EXPECT_EQ(answer.behind, behind);
    for (const Priority& victim : wounded) release(victim);
  }

  void end_or_prepare(const Priority& who, Reference::Owner& owner) {
    if (!owner.waits && !owner.prepared && pick(2) == 0) {
      owner.prepared = true;
      table_.set_prepared(who);
    } else if (!owner.waits || pick(4) == 0) {
      release(who);
    }
  }

  void release(Priority who) {
    const std::vector<Priority> expected = reference_.release(who);
    EXPECT_EQ(table_.release(who), expected);
    granted_late += expected.size();
  }

  void check() {
    const auto& owners = reference_.owners;
    for (const auto& [one, first] : owners) {
      std::vector<Priority> behind;
      for (const auto& [other, second] : owners) {
        if (one == other) continue;
        EXPECT_FALSE(conflict(first.held, second.held)) << "L1";
        if (second.waits && conflict(second.wanted, first.held)) behind.push_back(other);
      }
      EXPECT_EQ(table_.waiting_behind(one), behind);
      if (!first.waits) continue;
      const std::set<Priority> obstacles = reference_.waits_for(one);
      EXPECT_FALSE(obstacles.empty()) << "L5: nothing blocks it, and it waits";
      for (const Priority& obstacle : obstacles) {
        EXPECT_TRUE(obstacle < one || owners.at(obstacle).prepared)
            << "L3, L4: waiting leads to older or prepared ones";
      }
    }
  }

  std::mt19937_64 random_;
  LockTable table_;
  Reference reference_;
};

std::size_t History::granted_late = 0;

TEST(LockTableRandom, AgreesWithAnExhaustiveSearchAndNeverDeadlocks) {
  const auto seeds = unless_sanitized(2000);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History(seed).play(60);
    if (HasFailure()) break;
  }
  EXPECT_GT(History::granted_late, unless_sanitized(5000)) << "histories without waiting show little";
}

}  // namespace
}  // namespace assent::participant
