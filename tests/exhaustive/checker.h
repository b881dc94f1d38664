// Checker: what must hold, seen from outside: from what is durable, from what leaves a process, and from what clients
// are told. The rules are those of tests/simulation, for one coordinator and one log.
//
// A value: each state of the world has one of its own.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "assent/coordinator_view.h"
#include "coordinator/core/events.h"
#include "participant/core/events.h"
#include "tests/exhaustive/script.h"
#include "tests/simulation/agreement.h"

namespace assent::exhaustive {

using simulation::Violation;

class Checker {
 public:
  // `scripts` outlive it.
  explicit Checker(const Scripts& scripts) : scripts_(&scripts) {}

  // Two checkers with one state judge alike.
  std::string state() const;

  // ---- what clients learn ----
  void told(const TransactionId& id, OutcomeKind outcome, bool applied);
  void saw(const TransactionId& id, std::size_t step, const StatementResult& result);

  // ---- what is durable ----
  void logged(Position position, const coordinator::LogRecord& record);
  void journaled(Node store, const simulation::ModelImage& before, const simulation::ModelImage& image);

  // ---- what leaves a process ----
  void leaves(const CoordinatorView& view) const;
  void leaves(const coordinator::SendDecision& decision);
  void leaves(Node asker, const coordinator::InquiryAnswered& answer);
  static void leaves(Node store, const participant::VoteAnswered& vote, const simulation::ModelImage& image);
  void leaves(Node store, const coordinator::AlreadyCommitted& vote) const;
  void leaves(Node store, const participant::DecisionAnswered& answer) const;

  // At the end, when all is at rest.
  void check_outcomes() const;
  // On record, or, if it wrote nothing, told so.
  bool is_committed(const TransactionId& id) const;

 private:
  struct Txn {
    simulation::Agreement agreed;
    bool ended = false;
    bool has_read = false;                              // wrote nothing, and was told committed
    std::set<std::pair<std::size_t, std::size_t>> saw;  // step, version
  };
  using Applied = std::map<Node, std::vector<TransactionId>>;  // in this order

  static bool names(const Txn& txn, Node store, const BranchNumber& branch);
  bool has_applied(Node store, const TransactionId& id) const;
  void is_applied(Node store, const participant::BranchRow& row, const simulation::ModelImage& image);
  void vanishes(Node store, const participant::BranchRow& row);
  bool is_serial(const std::vector<TransactionId>& order) const;

  const Scripts* scripts_;
  std::map<TransactionId, Txn> txns_;
  Applied applied_;
  Position durable_{};
};

}  // namespace assent::exhaustive
