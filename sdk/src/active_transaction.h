// ActiveTransaction: the client's half of an interactive transaction.
//
//                statement        commit              committed
//   kActive ─────────┐   kActive ────────► (decision.h) ─────────► kCommitted
//      ▲             │      │                │  │   nobody knows
//      └─────────────┘      │                │  └────────────────► kUnknown
//                           └── abort, ended at a store, timeout ─► kAborted
//
//   A1  Statements are numbered within their branch, from 0, with one outstanding at a time.
//   A2  A statement is repeated, after its answer was lost, with its number only: the store gives the same answer, or
//       ends the branch. Statement 0 may make another branch then; nothing of the first was seen, and commit names
//       the one that was.
//   A3  From its first answer on a branch has one number. Another one means that its locks were lost: the end.
//   A4  Commit names every branch with the count of its answered statements, so that a store that has seen another
//       number votes no.
//
// One thread at a time, and one operation: it begins on the caller's thread and ends where the environment hands out
// answers. Whoever drops the last reference to an active one aborts it; an operation holds one until it has ended, and
// one that never ends, for its environment has gone, is not followed by anything.
#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assent/errors.h"
#include "assent/isolation_level.h"
#include "assent/result_set.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "assent/value.h"
#include "sdk/src/completion.h"
#include "sdk/src/decision.h"
#include "sdk/src/lease_pool.h"
#include "sdk/src/session.h"

namespace assent::sdk {

class ActiveTransaction : public std::enable_shared_from_this<ActiveTransaction> {
 public:
  enum class Phase { kActive, kCommitted, kAborted, kUnknown };

  // `begin_stamp` is the leased one, or that of the first run.
  ActiveTransaction(std::shared_ptr<Session> session, const LeasedId& leased, std::uint64_t begin_stamp,
                    IsolationLevel level);
  ~ActiveTransaction();
  ActiveTransaction(const ActiveTransaction&) = delete;
  ActiveTransaction& operator=(const ActiveTransaction&) = delete;

  // Each ends with its value, or as the calls of Transaction throw.
  void run(std::string store, Statement statement, Completion<ResultSet> done);
  void commit(Return when, Completion<Outcome> done);
  // Does nothing unless it is active. REQUIRES: no operation is on its way.
  void abort(AbortCause cause);

  const TransactionId& id() const { return id_; }
  std::uint64_t begin_stamp() const { return begin_stamp_; }
  Session& session() const { return *session_; }
  Phase phase() const { return phase_; }
  // An operation is on its way.
  bool is_busy() const { return is_busy_; }
  // REQUIRES: kAborted.
  const AbortCause& cause() const { return cause_; }

 private:
  friend class Delivery;        // of a statement
  friend class CommitDelivery;  // of the commit

  struct Branch {
    BranchNumber number;        // kNoBranch before its first answer
    std::int32_t answered = 0;  // statements
    bool maybe_there = false;   // a statement was sent, so that the store may know it
  };

  // What an operation ends with that may not begin; nothing if it may.
  std::exception_ptr refusal() const;
  Duration time_left() const { return deadline_ - session_->environment().now(); }
  std::vector<wire::TouchedBranch> touched() const;

  // What the store's answer to the statement means.
  Attempt<ResultSet> answered(const std::string& store, const Statement& statement, wire::ExecuteAnswer answer);

  void send_commit(Return when, Duration answer_within, OnAnswer<wire::Outcome> on_answer);
  void commit_sent(Return when, const Sent& sent, Completion<Outcome> done);
  // The coordinator never took it in.
  std::exception_ptr not_committed(const Error& error);
  Attempt<Outcome> settled(Attempt<Outcome> ended);

  // REQUIRES: it is active. With Aborted.
  std::exception_ptr end(AbortCause cause);
  void ended_as_aborted(AbortCause cause);
  void tell_coordinator();

  const std::shared_ptr<Session> session_;
  const TransactionId id_;
  const std::uint64_t begin_stamp_;
  const IsolationLevel level_;
  const Time deadline_;
  Phase phase_ = Phase::kActive;
  bool is_busy_ = false;  // with an operation
  AbortCause cause_;
  std::map<std::string, Branch> branches_;
};

// One that has begun, with the given stamp or that of its lease. Ends also with Unavailable, Overloaded.
void begin(const std::shared_ptr<Session>& session, std::optional<std::uint64_t> begin_stamp, IsolationLevel level,
           const Completion<std::shared_ptr<ActiveTransaction>>& done);

// Of the rows that the SQL returned at the store; StatementError if it returned none, or more than one.
Attempt<Row> only_row(const ResultSet& rows, const std::string& store, const std::string& sql);

}  // namespace assent::sdk
