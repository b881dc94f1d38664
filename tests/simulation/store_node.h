// StoreNode: a participant's process and its one store: the real branch table, the real SQLite store on a simulated
// disk, and what a service does around them: its thread steps what waits, then runs statements, and then ends the
// batch. A journal transaction takes a while, in which the process may die behind any operation on the disk; and with
// the process, or without it, the power may fail. Statements may take a while, too. Meanwhile the store's thread does
// nothing else. After an error of the disk the store goes offline, and is opened again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "participant/core/branch_table.h"
#include "tests/simulation/process_clock.h"
#include "tests/simulation/store_disk.h"

namespace assent::simulation {

class CoordinatorNode;
struct Cluster;

class StoreNode {
 public:
  StoreNode(Cluster& cluster, std::string name, StoreIdentity identity);

  const std::string& name() const { return name_; }
  bool is_up() const { return core_ != nullptr; }
  const participant::BranchTable& core() const { return *core_; }
  std::size_t unanswered_calls() const { return callers_.size(); }

  void start();      // does nothing while it is up, nor when it is lost
  void crash();      // with its process, which starts again after a while; or first a copy of the store
  void black_out();  // and it starts again after a while
  ProcessClock& clock() { return clock_; }
  // Of branches, by what they say of themselves.
  const std::map<TransactionId, std::string_view>& states() const { return states_; }
  // An operator's.
  void resolve_in_doubt();
  void change_schema();
  void fill_disk(Duration length);
  void drain();
  // Its file is lost for good, as far as anybody knows. It may turn up again, until it is withdrawn.
  void lose();
  void withdraw();
  bool is_lost() const { return is_lost_; }

  // Whether this is the opening that runs, on the store's own disk.
  Opening opening() const { return opening_; }
  bool is_copy() const { return copy_ != nullptr; }  // what is served is an old copy of its file
  bool is_the_store(Opening opening) const { return core_ != nullptr && !is_copy() && opening == opening_; }
  void tell(participant::Event event);

  template <typename Request>
  void ask(Request request, std::function<void(const participant::Effect&)> answer) {
    if (!is_up()) return;
    request.call = participant::CallId{++calls_};
    Caller caller{.about = {}, .line = {}, .answer = std::move(answer)};
    if constexpr (requires { caller.about = request.id; }) caller.about = request.id;
    if constexpr (requires { request.coordinator.line; }) caller.line = request.coordinator.line;
    if constexpr (requires { request.coordinator->line; }) caller.line = request.coordinator->line;
    callers_.insert_or_assign(request.call, std::move(caller));
    tell(std::move(request));
  }

 private:
  struct Caller {
    TransactionId about;
    std::optional<CoordinatorLine> line;  // if it is a coordinator
    std::function<void(const participant::Effect&)> answer;
  };

  // The thread does something that takes a while.
  bool is_busy() const { return is_running_ || writing_.has_value(); }
  void work();
  void step(const participant::Event& event);
  bool is_aborting();
  // For the coverage: what comes at which moment.
  void know_what_is_recovered();
  void count_what_meets(const participant::Event& event) const;
  void count_what_follows(const participant::Event& event, const participant::Effects& effects) const;
  void count_its_death();
  void perform(const participant::Effect& effect);
  // What follows from the first of runs_, at once or after a while.
  void run_next();
  void execute(const participant::RunStatements& run);
  void end_batch();
  using Write = std::variant<participant::WriteJournal, participant::ApplySchema>;
  void begin_to_write(Write write);
  // What writing_ says. Its result is for the core.
  Result<participant::Event> write();
  void look_for_room();
  void perform(const participant::SendInquiry& inquiry);
  bool open(StoreDisk& disk);
  // Another process on the same file is refused.
  void refuse_a_second(StoreDisk& disk);
  // The process is gone, or only its store.
  void close();
  void go_offline(const Error& error);
  void lose_power(Disk& disk);
  StoreDisk& at_hand() { return is_copy() ? *copy_ : disk_; }
  // Now and then the file is restored from an old copy by mistake, and served in the store's place for a while.
  void keep(std::optional<OldCopy> copy);
  bool start_a_copy();
  // It must be refused as one, if this is its opening.
  void check_registration(Opening opening, const std::string& refused) const;
  // Somebody finds its file, and serves it for a while.
  void turn_up();
  void turn_up_later();
  // Nothing that a copy says may count.
  template <typename Answer>
  void check(const Answer& answer) const;
  void give_sign_of_life();
  void arm();
  // If it is the same opening then, and not before its process goes on.
  void later(Duration delay, std::function<void()> action);
  void die(Duration until_start);
  // The coordinator of this log; now and then, while there are faults, whoever took over its address.
  CoordinatorNode& coordinator_of(LogIdentity log);

  Cluster& cluster_;
  const std::string name_;
  ProcessClock clock_;
  StoreDisk disk_;
  bool is_lost_ = false;
  std::unique_ptr<StoreDisk> copy_;  // what is served instead of it, if there is one
  bool has_flipped_bit_ = false;     // that copy
  std::vector<OldCopy> old_copies_;  // that may be restored by mistake
  Opening opening_{};
  std::unique_ptr<participant::Store> store_;
  std::unique_ptr<participant::BranchTable> core_;
  StorePosition position_{};  // the last that is durable
  std::uint64_t starts_ = 0;
  std::uint64_t calls_ = 0;
  std::map<participant::CallId, Caller> callers_;
  std::deque<participant::Event> inbox_;
  std::map<TransactionId, std::string_view> states_;
  std::optional<Time> last_no_;                  // it voted so
  bool is_awake_ = false;                        // the thread is about to look into the inbox
  std::deque<participant::RunStatements> runs_;  // that have yet to be performed
  bool is_running_ = false;                      // one of them, for long
  bool was_slow_ = false;                        // what waits is due before the next run
  std::optional<Write> writing_;
  bool was_journaling_ = false;  // when it died
  StorePosition position_when_it_died_{};
  bool is_short_of_space_ = false;  // as the core knows
  std::uint64_t schema_changes_ = 0;
  bool is_batch_ended_ = true;  // the core knows that nothing waits
  Time armed_ = Time::max();
};

}  // namespace assent::simulation
