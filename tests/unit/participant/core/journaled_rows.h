// JournaledRows: what a store's disk holds, made of journal operations. An operation that must not happen fails the
// test.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "participant/core/journal.h"
#include "participant/core/text.h"

namespace assent::participant {

using NamedBranch = std::pair<TransactionId, BranchNumber>;

struct JournaledRows {
  std::map<TransactionId, BranchRow> rows;
  std::map<LogIdentity, SeenCoordinator> coordinators;
  std::set<NamedBranch> prepared;           // ever
  std::map<NamedBranch, int> applied;       // how often
  std::map<NamedBranch, Decision> by_hand;  // by operators
  bool is_written_by_another = false;
  std::uint64_t position = 0;
  std::uint64_t start = 0;

  void operator()(const PutPrepared& put) {
    for (const auto& [id, row] : rows) {
      for (const Lock& held : row.locks) {
        for (const Lock& lock : put.row.locks) {
          const bool conflict =
              held.name == lock.name && (held.mode == LockMode::kExclusive || lock.mode == LockMode::kExclusive);
          EXPECT_FALSE(conflict && id != put.row.id) << "two prepared branches own " << to_text(lock.name);
        }
      }
    }
    EXPECT_FALSE(rows.contains(put.row.id)) << "a row is put over another";
    rows[put.row.id] = put.row;
    prepared.insert({put.row.id, put.row.branch});
  }
  void operator()(const ApplyBranch& apply) {
    BranchRow& row = rows.at(apply.id);
    EXPECT_EQ(row.state, RowState::kPrepared);
    EXPECT_EQ((++applied[{row.id, row.branch}]), 1);
    if (apply.state == RowState::kResolvedCommit) by_hand[{row.id, row.branch}] = Decision::kCommit;
    mark(row, apply.state, apply.commit, apply.reason);
  }
  void operator()(const MarkBranch& marked) {
    BranchRow& row = rows.at(marked.id);
    if (row.state == RowState::kPrepared) {
      EXPECT_EQ(marked.state, RowState::kResolvedAbort)
          << "only an operator ends a prepared branch without applying it";
      by_hand[{row.id, row.branch}] = Decision::kAbort;
    } else {  // what the coordinator says of it, written beside the operator's word
      EXPECT_EQ(marked.state, row.state == RowState::kResolvedCommit ? RowState::kCommitted : RowState::kResolvedAbort);
      EXPECT_NE(marked.commit, Position{});
    }
    mark(row, marked.state, marked.commit, marked.reason);
  }
  void operator()(const DeleteBranch& gone) { rows.erase(gone.id); }
  void operator()(const PutCoordinator& put) { coordinators[put.seen.line.log] = put.seen; }
  // Its version is the position, too.
  SchemaChange apply_schema() {
    ++position;
    return {.failure = {},
            .version = SchemaVersion{position},
            .was_applied_before = false,
            .position = StorePosition{position}};
  }
  void operator()(const AcknowledgeWrite&) { is_written_by_another = false; }

  static void mark(BranchRow& row, RowState state, Position commit, const std::string& reason) {
    row.state = state;
    row.commit = commit;
    row.reason = reason;
    row.locks.clear();
  }
};

}  // namespace assent::participant
