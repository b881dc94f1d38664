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
// One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assent/errors.h"
#include "assent/isolation_level.h"
#include "assent/result_set.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "assent/value.h"
#include "sdk/src/decision.h"
#include "sdk/src/lease_pool.h"
#include "sdk/src/session.h"

namespace assent::sdk {

class ActiveTransaction {
 public:
  enum class Phase { kActive, kCommitted, kAborted, kUnknown };

  // `begin_stamp` is the leased one, or that of the first run.
  ActiveTransaction(std::shared_ptr<Session> session, const LeasedId& leased, std::uint64_t begin_stamp,
                    IsolationLevel level);
  ~ActiveTransaction();
  ActiveTransaction(const ActiveTransaction&) = delete;
  ActiveTransaction& operator=(const ActiveTransaction&) = delete;

  ResultSet run(const std::string& store, const Statement& statement);
  Outcome commit(Return when);
  // Does nothing unless it is active.
  void abort(AbortCause cause);

  const TransactionId& id() const { return id_; }
  std::uint64_t begin_stamp() const { return begin_stamp_; }
  Phase phase() const { return phase_; }
  // REQUIRES: kAborted.
  const AbortCause& cause() const { return cause_; }

 private:
  struct Branch {
    BranchNumber number;        // kNoBranch before its first answer
    std::int32_t answered = 0;  // statements
    bool maybe_there = false;   // a statement was sent, so that the store may know it
  };

  void require_active() const;
  std::chrono::milliseconds time_left() const;
  std::vector<wire::TouchedBranch> touched() const;

  // Calls until the statement is answered; throws at the end of all trying.
  wire::ExecuteAnswer deliver(const std::string& store, Branch& branch, const Statement& statement);
  Result<wire::ExecuteAnswer> send_statement(const std::string& store, const std::string& address, const Branch& branch,
                                             const Statement& statement);

  // Sends the commit until it is taken in, or time is over.
  Sent deliver_commit(Return when);
  Result<wire::Outcome> send_commit(Return when, Duration answer_within);
  [[noreturn]] void never_committed(const Error& error);

  // abort(), and throws Aborted.
  [[noreturn]] void end(AbortCause cause);
  void ended_as_aborted(AbortCause cause);
  void tell_coordinator();

  const std::shared_ptr<Session> session_;
  const TransactionId id_;
  const std::uint64_t begin_stamp_;
  const IsolationLevel level_;
  const Session::Clock::time_point deadline_;
  Phase phase_ = Phase::kActive;
  AbortCause cause_;
  std::map<std::string, Branch> branches_;
};

}  // namespace assent::sdk
