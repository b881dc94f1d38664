// CoordinatorNode: a coordinator without its process: the real core, the real decision log on a LogDisk, and what a
// service does around them. A force takes a while, in which the process may die behind any operation on the disk; and
// with the process, or without it, the power may fail.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assent/coordinator_view.h"
#include "coordinator/core/coordinator.h"
#include "coordinator/log/file_log.h"
#include "tests/simulation/describe.h"
#include "tests/simulation/log_disk.h"
#include "tests/simulation/log_restoration.h"
#include "tests/simulation/process_clock.h"

namespace assent::simulation {

struct Cluster;
class StoreNode;

// Of ended commits.
inline constexpr Duration kRetention = 9s;

class CoordinatorNode {
 public:
  // What a caller gets: the answer, and the coordinator's word of itself.
  struct Answer {
    coordinator::Effect effect;
    CoordinatorView view;
  };

  CoordinatorNode(Cluster& cluster, std::string name, LogIdentity log);
  // On an old copy of the log of another one, beside it.
  CoordinatorNode(Cluster& cluster, const CoordinatorNode& of, const coordinator::LogDisk& copy);
  // In the place, under the name and on the disk of another one, which stands still, and goes on without its disk.
  explicit CoordinatorNode(CoordinatorNode& replaced);
  CoordinatorNode(const CoordinatorNode&) = delete;

  const std::string& name() const { return name_; }
  LogIdentity log() const { return log_identity_; }
  bool is_up() const { return core_ != nullptr; }
  std::uint64_t starts() const { return starts_; }
  const coordinator::Coordinator& core() const { return *core_; }
  const coordinator::LogState& log_state() const { return log_->state(); }
  // But for those that a lost store keeps waiting.
  std::size_t unanswered_calls() const;

  void start();  // does nothing while it is up
  void crash();  // and it starts again after a while
  void black_out();
  void fill_disk(Duration length);
  void drain();  // and it is started again after a while
  ProcessClock& clock() { return clock_; }
  // Operators', in log_operators.cc. An old copy is served until it is withdrawn.
  void keep_a_copy();
  void serve_an_old_copy();
  void withdraw();
  // It stands still, is taken for dead, and another process is started on its disk.
  void replace();
  bool is_copy() const { return is_copy_; }
  bool is_served() const { return is_served_; }
  bool is_restored() const { return restoration_ != nullptr; }  // just now
  // Its log was never restored, or when it was last, this store testified, or it has registered since.
  bool has_heard(const std::string& store) const { return witnesses_.empty() || witnesses_.contains(store); }
  void tell(const coordinator::Event& event);

  // Of an opening that has ended, or of a copy, it may refuse it with an alarm; of the store itself never.
  void register_store(const coordinator::StoreRegistered& sign, const std::function<void(const Answer&)>& answer);

  template <typename Request>
  void ask(Request request, std::function<void(const Answer&)> answer) {
    if (!is_up()) return;
    request.call = coordinator::CallId{++calls_};
    Caller caller{.name = {}, .about = {}, .when = coordinator::ReturnWhen::kDecided, .answer = std::move(answer)};
    if constexpr (requires { request.store; }) caller.name = request.store;
    if constexpr (requires { caller.about = request.id; }) caller.about = request.id;
    if constexpr (requires { request.return_when; }) caller.when = request.return_when;
    callers_[request.call] = std::move(caller);
    tell(request);
  }

 private:
  struct Caller {
    std::string name;  // of a store
    TransactionId about;
    coordinator::ReturnWhen when{};
    std::function<void(const Answer&)> answer;
  };

  void perform(const coordinator::Effects& effects);
  void perform(const coordinator::Effect& effect);
  void perform(const coordinator::SendDecision& decision);
  void is_registered(const coordinator::RegistrationAnswered& answer);
  void is_leased(const coordinator::LeaseGranted& lease);
  void check_begins(const TransactionId& id) const;
  template <typename Request>
  void ask_for_vote(const std::string& store, const Request& request, Duration timeout);
  bool open_log();
  void refuse_a_second();
  void settle_in_doubt(const coordinator::LogState& found);
  void keep();
  bool is_told_by_all(const coordinator::LogDisk& copy) const;
  // It is gone for good, and restored; then the process starts again.
  bool loses_its_log();
  void start_soon();
  void count_its_death() const;
  void count_what_meets(const coordinator::Event& event) const;
  // What is on the disk is an old copy, or the log itself, with which a store does not agree.
  void restore_log(const std::vector<std::string>& stores, bool is_lost);
  void is_contradicted(StoreNode& store);
  // What an old copy must not do.
  void check_copy(const coordinator::Effect& effect) const;
  // Its present segment.
  bool is_forced();
  void force();
  void write();
  void claim_ahead();
  void look_for_room();
  void die_within_append();
  void lose_power();
  void arm();
  // If it is the same process then, and not before it goes on.
  void later(Duration delay, std::function<void()> action);

  Cluster& cluster_;
  std::string name_;
  const LogIdentity log_identity_;
  const bool is_copy_ = false;
  bool is_replaced_ = false;
  bool is_served_ = true;
  ProcessClock clock_;
  coordinator::LogDisk disk_;
  std::unique_ptr<coordinator::FileLog> log_;
  std::unique_ptr<coordinator::Coordinator> core_;
  std::uint64_t starts_ = 0;
  std::uint64_t calls_ = 0;
  std::map<coordinator::CallId, Caller> callers_;
  std::map<TransactionId, std::string_view> states_;
  std::set<TransactionId> presumed_;  // aborted, as clients were told
  struct Lease {
    std::uint64_t count = 0;
    Time ends;
  };
  std::map<TransactionId, Lease> leases_;          // of this start, by the first id
  Position last_{};                                // of the records appended
  std::vector<coordinator::LogRecord> appended_;   // wait for a force
  std::vector<coordinator::LogRecord> in_flight_;  // are being forced
  std::vector<coordinator::LogRecord> in_doubt_;   // were, when it died
  bool found_unforced_ = false;                    // at the last opening, in a block that it kept
  std::string out_of_space_;                       // as the core was told
  bool is_looking_for_room_ = false;               // in a while
  bool wants_force_ = false;
  bool may_alarm_ = false;           // what is handled may be refused with an alarm
  std::set<std::string> witnesses_;  // stores that agree with the log as it was restored. Empty: it never was
  std::vector<coordinator::LogDisk> old_logs_;
  std::unique_ptr<LogRestoration> restoration_;
  Time armed_ = Time::max();
  std::optional<Time> aborted_;  // a transaction, the last time
};

inline std::string describe(const CoordinatorNode::Answer& answer) {
  return describe(answer.effect);
}

}  // namespace assent::simulation
