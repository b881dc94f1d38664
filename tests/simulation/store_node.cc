#include "tests/simulation/store_node.h"

#include <algorithm>

#include "tests/simulation/call.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/disk_faults.h"
#include "tests/simulation/flipped_bit.h"

namespace assent::simulation {

using namespace participant;

namespace {

Settings settings(World& world) {
  Settings settings;
  if (world.chance(0.5)) settings.remembered_ends = 0;  // nothing that must be right may depend on it
  settings.transaction_timeout = 5s;
  settings.statement_timeout = 2s;
  settings.lock_wait = 2s;
  settings.inquiry_first = 300ms;
  settings.inquiry_ceiling = 2s;
  settings.idle_journal = 100ms;
  if (const auto wrong = check(settings)) throw Violation(*wrong);
  return settings;
}

// More than either has, as a rule: then nothing fails.
constexpr std::uint64_t kOperationsOfAJournal = 16;
constexpr std::uint64_t kOperationsOfASchema = 30;
constexpr std::uint64_t kOperationsOfAnError = 30;

template <typename Answer>
constexpr bool takes_part() {
  using Plain = std::remove_cvref_t<Answer>;
  return std::is_same_v<Plain, VoteAnswered> || std::is_same_v<Plain, DecisionAnswered>;
}

Accounts accounts() {
  Accounts accounts;
  for (AccountId account = 0; account < kAccounts; ++account) accounts[account] = kFirstMoney * kVersions;
  return accounts;
}

}  // namespace

StoreNode::StoreNode(Cluster& cluster, std::string name, StoreIdentity identity)
    : cluster_(cluster),
      name_(std::move(name)),
      clock_(cluster.world),
      disk_(identity, accounts(), cluster.world.chance(0.5)) {}

void StoreNode::start() {
  if (core_ || is_lost_) return;
  copy_.reset();
  if (open(disk_)) return;
  cluster_.world.after(cluster_.world.between(1ms, 500ms), [this] { start(); });
}

bool StoreNode::open(StoreDisk& disk) {
  auto& world = cluster_.world;
  make_usable(world, disk.disk());
  const bool has_errors = starts_ > 0 && world.strikes(Incident::kDiskError);
  const bool dies = starts_ > 0 && world.strikes(Incident::kDiskCrash);
  if (has_errors) fail_soon(world, disk.disk(), kOperationsOfAnError, world.chance(0.5));
  if (dies) die_soon(world, disk.disk(), kOperationsOfAnError);
  const bool may_fail = has_errors || dies || disk.disk().is_full() || disk.disk().is_broken();
  auto opened = disk.open();
  if (dies && disk.disk().has_failed()) {
    world.count("openings of a store cut short");
    opened = Error{ErrorKind::kIo, "the process is gone"};
  }
  end_failing(cluster_.world, disk.disk());
  if (!opened) {
    if (!may_fail) throw Violation(name_ + " does not open: " + opened.error().message);
    world.count("openings of a store that failed");
    world.say(name_, " does not open");
    was_journaling_ = false;  // what is found next may be of this opening
    if (world.strikes(Incident::kPowerLoss)) lose_power(disk.disk());
    return false;
  }
  store_ = std::move(*opened);
  ++starts_;
  position_ = store_->recovered().position;
  opening_ = Opening{1 + world.below(~0ULL)};
  world.say(name_, " starts, start number ", store_->recovered().start_number);
  clock_.restart();
  core_ = std::make_unique<BranchTable>(settings(world), store_->recovered(), opening_, clock_.now());
  know_what_is_recovered();
  if (!is_copy()) {
    if (std::exchange(was_journaling_, false)) {
      const bool is_kept = position_ > position_when_it_died_;
      world.count(is_kept ? "journal transactions kept" : "journal transactions lost");
    }
    cluster_.checker.journaled(name_, disk_.read());
  }
  refuse_a_second(disk);
  if (!is_copy() && world.strikes(Incident::kFlippedBit)) keep(flip_a_bit(world, disk_));
  give_sign_of_life();
  tell(TimePassed{});
  return true;
}

void StoreNode::crash() {
  auto& world = cluster_.world;
  world.count("store crashes");
  const auto pause = world.between(1ms, 1500ms);
  for (const auto& [name, store] : cluster_.stores) {
    if (process_of(name) == process_of(name_)) store->die(pause);
  }
}

void StoreNode::black_out() {
  die(cluster_.world.between(1ms, 1500ms));
  lose_power(at_hand().disk());
}

void StoreNode::die(Duration until_start) {
  if (!core_) return;
  auto& world = cluster_.world;
  world.say(name_, " crashes", writing_ ? " while it writes" : "");
  if (!is_copy()) count_its_death();
  Disk& disk = at_hand().disk();
  if (writing_) {
    was_journaling_ = !is_copy();
    position_when_it_died_ = position_;
    const bool is_schema = std::holds_alternative<ApplySchema>(*writing_);
    die_soon(world, disk, is_schema ? kOperationsOfASchema : kOperationsOfAJournal);
    const bool is_done = write().has_value();
    if (is_done && disk.has_failed()) world.count("store died: checkpoint");
    if (is_schema && disk.has_failed()) world.count("store died: schema");
  }
  disk.fail(1, Fault::kNothingDone, true);  // nobody is left to do anything
  close();
  end_failing(world, disk);
  if (world.strikes(Incident::kPowerLoss)) lose_power(disk);
  world.after(until_start, [this] {
    if (core_ != nullptr || is_lost_) return;
    if (is_copy() || !start_a_copy()) return start();
    later(cluster_.world.between(1ms, 1500ms), [this] { die(1ms); });
  });
}

void StoreNode::later(Duration delay, std::function<void()> action) {
  clock_.after(delay, [this, start = starts_, action = std::move(action)] {
    if (core_ && start == starts_) action();
  });
}

// The disk has failed: nobody is answered, and the disk is read again.
void StoreNode::go_offline(const Error& error) {
  auto& world = cluster_.world;
  const bool may_be_corrupt = is_copy() && has_flipped_bit_;
  if (error.kind != ErrorKind::kIo && !(may_be_corrupt && error.kind == ErrorKind::kCorrupt)) {
    throw Violation(name_ + " fails otherwise than its disk: " + error.message);
  }
  world.count("stores that went offline");
  world.say(name_, " goes offline");
  was_journaling_ = writing_.has_value() && !is_copy();
  position_when_it_died_ = position_;
  Disk& disk = at_hand().disk();
  if (!is_copy() && world.chance(0.5)) break_for_a_while(world, disk);
  close();
  end_failing(cluster_.world, disk);
  world.after(world.between(1ms, 500ms), [this] {
    if (core_ == nullptr) start();
  });
}

void StoreNode::close() {
  at_hand().stop_reading();
  core_.reset();
  store_.reset();
  callers_.clear();
  inbox_.clear();
  runs_.clear();
  is_running_ = was_slow_ = false;
  writing_.reset();
  is_short_of_space_ = false;
  states_.clear();
  last_no_.reset();
  is_awake_ = false;
  is_batch_ended_ = true;
  armed_ = Time::max();
}

void StoreNode::lose_power(Disk& disk) {
  cluster_.world.count("power failures of stores");
  simulation::lose_power(cluster_.world, disk);
}

void StoreNode::tell(Event event) {
  if (!core_) return;
  inbox_.push_back(std::move(event));
  if (is_awake_ || is_busy()) return;
  is_awake_ = true;
  // Now and then it wakes late, and finds much at once.
  auto& world = cluster_.world;
  const bool is_late = world.faults[Incident::kDelay] > 0 && world.chance(0.05);
  later(world.between(0us, is_late ? 20ms : 500us), [this] { work(); });
}

// As the StoreRunner: what came while something ran for long waits for no other run.
void StoreNode::work() {
  const auto start = starts_;
  is_awake_ = false;
  if (!is_busy()) look_for_room();
  while (!is_busy() && !(inbox_.empty() && runs_.empty() && is_batch_ended_)) {
    if (!inbox_.empty()) {
      is_batch_ended_ = false;
      const Event event = std::move(inbox_.front());
      inbox_.pop_front();
      step(event);
    } else if (runs_.empty() || std::exchange(was_slow_, false)) {
      end_batch();
    } else {
      run_next();
    }
    if (!core_ || start != starts_) return;
  }
  if (is_running_) return;
  const auto at_hand = store_->branch_at_hand();
  if (!at_hand || !core_->may_go_on(*at_hand)) {
    if (const auto ended = store_->end_executions(); !ended) return go_offline(ended.error());
  }
  arm();
}

// What a store may promise, the branches know before they prepare.
void StoreNode::look_for_room() {
  const bool is_short = store_->is_short_of_space();
  if (std::exchange(is_short_of_space_, is_short) == is_short) return;
  cluster_.world.count(is_short ? "stores short of space" : "stores with room again");
  inbox_.emplace_front(HealthChanged{is_short ? "short of space" : "", {}});
}

void StoreNode::end_batch() {
  const auto start = starts_;
  const auto deadline = core_->next_deadline();
  if (deadline && *deadline <= clock_.now()) step(TimePassed{});
  if (!core_ || start != starts_) return;
  is_batch_ended_ = true;
  step(BatchEnded{});
}

void StoreNode::run_next() {
  auto& world = cluster_.world;
  const RunStatements run = std::move(runs_.front());
  runs_.pop_front();
  is_batch_ended_ = false;
  if (!core_->awaits(run.run)) {
    world.count("runs that nobody awaited any more");
    return step(StatementsRan{run.run, {}, {}, {}, {}, {}});
  }
  if (!world.strikes(Incident::kDelay)) return execute(run);
  world.count("runs that took long");
  if (world.is_transcribed()) world.say(name_, " runs statements of ", describe(run.id), " for long");
  is_running_ = true;
  later(world.long_while(), [this, run, start = starts_] {
    is_running_ = false;
    execute(run);
    if (core_ && start == starts_) end_batch();
    if (!core_ || start != starts_) return;
    was_slow_ = true;
    work();
  });
}

void StoreNode::step(const Event& event) {
  const auto start = starts_;
  if (cluster_.world.is_transcribed()) cluster_.world.say(name_, " <- ", describe(event));
  count_what_meets(event);
  Effects effects;
  core_->step(event, clock_.now(), effects);
  count_what_follows(event, effects);
  for (const Effect& effect : effects) {
    if (cluster_.world.strikes(Incident::kCrash)) return crash();
    perform(effect);
    if (!core_ || start != starts_) return;
  }
  if (cluster_.world.strikes(Incident::kCrash)) crash();
}

void StoreNode::perform(const Effect& effect) {
  auto& world = cluster_.world;
  if (const auto* alarm = std::get_if<Alarm>(&effect)) {
    const auto tells = [&](std::string_view what) { return alarm->text.find(what) != std::string::npos; };
    // An inquiry came to another coordinator.
    if (tells("does not know the log")) return world.count("alarms about another coordinator");
    if (tells("the stores disagree")) return cluster_.checker.is_told_of_contradiction(name_, alarm->text);
    throw Violation(name_ + " alarms: " + alarm->text);
  }
  if (const auto* run = std::get_if<RunStatements>(&effect)) return runs_.push_back(*run);
  if (const auto* journal = std::get_if<WriteJournal>(&effect)) return begin_to_write(*journal);
  if (const auto* schema = std::get_if<ApplySchema>(&effect)) return begin_to_write(*schema);
  if (const auto* inquiry = std::get_if<SendInquiry>(&effect)) return perform(*inquiry);
  if (const auto* transition = std::get_if<Transition>(&effect)) {
    if (transition->cause.reason == AbortReason::kWounded) world.count("branches wounded");
    if (transition->cause.reason == AbortReason::kTransactionTimeout) world.count("branches that nobody ended");
    if (transition->to == "preparing" && is_short_of_space_) {
      throw Violation("P17: " + name_ + " prepares " + describe(transition->id) + ", and has no room to commit it");
    }
    states_[transition->id] = transition->to;
    if (transition->to == "none") states_.erase(transition->id);
    world.count("store: " + std::string(transition->from) + " > " + std::string(transition->to));
    if (!world.is_transcribed()) return;
    world.say(name_, ": ", transition->from, " > ", transition->to, ' ', describe(*transition));
  } else if (const auto* wound = std::get_if<SendWound>(&effect)) {
    world.count("prepared holders wounded");
    auto& coordinator = coordinator_of(wound->id.log);
    world.send(
        name_, coordinator.name(), [wound] { return describe(*wound); },
        [&coordinator, asked = coordinator::WoundRequested{name_, wound->id, wound->opening}] {
          coordinator.tell(asked);
        });
  } else {
    std::visit(
        [&](const auto& answer) {
          if constexpr (requires { answer.call; }) {
            check(answer);
            const auto caller = callers_.extract(answer.call);
            if (!caller) throw Violation(name_ + " answers a call twice: " + describe(answer));
            if constexpr (std::is_same_v<decltype(answer), const VoteAnswered&>) {
              if (answer.vote == Vote::kNo) last_no_ = world.now();
              cluster_.checker.votes(name_, caller.mapped().about, answer);
            }
            if (takes_part<decltype(answer)>() && caller.mapped().line) {
              cluster_.checker.answers(name_, *caller.mapped().line);
            }
            caller.mapped().answer(answer);
          }
        },
        effect);
  }
}

template <typename Answer>
void StoreNode::check(const Answer& answer) const {
  constexpr bool kTakesPart = takes_part<Answer>();
  if (is_copy() && kTakesPart) throw Violation("R7: an old copy of " + name_ + " takes part: " + describe(answer));
  if (is_lost_ && kTakesPart) throw Violation("R11: " + name_ + " was given up, and takes part: " + describe(answer));
  if constexpr (requires { cluster_.checker.leaves(name_, answer); }) cluster_.checker.leaves(name_, answer);
}

void StoreNode::execute(const RunStatements& run) {
  const bool may_fail = cluster_.world.strikes(Incident::kDiskError);
  if (may_fail) fail_soon(cluster_.world, at_hand().disk(), kOperationsOfAnError, cluster_.world.chance(0.5));
  auto ran = store_->execute(
      {.id = run.id, .before = *run.before, .statements = *run.statements, .level = run.level, .is_last = run.is_last});
  if (!ran) return go_offline(ran.error());
  end_failing(cluster_.world, at_hand().disk());
  if (run.statements->empty()) {
    const bool has_failed = ran->failure.reason != AbortReason::kNone;
    cluster_.world.count(has_failed ? "last runs that failed" : "last runs that held");
  }
  step(StatementsRan{run.run, std::make_shared<const std::vector<StatementResult>>(std::move(ran->results)),
                     ran->failure, ran->changes, ran->locks, ran->needs_last_run});
}

void StoreNode::begin_to_write(Write write) {
  if (writing_) throw Violation(name_ + " orders a write before the last one is durable");
  writing_ = std::move(write);
  later(cluster_.world.latency(200us, 2ms), [this, start = starts_] {
    // A schema is a long write.
    for (int part = std::holds_alternative<ApplySchema>(*writing_) ? 10 : 1; part > 0; --part) {
      if (cluster_.world.strikes(Incident::kDiskCrash)) return crash();
    }
    if (cluster_.world.strikes(Incident::kDiskError))
      fail_soon(cluster_.world, at_hand().disk(), kOperationsOfAnError, cluster_.world.chance(0.5));
    const auto done = this->write();
    if (!done) return go_offline(done.error());
    end_failing(cluster_.world, at_hand().disk());
    writing_.reset();
    if (!at_hand().is_durable()) throw Violation("R3: " + name_ + " has not forced what it wrote");
    if (!is_copy()) cluster_.checker.journaled(name_, disk_.read());
    step(*done);
    if (core_ && start == starts_) work();
  });
}

Result<Event> StoreNode::write() {
  if (const auto* schema = std::get_if<ApplySchema>(&*writing_)) {
    auto change = store_->apply_schema(*schema->text);
    if (!change) return change.error();
    if (change->position != StorePosition{}) position_ = change->position;
    return Event(SchemaApplied{std::move(*change)});
  }
  const auto position = store_->journal(std::get<WriteJournal>(*writing_).operations);
  if (!position) return position.error();
  position_ = *position;
  return Event(JournalDurable{*position});
}

void StoreNode::perform(const SendInquiry& inquiry) {
  const auto heard = [this, is_of_copy = is_copy()](const CoordinatorNode::Answer& answer) {
    if (is_copy() != is_of_copy) return;  // another process asked
    if (const auto* told = std::get_if<coordinator::InquiryAnswered>(&answer.effect)) {
      tell(InquiryAnswered{std::make_shared<const CoordinatorView>(answer.view), told->id, told->branch,
                           static_cast<InquiryResult>(told->result), told->commit});
    }
  };
  call(cluster_.world, name_, coordinator_of(inquiry.id.log),
       coordinator::Inquired{{}, name_, inquiry.id, inquiry.branch, inquiry.seen, inquiry.opening}, heard);
}

// Registrations, like all else, overtake each other. What was sent to one start of a coordinator is not heard by the
// next: the connection has ended.
void StoreNode::give_sign_of_life() {
  const bool may_be_copied = !is_copy() && cluster_.world.faults[Incident::kOldCopy] > 0;
  if (may_be_copied && cluster_.world.chance(0.2)) {
    keep(OldCopy{.files = disk_.disk(), .position = position_});
  }
  for (const auto& each : cluster_.coordinators) {
    auto& coordinator = cluster_.reached(*each);
    const coordinator::StoreRegistered sign{{},
                                            name_,
                                            store_->recovered().identity,
                                            name_,
                                            position_,
                                            core_->seen(coordinator.log()),
                                            store_->recovered().start_number,
                                            opening_};
    const auto heard = [this, &coordinator, sign](const CoordinatorNode::Answer& answer) {
      const auto* told = std::get_if<coordinator::RegistrationAnswered>(&answer.effect);
      if (told == nullptr) throw Violation(name_ + " is not answered: " + describe(answer));
      check_registration(sign.opening, told->refused);
      if (!told->refused.empty()) {
        // Who has seen nothing of a log must wait until another store has shown that it is the newest.
        const bool must_wait = !coordinator.core().is_proven() && sign.seen.epoch == Epoch{};
        if (is_the_store(sign.opening) && !must_wait) throw Violation(name_ + " is refused: " + describe(answer));
        return cluster_.world.count("registrations refused");
      }
      if (is_lost_ && !coordinator.has_heard(name_)) {
        throw Violation("R11: " + name_ + " was given up, and is taken in by " + coordinator.name());
      }
      cluster_.world.send(
          coordinator.name(), name_, [] { return "RegistrationAnswered"; },
          [this, view = answer.view, is_of_copy = is_copy()] {
            if (is_copy() == is_of_copy) tell(RegistrationAccepted{view});
          });
    };
    cluster_.world.send(
        name_, coordinator.name(), [] { return "StoreRegistered"; },
        [&coordinator, sign, heard, peer = coordinator.starts()] {
          if (peer == coordinator.starts()) coordinator.register_store(sign, heard);
        });
  }
  later(500ms, [this] { give_sign_of_life(); });
}

void StoreNode::arm() {
  const auto deadline = core_->next_deadline().value_or(Time::max());
  if (deadline == armed_) return;
  armed_ = deadline;
  if (deadline == Time::max()) return;
  later(clock_.until(deadline), [this, deadline] {
    if (deadline != armed_) return;
    armed_ = Time::max();
    tell(TimePassed{});
  });
}

CoordinatorNode& StoreNode::coordinator_of(LogIdentity log) {
  auto& all = cluster_.coordinators;
  if (cluster_.world.chance(cluster_.world.faults[Incident::kLoss])) {
    return cluster_.reached(*all[cluster_.world.below(all.size())]);
  }
  if (const auto* const coordinator = cluster_.coordinator_of(log)) return cluster_.reached(*coordinator);
  throw Violation(name_ + " knows a log that does not exist");
}

}  // namespace assent::simulation
