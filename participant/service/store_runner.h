// StoreRunner: one store, its branch table, and the thread that both of them live on.
//
// The thread takes every event that waits as one batch, steps them through the core, runs statements for a bounded
// time, does what is due as one journal transaction, and hands over all answers of the batch at once. Runs that found
// no time wait for the next batch, behind whatever has come meanwhile: so decisions, answers and timeouts wait for one
// run that is long, and not for all of them. Decisions about branches of earlier openings, which come all at once after
// a restart, are taken in parts: so new transactions are served beside them. A store that fails goes offline: nobody
// who waits is given an answer of the store, it is opened again with backoff, and the core starts from what the disk
// holds.
#pragma once

#include <spdlog/logger.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "assent/result.h"
#include "assent/time.h"
#include "participant/core/branch_table.h"
#include "participant/service/counters.h"
#include "participant/store/store.h"

namespace assent::participant {

// What a store's thread hands over after a batch.
struct StoreOutput {
  Effects effects;      // answers and messages only, in order
  std::string offline;  // not empty: the store went offline, this is why, and who waits for it waits in vain
};

// What a store says of itself when it is registered.
struct StoreStanding {
  StoreIdentity identity{};
  std::uint64_t start_number = 0;
  Opening opening{};
  StorePosition position{};
  std::vector<CoordinatorLine> seen;  // of every log that it has heard of
};

// What operators ask about a store.
struct StoreReport {
  StoreIdentity identity{};
  std::uint64_t start_number = 0;
  Opening opening{};
  StorePosition position{};
  Counters counters;
  Totals totals;
  std::uint64_t forces = 0;   // journal transactions since the store was opened
  std::string foreign_write;  // what another program did to it that no operator has acknowledged
  StoreCounters store;
  std::vector<CoordinatorLine> seen;  // of every log that it has heard of
  RunnerCounters runner;
  Duration cpu{};  // of the store's thread, since it was started
};

struct RunnerSettings {
  Settings core;
  std::size_t inbox_events = 65536;                        // most events that wait for the store's thread
  std::size_t recovery_events = 512;                       // of decisions about earlier openings, least in a batch
  Duration batch_time = std::chrono::milliseconds(50);     // no run of statements begins later in a batch
  Duration reopen_first = std::chrono::milliseconds(100);  // of an offline store; doubles
  Duration reopen_ceiling = std::chrono::seconds(10);
};

class StoreRunner {
 public:
  using Open = std::function<Result<std::unique_ptr<Store>>()>;
  // Called on the store's thread, once for a batch that has something to say.
  using Deliver = std::function<void(StoreOutput)>;
  // Runs on the store's thread while the store is online.
  using Question = std::function<void(const BranchTable& branches, const StoreReport& report, Time now)>;

  StoreRunner(std::string name, Open open, RunnerSettings settings, Deliver deliver,
              std::shared_ptr<spdlog::logger> logger);
  // Ends the thread after the batch it is in. Calls that wait are not answered.
  ~StoreRunner();
  StoreRunner(const StoreRunner&) = delete;
  StoreRunner& operator=(const StoreRunner&) = delete;

  // Opens the store, takes the locks of its prepared branches, starts the thread. No event is served before that.
  // A store that is only unavailable for now begins offline, and is opened again with backoff: other errors need a
  // person.
  Result<void> start();

  // Hands over an event. Any thread. Refused: kOverloaded (too much waits) or kUnavailable (offline). What ends work,
  // decisions and the answers of coordinators, finds room in a full inbox, so that load cannot starve recovery; but not
  // without end, for all of it is sent again.
  Result<void> post(Event event);

  // The same for events that came together: the thread finds all of them in one batch, but for those of which it takes
  // a part. Which of them are refused, and why.
  struct Refused {
    std::size_t index = 0;
    Error error;
  };
  std::vector<Refused> post(std::vector<Event> events);

  // From now on no branch begins, also when the store has been opened again. Any thread.
  void drain();

  // Asks on the store's thread. Any thread. The question is dropped unasked if the store is, or goes, offline, or too
  // much waits for it.
  Result<void> ask(Question question);

  // As it was after its last batch, before the answers of that were handed over; nothing if it is offline. Any thread.
  std::optional<StoreStanding> standing() const;

  // Why the store is offline; empty if it is online. Any thread.
  std::string offline() const;

  const std::string& name() const { return name_; }

 private:
  using Item = std::variant<Event, Question>;
  struct Recovery {
    Event event;
    Time came;
  };

  Result<void> open();
  void run();
  // REQUIRES, all: mutex_ is held.
  bool is_idle() const;  // nothing has come
  std::optional<Error> refusal(const Event& event) const;
  bool is_of_recovery(const Event& event) const;
  void put(Item item);
  void take(std::vector<Item>& items);
  void take_recovery(std::vector<Item>& items);
  bool wait_for_items(std::vector<Item>& items);
  Result<void> serve(std::vector<Item>& items);
  // Tells the core if what the store can promise has changed.
  Result<void> check_health();
  Result<void> run_statements();
  // Does what is due as one journal transaction, and hands over the answers.
  Result<void> end_batch();
  Result<void> step(Event first);
  Result<void> perform(Effect& effect);
  Result<void> apply_schema(const ApplySchema& schema);
  void forced(ForcedFor purpose);
  void go_offline(const Error& error);
  void say_offline(const Error& error);
  void publish_standing();
  bool reopen();
  StoreReport report(Time now) const;
  Error offline_error() const;
  Error overloaded_error() const;

  const std::string name_;
  const Open open_;
  const RunnerSettings settings_;
  const Deliver deliver_;
  const std::shared_ptr<spdlog::logger> logger_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> inbox_;
  Time first_came_;                // of what is in inbox_
  std::deque<Recovery> recovery_;  // what has come for branches of earlier openings
  std::string offline_ = "it is not open yet";
  StoreStanding standing_;
  bool is_draining_ = false;
  bool stopping_ = false;

  // Of the store's thread, once it runs.
  std::unique_ptr<Store> store_;
  std::unique_ptr<BranchTable> branches_;
  Opening opening_{};
  StorePosition position_{};
  std::uint64_t forces_ = 0;
  RunnerCounters counters_;
  Duration pause_;                  // before the next opening; small again once a journal transaction has succeeded
  HealthChanged health_;            // as the core knows it
  bool was_slow_ = false;           // the last runs took the whole of batch_time, or more
  std::deque<RunStatements> runs_;  // that have yet to be performed
  std::deque<Event> events_;        // what followed from the event that is being stepped
  Effects effects_;                 // of that one
  Effects output_;

  std::thread thread_;
};

}  // namespace assent::participant
