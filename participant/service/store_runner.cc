#include "participant/service/store_runner.h"

#include <algorithm>
#include <utility>

#include "participant/core/text.h"
#include "thrift/daemon/clock.h"
#include "thrift/daemon/logging.h"
#include "thrift/daemon/random.h"

namespace assent::participant {

namespace {

constexpr std::size_t kRoomForEnds = 4;  // times as much as for all else

// Decisions, the answers of coordinators and operators end work; everything else begins or prolongs it.
bool ends_work(const Event& event) {
  return std::holds_alternative<DecisionReceived>(event) || std::holds_alternative<InquiryAnswered>(event) ||
         std::holds_alternative<RegistrationAccepted>(event) || std::holds_alternative<ResolveRequested>(event) ||
         std::holds_alternative<AcknowledgeWriteRequested>(event) || std::holds_alternative<TestimonyRequested>(event);
}

}  // namespace

StoreRunner::StoreRunner(std::string name, Open open, RunnerSettings settings, Deliver deliver,
                         std::shared_ptr<spdlog::logger> logger)
    : name_(std::move(name)),
      open_(std::move(open)),
      settings_(settings),
      deliver_(std::move(deliver)),
      logger_(std::move(logger)),
      pause_(settings.reopen_first) {}

StoreRunner::~StoreRunner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> StoreRunner::start() {
  if (auto opened = open(); !opened) {
    if (opened.error().kind != ErrorKind::kUnavailable) return opened;
    say_offline(opened.error());
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

Error StoreRunner::offline_error() const {
  return {ErrorKind::kUnavailable, "store `" + name_ + "` is offline: " + offline_ + "; try again later"};
}

Error StoreRunner::overloaded_error() const {
  return {ErrorKind::kOverloaded, "too much waits for store `" + name_ + "`; try again later"};
}

bool StoreRunner::is_idle() const {
  return inbox_.empty() && recovery_.empty();
}

void StoreRunner::put(Item item) {
  auto* const event = std::get_if<Event>(&item);
  if (event != nullptr && is_of_recovery(*event)) {
    recovery_.push_back({std::move(*event), daemon::now()});
    return;
  }
  if (inbox_.empty()) first_came_ = daemon::now();
  inbox_.push_back(std::move(item));
}

// Decisions, and the answers of coordinators that decide. An operator's resolution, or what an operator makes the store
// testify to, does not overtake those that have come before.
bool StoreRunner::is_of_recovery(const Event& event) const {
  const auto is_earlier = [this](const BranchNumber& branch) {
    return branch != kNoBranch && branch.start < standing_.start_number;
  };
  if (const auto* const decision = std::get_if<DecisionReceived>(&event)) return is_earlier(decision->branch);
  if (const auto* const answer = std::get_if<InquiryAnswered>(&event)) {
    const bool decides = answer->result == InquiryResult::kCommit || answer->result == InquiryResult::kAbort ||
                         answer->result == InquiryResult::kEnded;
    return decides && is_earlier(answer->branch);
  }
  return !recovery_.empty() &&
         (std::holds_alternative<ResolveRequested>(event) || std::holds_alternative<TestimonyRequested>(event));
}

std::optional<Error> StoreRunner::refusal(const Event& event) const {
  if (!offline_.empty()) return offline_error();
  const std::size_t waiting = is_of_recovery(event) ? recovery_.size() : inbox_.size();
  if (waiting >= settings_.inbox_events * (ends_work(event) ? kRoomForEnds : 1)) return overloaded_error();
  return std::nullopt;
}

Result<void> StoreRunner::post(Event event) {
  std::vector<Event> one;
  one.push_back(std::move(event));
  const auto refused = post(std::move(one));
  return refused.empty() ? Result<void>() : Result<void>(refused.front().error);
}

std::vector<StoreRunner::Refused> StoreRunner::post(std::vector<Event> events) {
  std::vector<Refused> refused;
  {
    const std::lock_guard lock(mutex_);
    const bool was_idle = is_idle();
    for (std::size_t index = 0; index < events.size(); ++index) {
      if (auto error = refusal(events[index])) {
        refused.push_back({index, std::move(*error)});
      } else {
        put(std::move(events[index]));
      }
    }
    if (!was_idle || is_idle()) return refused;  // the thread was woken by the first one
  }
  wake_.notify_one();
  return refused;
}

void StoreRunner::drain() {
  {
    const std::lock_guard lock(mutex_);
    is_draining_ = true;
    if (!offline_.empty()) return;  // the opening sees to it
    put(DrainRequested{});
  }
  wake_.notify_one();
}

Result<void> StoreRunner::ask(Question question) {
  {
    const std::lock_guard lock(mutex_);
    if (!offline_.empty()) return offline_error();
    if (inbox_.size() >= settings_.inbox_events) return overloaded_error();
    put(std::move(question));
  }
  wake_.notify_one();
  return {};
}

std::optional<StoreStanding> StoreRunner::standing() const {
  const std::lock_guard lock(mutex_);
  if (!offline_.empty()) return std::nullopt;
  return standing_;
}

std::string StoreRunner::offline() const {
  const std::lock_guard lock(mutex_);
  return offline_;
}

Result<void> StoreRunner::open() {
  auto opened = open_();
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  const auto& recovered = store_->recovered();
  position_ = recovered.position;
  forces_ = 0;
  counters_ = {};
  health_ = {};
  opening_ = Opening{daemon::random_number()};
  branches_ = std::make_unique<BranchTable>(settings_.core, recovered, opening_, daemon::now());
  const auto totals = branches_->totals(daemon::now());
  logger_->info("event=store_open store={} identity={} start={} prepared={} committed={}", name_,
                to_string(recovered.identity), recovered.start_number, totals.prepared, totals.committed);
  if (auto checked = check_health(); !checked) return checked;
  publish_standing();
  const std::lock_guard lock(mutex_);
  offline_.clear();
  if (is_draining_) put(DrainRequested{});
  return {};
}

void StoreRunner::run() {
  if (store_ == nullptr && !reopen()) return;
  std::vector<Item> items;
  while (wait_for_items(items)) {
    const auto served = serve(items);
    items.clear();
    if (served) continue;
    go_offline(served.error());
    if (!reopen()) return;
  }
}

bool StoreRunner::wait_for_items(std::vector<Item>& items) {
  const auto deadline = branches_->next_deadline();
  const auto is_awake = [this] { return stopping_ || !is_idle(); };
  std::unique_lock lock(mutex_);
  if (!runs_.empty()) {
    // There is enough to do.
  } else if (deadline) {
    wake_.wait_until(lock, daemon::to_steady(*deadline), is_awake);
  } else {
    wake_.wait(lock, is_awake);
  }
  take(items);
  return !stopping_;
}

void StoreRunner::take(std::vector<Item>& items) {
  if (is_idle()) return;
  const Time first = inbox_.empty()      ? recovery_.front().came
                     : recovery_.empty() ? first_came_
                                         : std::min(first_came_, recovery_.front().came);
  items.swap(inbox_);
  take_recovery(items);
  counters_.batch_items.add(items.size());
  counters_.batch_wait.add(daemon::now() - first);
}

// A part of many, so that they come to an end however many there are; a larger one if what runs beside them takes long.
void StoreRunner::take_recovery(std::vector<Item>& items) {
  const std::size_t part = std::max(settings_.recovery_events, recovery_.size() / (was_slow_ ? 2 : 64));
  for (std::size_t left = std::min(part, recovery_.size()); left > 0; --left) {
    items.emplace_back(std::move(recovery_.front().event));
    recovery_.pop_front();
  }
}

Result<void> StoreRunner::serve(std::vector<Item>& items) {
  if (auto checked = check_health(); !checked) return checked;
  for (auto& item : items) {
    if (const auto* question = std::get_if<Question>(&item)) {
      const auto now = daemon::now();
      (*question)(*branches_, report(now), now);
    } else if (auto stepped = step(std::move(std::get<Event>(item))); !stepped) {
      return stepped;
    }
  }
  // Else one forced write serves what came and what runs. But what came while something ran for long shall not wait
  // until the next one has run for long too.
  if (was_slow_) {
    if (auto ended = end_batch(); !ended) return ended;
  }
  if (auto ran = run_statements(); !ran) return ran;
  if (auto ended = end_batch(); !ended) return ended;
  // A long interactive branch would else do all its changes again for each statement.
  const auto at_hand = store_->branch_at_hand();
  if (at_hand && branches_->may_go_on(*at_hand)) return {};
  return store_->end_executions();
}

Result<void> StoreRunner::end_batch() {
  if (const auto deadline = branches_->next_deadline(); deadline && *deadline <= daemon::now()) {
    if (auto stepped = step(TimePassed{}); !stepped) return stepped;
  }
  if (auto stepped = step(BatchEnded{}); !stepped) return stepped;
  publish_standing();
  if (!output_.empty()) deliver_(StoreOutput{std::exchange(output_, {}), {}});
  return {};
}

// At least one, so that all of them come to an end.
Result<void> StoreRunner::run_statements() {
  auto began = daemon::now();
  const auto until = began + settings_.batch_time;
  was_slow_ = false;
  while (!runs_.empty()) {
    const RunStatements run = std::move(runs_.front());
    runs_.pop_front();
    Execution execution;
    const bool is_awaited = branches_->awaits(run.run);
    if (is_awaited) {
      auto executed = store_->execute({.id = run.id,
                                       .before = *run.before,
                                       .statements = *run.statements,
                                       .level = run.level,
                                       .is_last = run.is_last});
      if (!executed) return executed.error();
      execution = std::move(*executed);
    }
    if (auto stepped = step(
            StatementsRan{run.run, std::make_shared<const std::vector<StatementResult>>(std::move(execution.results)),
                          std::move(execution.failure), std::move(execution.changes), std::move(execution.locks),
                          execution.needs_last_run});
        !stepped) {
      return stepped;
    }
    const auto ended = daemon::now();
    if (is_awaited) counters_.run.add(ended - began);
    began = ended;
    was_slow_ = ended >= until;
    if (was_slow_) break;
  }
  return {};
}

// A branch that is told yes must find room for its commit, so the branches of this batch know before they prepare.
Result<void> StoreRunner::check_health() {
  const bool is_short = store_->is_short_of_space();
  const std::string& foreign_write = store_->foreign_write();
  if (is_short != health_.short_of_space.empty() && foreign_write == health_.foreign_write) return {};
  if (is_short && health_.short_of_space.empty()) logger_->error("event=short_of_space store={}", name_);
  health_ = {.short_of_space = is_short ? "short of space on the disk of store `" + name_ + "`" : "",
             .foreign_write = foreign_write};
  return step(health_);
}

// What follows from an event is stepped before the next one. A journal transaction frees locks, and so lets further
// statements run: those wait for their turn in runs_.
Result<void> StoreRunner::step(Event first) {
  events_.push_back(std::move(first));
  while (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    effects_.clear();
    branches_->step(event, daemon::now(), effects_);
    for (auto& effect : effects_) {
      if (auto performed = perform(effect); !performed) return performed;
    }
  }
  return {};
}

Result<void> StoreRunner::perform(Effect& effect) {
  if (auto* run = std::get_if<RunStatements>(&effect)) {
    if (run->waited) counters_.lock_wait.add(*run->waited);
    runs_.push_back(std::move(*run));
  } else if (const auto* journal = std::get_if<WriteJournal>(&effect)) {
    const auto began = daemon::now();
    const auto position = store_->journal(journal->operations);
    if (!position) return position.error();
    counters_.journal.add(daemon::now() - began);
    counters_.journal_operations.add(journal->operations.size());
    position_ = *position;
    forced(purpose_of(journal->operations));
    events_.emplace_back(JournalDurable{position_});
  } else if (const auto* schema = std::get_if<ApplySchema>(&effect)) {
    return apply_schema(*schema);
  } else if (const auto* transition = std::get_if<Transition>(&effect)) {
    counters_.saw(*transition);
    if (logger_->should_log(spdlog::level::debug)) logger_->debug("store={} {}", name_, to_text(effect));
  } else if (std::holds_alternative<Alarm>(effect)) {
    logger_->error("store={} {}", name_, to_text(effect));
  } else {
    output_.push_back(std::move(effect));
  }
  return {};
}

void StoreRunner::forced(ForcedFor purpose) {
  ++forces_;
  ++counters_.forces[purpose];
  pause_ = settings_.reopen_first;
}

Result<void> StoreRunner::apply_schema(const ApplySchema& schema) {
  auto change = store_->apply_schema(*schema.text);
  if (!change) return change.error();
  if (!change->failure.empty()) {
    logger_->warn("event=schema_not_applied store={} reason={}", name_, daemon::quoted(change->failure));
  } else if (!change->was_applied_before) {
    position_ = change->position;
    forced(ForcedFor::kSchema);
    logger_->info("event=schema_applied store={} version={}", name_, static_cast<std::uint64_t>(change->version));
  }
  events_.emplace_back(SchemaApplied{std::move(*change)});
  return {};
}

void StoreRunner::go_offline(const Error& error) {
  runs_.clear();
  events_.clear();
  output_.clear();
  branches_.reset();
  store_.reset();
  say_offline(error);
  deliver_(StoreOutput{{}, error.message});
}

void StoreRunner::say_offline(const Error& error) {
  logger_->error("event=store_offline store={} error=\"{}\"", name_, error.message);
  const std::lock_guard lock(mutex_);
  offline_ = error.message;
  inbox_.clear();
  recovery_.clear();
}

// A store that opens, and fails at the first thing that it must do, is no better than one that does not open.
bool StoreRunner::reopen() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, pause_, [this] { return stopping_; });
      if (stopping_) return false;
    }
    pause_ = std::min(pause_ * 2, settings_.reopen_ceiling);
    const auto opened = open();
    if (opened) return true;
    logger_->error("event=store_reopen_failed store={} error=\"{}\"", name_, opened.error().message);
    {
      const std::lock_guard lock(mutex_);
      offline_ = opened.error().message;
    }
  }
}

void StoreRunner::publish_standing() {
  const auto& recovered = store_->recovered();
  StoreStanding standing{recovered.identity, recovered.start_number, opening_, position_, branches_->seen()};
  const std::lock_guard lock(mutex_);
  standing_ = std::move(standing);
}

StoreReport StoreRunner::report(Time now) const {
  const auto& recovered = store_->recovered();
  return {recovered.identity,    recovered.start_number, opening_,  position_,
          branches_->counters(), branches_->totals(now), forces_,   health_.foreign_write,
          store_->counters(),    branches_->seen(),      counters_, daemon::thread_cpu_time()};
}

}  // namespace assent::participant
