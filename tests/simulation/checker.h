// Checker: what Assent promises, seen from outside. It looks at what is durable on the disks, at what leaves a process
// and at what clients are told, never at what a core says of itself. Whatever breaks a promise throws a Violation.
// The rules, R1 to R11, are told in README.md, "What is checked". (R7, R9 and R11 are checked where such copies and
// stores answer, too.)
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/outcome.h"
#include "coordinator/core/events.h"
#include "participant/core/events.h"
#include "tests/simulation/agreement.h"
#include "tests/simulation/model_store.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

class Checker {
 public:
  explicit Checker(World& world) : world_(world) {}

  // ---- what clients want, see and hear ----
  void begin(const TransactionId& id, const Plan& plan);
  void saw(const TransactionId& id, const Step& step, AccountId account, Balance balance);
  void saw(const TransactionId& id, const Step& step, AccountId list, std::string items);
  // All accounts that transactions had inserted at the store.
  void saw(const TransactionId& id, const Step& step, std::set<AccountId> markers);
  void told(const TransactionId& id, OutcomeKind outcome, bool applied);

  // ---- what is durable ----
  // A log was opened, which was forcing these records when its process died; whether it has kept them. It must hold all
  // that is durable, and nothing else but them and its starts since.
  bool opened(const coordinator::LogState& found, std::span<const coordinator::LogRecord> in_doubt);
  void logged(LogIdentity log, std::span<const coordinator::LogRecord> records);
  // A log that was lost is now this one, to which these stores have testified.
  void restored(const coordinator::LogState& state, const std::set<std::string>& stores);
  void journaled(const std::string& store, const StoreImage& image);

  // The highest position of the store's journal that the log remembers, or must: it was in an acknowledgement of a
  // commit whose end is durable.
  StorePosition acknowledged(LogIdentity log, const std::string& store) const;

  // What the store has seen of the log, and remembers in a crash.
  CoordinatorLine durably_seen(const std::string& store, LogIdentity log) const;

  // How the branch ends for certain, if that is known: by the record, or as a client was told.
  std::optional<Decision> known_decision(const std::string& store, const participant::BranchRow& row) const;

  // The clock of the log's coordinator has just leapt ahead.
  void clock_leaps(LogIdentity log) { leaps_[log] = world_.now(); }

  // ---- operators ----
  // One resolves this branch by hand, and does not know how its transaction ends.
  void is_guessed(const std::string& store, const participant::BranchRow& row);
  // This store is lost for good, and given up.
  void is_lost(const std::string& store);
  // Commits that never end, because a lost store owes its acknowledgement.
  std::set<TransactionId> owed() const;
  // A process says that stores disagree.
  void is_told_of_contradiction(const std::string& process, const std::string& alarm);

  // ---- what leaves a process ----
  void leaves(const CoordinatorView& view) const;
  void leaves(const coordinator::OutcomeAnswered& answer, bool applied, bool from_a_copy);
  void leaves(const coordinator::SendDecision& decision);
  void leaves(const std::string& asker, const coordinator::InquiryAnswered& answer);
  void leaves(const std::string& store, const participant::VoteAnswered& vote) const;
  void leaves(const std::string& store, const participant::DecisionAnswered& answer);
  // What the store says to the coordinator that asked it at this start of its own.
  void answers(const std::string& store, const CoordinatorLine& asker) const;
  // A vote of the store itself: never another after a no.
  void votes(const std::string& store, const TransactionId& id, const participant::VoteAnswered& vote);

  // At the end, when everything has been up and connected for a while.
  void check_outcomes() const;
  void check_serializable() const;

  std::vector<TransactionId> begun() const;

 private:
  struct Txn : Agreement {
    std::optional<Time> begun;
    std::size_t faults = 0;         // that had struck when it began
    std::optional<Time> committed;  // a client heard so
    std::size_t answers = 0;        // that left, and said so
    bool is_counted = false;
    bool may_be_forgotten = false;                  // already: its log was restored
    std::optional<coordinator::CommitRecord> lost;  // its record, with the log
    std::set<std::string> testified;                // when it was: these have not heard of it
    bool is_missed = false;                         // by it: only stores have heard of the commit that were not asked
    AccountId marker = 0;
    std::string child_at;
    IsolationLevel level = IsolationLevel::kSerializable;
    std::map<std::string, std::vector<AccountId>> writes;
    std::set<std::tuple<std::string, AccountId, std::size_t>> reads;           // store, account, version
    std::set<std::tuple<std::string, AccountId, std::size_t>> reads_of_own;    // the same, as it had written it
    std::set<std::tuple<std::string, AccountId, std::string>> reads_of_lists;  // store, list, items
    std::set<std::pair<std::string, std::set<AccountId>>> reads_of_all;        // store, markers
    std::map<std::string, UniqueCode> codes;
    std::set<std::pair<std::string, BranchNumber>> refused;  // the store has voted no
    std::set<std::string> applied;
    std::set<std::string> heard;                        // applied because it was told to
    std::map<std::string, StorePosition> acknowledged;  // of the stores, by the first acknowledgement of each
    std::set<std::pair<std::string, BranchNumber>> applied_as;
    std::optional<Time> ended;  // in the log

    std::set<std::pair<std::string, BranchNumber>> guessed;  // how they end, by an operator
    std::set<std::string> contradicted;                      // stores, by the end record

    bool is_guessed(const std::string& store) const;
  };

  // Of an account, a list, or the owner of a code.
  struct Version {
    TransactionId writer;
    Time applied;
  };

  // Somebody says so: a coordinator that answers, or the SDK, which may know more.
  void is_said(const TransactionId& id, OutcomeKind outcome, bool applied);
  bool has_been_retained(const TransactionId& id, const Txn& txn) const;
  void is_logged(const coordinator::CommitRecord& commit);
  void is_logged(LogIdentity log, const coordinator::EndRecord& end);
  void is_logged(LogIdentity log, const coordinator::ForgottenRecord& forgotten);
  void is_applied(const std::string& store, const participant::BranchRow& row);
  void vanishes(const std::string& store, const participant::BranchRow& row);
  // That it has not applied the commit: an operator has ended the branch, or it is lost, and the restored log names it
  // no more.
  bool is_excused(const Txn& txn, const std::string& store) const;
  void writes(const std::string& store, const TransactionId& id, AccountId account);
  // That the store has all that was applied there, and nothing else.
  void check_values(const std::string& store, const StoreImage& image) const;
  const std::vector<Version>& versions(const std::string& store, AccountId account) const;
  // The number of its items. Throws a Violation if they are not the first that were appended, and committed.
  std::size_t version_of(const TransactionId& reader, const std::string& store, AccountId list,
                         const std::string& items) const;

  void turns_up_again(Txn& txn);
  void is_heard_late(Txn& txn, const std::string& store, const participant::BranchRow& row);
  void check_guesses() const;

  World& world_;
  std::map<TransactionId, Txn> txns_;
  std::map<std::string, StoreImage> images_;
  std::set<std::string> lost_;                                                  // stores, for good
  std::set<std::pair<std::string, BranchNumber>> refused_;                      // the store has voted no
  std::vector<std::string> contradictions_;                                     // that were told
  std::map<LogIdentity, Time> leaps_;                                           // the last of each
  std::map<LogIdentity, coordinator::LogState> logs_;                           // what is durable in them
  std::map<std::pair<LogIdentity, std::string>, StorePosition> acknowledged_;   // that a log must remember
  std::map<std::pair<std::string, AccountId>, std::vector<Version>> versions_;  // 1, 2, …
};

}  // namespace assent::simulation
