#include "tests/simulation/coordinator_node.h"

#include <algorithm>

#include "coordinator/log/segment_reader.h"
#include "tests/simulation/call.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/disk_faults.h"
#include "tests/simulation/flipped_bit.h"

namespace assent::simulation {

using namespace coordinator;

namespace {

// More than it has, as a rule: then nothing fails.
constexpr std::uint64_t kOperationsOfAnOpening = 16;

// Short enough that every timer fires often in a run of half a minute.
Settings settings(World& world) {
  Settings settings;
  settings.transaction_timeout = 5s;
  settings.vote_timeout = world.chance(0.3) ? 50ms : 1s;  // in a busy store's queue some prepares are aborted
  settings.lease_use = 3s;
  settings.resend_first = 200ms;
  settings.resend_ceiling = 2s;
  settings.idle_force = 100ms;
  settings.retention = kRetention;
  settings.released_exceptions = world.chance(0.5) ? 1 : 4;
  if (const auto wrong = check(settings)) throw Violation(*wrong);
  return settings;
}

}  // namespace

CoordinatorNode::CoordinatorNode(Cluster& cluster, std::string name, LogIdentity log)
    : cluster_(cluster), name_(std::move(name)), log_identity_(log), clock_(cluster.world) {}

CoordinatorNode::CoordinatorNode(Cluster& cluster, const CoordinatorNode& of, const LogDisk& copy)
    : cluster_(cluster),
      name_(of.name_ + ".copy"),
      log_identity_(of.log_identity_),
      is_copy_(true),
      clock_(cluster.world),
      disk_(copy) {}

void CoordinatorNode::start() {
  if (core_ || restoration_ || !is_served_ || !open_log()) return;
  ++starts_;
  settle_in_doubt(log_->state());
  last_ = log_->state().last;
  out_of_space_.clear();
  cluster_.world.say(name_, " starts, epoch ", static_cast<std::uint64_t>(log_->state().epoch()));
  clock_.restart();
  core_ = std::make_unique<Coordinator>(settings(cluster_.world), log_->state(), name_, clock_.now());
  Effects effects;
  core_->start(clock_.now(), effects);
  perform(effects);
  look_for_room();
}

bool CoordinatorNode::open_log() {
  auto& world = cluster_.world;
  make_usable(world, disk_);
  found_unforced_ = !in_doubt_.empty() && !is_forced();
  if (starts_ > 0 && world.strikes(Incident::kFlippedBit)) flip_a_bit(world, disk_);
  const bool has_errors = starts_ > 0 && world.strikes(Incident::kDiskError);
  const bool dies = starts_ > 0 && world.strikes(Incident::kDiskCrash);
  if (has_errors) fail_soon(world, disk_, kOperationsOfAnOpening, false);
  if (dies) die_soon(world, disk_, kOperationsOfAnOpening);
  const bool may_fail = has_errors || dies || disk_.is_broken();
  auto opened = FileLog::open(disk_.directory(), {.create = starts_ == 0 && !is_copy_,
                                                  .identity = log_identity_,
                                                  .nonce = Nonce{world.below(~0ULL)},
                                                  .segment_bytes = kSegmentBytes});
  if (dies && disk_.has_failed()) {
    world.count("openings of a log cut short");
    opened = Error{ErrorKind::kIo, "the process is gone"};
  }
  end_failing(cluster_.world, disk_);
  if (opened) {
    // One that is not removed, because the disk fails, is gone with the next opening or checkpoint.
    if (!may_fail && list_segments(*disk_.directory()).value().size() != 1) {
      throw Violation("left over: " + name_ + " has not removed the segments of its log that another one replaces");
    }
    log_ = std::move(*opened);
    refuse_a_second();
    return true;
  }
  if (!may_fail && opened.error().kind != ErrorKind::kUnavailable) {
    throw Violation(name_ + " does not open its log: " + opened.error().message);
  }
  world.count("openings of a log that failed");
  if (world.strikes(Incident::kPowerLoss)) lose_power();
  world.after(world.between(1ms, 500ms), [this] { start(); });
  return false;
}

// Another process on the same directory is refused.
void CoordinatorNode::refuse_a_second() {
  const auto second = FileLog::open(disk_.directory(), {.create = false, .identity = {}, .nonce = Nonce{1}});
  if (second || second.error().kind != ErrorKind::kConflict) throw Violation(name_ + " has its log open twice");
  cluster_.world.count("second processes on a log refused");
}

// What was being forced when the process died is on the disk, whole, or it is not.
void CoordinatorNode::settle_in_doubt(const LogState& found) {
  if (is_copy_) return in_doubt_.clear();
  const bool is_kept = cluster_.checker.opened(found, in_doubt_);
  found_unforced_ = found_unforced_ && is_kept;
  const auto commits = [](const LogRecord& record) { return std::holds_alternative<CommitRecord>(record); };
  if (std::any_of(in_doubt_.begin(), in_doubt_.end(), commits)) {
    cluster_.world.count(is_kept ? "commits kept, and nobody told" : "commits lost in a force");
  }
  in_doubt_.clear();
}

std::size_t CoordinatorNode::unanswered_calls() const {
  const auto owed = cluster_.checker.owed();
  return static_cast<std::size_t>(std::count_if(callers_.begin(), callers_.end(), [&](const auto& call) {
    return call.second.when != ReturnWhen::kApplied || !owed.contains(call.second.about);
  }));
}

void CoordinatorNode::crash() {
  if (!core_) return;
  cluster_.world.say(name_, " crashes", in_flight_.empty() ? "" : " while it forces");
  if (!is_copy_ && !is_replaced_) count_its_death();
  if (!in_flight_.empty() && !is_replaced_) die_within_append();
  core_.reset();
  log_.reset();
  end_failing(cluster_.world, disk_);
  if (is_replaced_) {
    is_served_ = false;
    return;
  }
  if (cluster_.world.strikes(Incident::kPowerLoss)) lose_power();
  callers_.clear();
  leases_.clear();
  states_.clear();
  appended_.clear();
  in_flight_.clear();
  wants_force_ = is_looking_for_room_ = false;
  armed_ = Time::max();
  if (loses_its_log()) return;
  start_soon();
}

void CoordinatorNode::count_its_death() const {
  auto& world = cluster_.world;
  world.count("coordinator crashes");
  for (const auto& [id, state] : states_) world.count("coordinator died: " + std::string(state));
  for (const auto& [name, store] : cluster_.stores) {
    const auto& branches = store->states();
    const bool is_active = std::any_of(branches.begin(), branches.end(), [this](const auto& branch) {
      return branch.second == "active" && branch.first.log == log_identity_ && !states_.contains(branch.first);
    });
    if (is_active) world.count("coordinator died: active");
  }
  const auto ends = [](const LogRecord& record) { return std::holds_alternative<EndRecord>(record); };
  if (std::any_of(in_flight_.begin(), in_flight_.end(), ends)) world.count("coordinator died: end unforced");
  const auto commits = [](const LogRecord& record) { return std::holds_alternative<CommitRecord>(record); };
  if (std::any_of(appended_.begin(), appended_.end(), commits))
    world.count("coordinator died: commit not being forced");
  // Its messages are on their way, at most.
  if (aborted_ && world.now() - *aborted_ < 5ms) world.count("coordinator died: just aborted");
}

void CoordinatorNode::count_what_meets(const Event& event) const {
  const auto is_late = [this](const auto* request) { return request != nullptr && presumed_.contains(request->id); };
  if (is_late(std::get_if<SubmitRequested>(&event)) || is_late(std::get_if<CommitRequested>(&event))) {
    cluster_.world.count("requests for what was called aborted before it began");
  }
}

void CoordinatorNode::start_soon() {
  cluster_.world.after(cluster_.world.between(1ms, 1500ms), [this] { start(); });
}

void CoordinatorNode::black_out() {
  crash();
  lose_power();
}

// Something else needs all of its room for a while.
void CoordinatorNode::fill_disk(Duration length) {
  cluster_.world.count("disks that were full");
  cluster_.world.say(name_, ": the disk is full");
  disk_.set_full(true);
  cluster_.world.after(length, [this] { disk_.set_full(false); });
}

void CoordinatorNode::drain() {
  if (!core_) return;
  cluster_.world.say(name_, " is to finish");
  tell(DrainRequested{});
  later(cluster_.world.long_while(), [this] { crash(); });
}

void CoordinatorNode::tell(const Event& event) {
  if (!core_) return;
  if (clock_.is_paused()) return later({}, [this, event] { tell(event); });
  if (cluster_.world.is_transcribed()) cluster_.world.say(name_, " <- ", describe(event));
  count_what_meets(event);
  Effects effects;
  core_->step(event, clock_.now(), effects);
  perform(effects);
}

void CoordinatorNode::later(Duration delay, std::function<void()> action) {
  clock_.after(delay, [this, start = starts_, action = std::move(action)] {
    if (core_ && start == starts_) action();
  });
}

void CoordinatorNode::register_store(const StoreRegistered& sign, const std::function<void(const Answer&)>& answer) {
  if (clock_.is_paused()) return later({}, [this, sign, answer] { register_store(sign, answer); });
  may_alarm_ = is_copy_ || !cluster_.stores.at(sign.store)->is_the_store(sign.opening);
  ask(sign, answer);
  may_alarm_ = false;
}

void CoordinatorNode::perform(const Effects& effects) {
  const auto start = starts_;
  for (const Effect& effect : effects) {
    if (cluster_.world.strikes(Incident::kCrash)) return crash();
    perform(effect);
    if (!core_ || start != starts_) return;
  }
  if (cluster_.world.strikes(Incident::kCrash)) return crash();
  arm();
}

void CoordinatorNode::perform(const Effect& effect) {
  auto& world = cluster_.world;
  if (is_copy_) check_copy(effect);
  if (const auto* alarm = std::get_if<Alarm>(&effect)) {
    if (alarm->text.find("heuristic-mixed") != std::string::npos) {
      return cluster_.checker.is_told_of_contradiction(name_, alarm->text);
    }
    if (!may_alarm_) throw Violation(name_ + " alarms: " + alarm->text);
    return world.count("alarms about openings that are not the store");
  }
  if (const auto* halt = std::get_if<Halt>(&effect)) {
    world.say(name_, " halts: ", halt->reason);
    if (is_copy_) {
      world.count("old copies of logs that a store contradicted");
      return crash();
    }
    if (is_replaced_ && halt->reason.find("taken its place") != std::string::npos) {
      world.count("replaced coordinators that were fenced off");
      return crash();
    }
    const auto& stores = cluster_.stores;
    const auto by = std::find_if(stores.begin(), stores.end(), [&](const auto& store) {
      return halt->reason.starts_with("store `" + store.first + '`');
    });
    if (by == stores.end() || has_heard(by->first)) throw Violation(name_ + " halts: " + halt->reason);
    return is_contradicted(*by->second);
  }
  if (const auto* transition = std::get_if<Transition>(&effect)) {
    if (transition->cause.reason != AbortReason::kNone) world.count(to_string(transition->cause.reason));
    if (transition->to == "preparing") check_begins(transition->id);
    states_[transition->id] = transition->to;
    if (transition->to == "ended" || transition->to == "aborted") states_.erase(transition->id);
    if (transition->to == "aborted") aborted_ = world.now();
    world.count("coordinator: " + std::string(transition->from) + " > " + std::string(transition->to));
    if (!world.is_transcribed()) return;
    world.say(name_, ": ", transition->from, " > ", transition->to, ' ', describe(*transition));
  } else if (const auto* append = std::get_if<AppendRecord>(&effect)) {
    if (world.is_transcribed()) {
      world.say(name_, ": append ", static_cast<std::uint64_t>(append->position), ' ', describe(append->record));
    }
    last_ = append->position;
    appended_.push_back(append->record);
  } else if (std::holds_alternative<ForceLog>(effect)) {
    wants_force_ = true;
    force();
  } else if (const auto* whole = std::get_if<SendExecuteAndPrepare>(&effect)) {
    ask_for_vote(whole->store,
                 participant::ExecuteAndPrepareRequested{{},
                                                         whole->opening,
                                                         core_->line_view(),
                                                         whole->id,
                                                         whole->begin_stamp,
                                                         whole->statements,
                                                         whole->timeout,
                                                         whole->stores,
                                                         whole->level},
                 whole->timeout);
  } else if (const auto* prepare = std::get_if<SendPrepare>(&effect)) {
    ask_for_vote(prepare->store,
                 participant::PrepareRequested{{},
                                               prepare->opening,
                                               core_->line_view(),
                                               prepare->id,
                                               prepare->branch,
                                               prepare->statement_count,
                                               prepare->stores},
                 prepare->timeout);
  } else if (const auto* decision = std::get_if<SendDecision>(&effect)) {
    perform(*decision);
  } else {
    std::visit(
        [&](const auto& answer) {
          if constexpr (requires { answer.call; }) {
            const auto caller = callers_.extract(answer.call);
            if (!caller) throw Violation(name_ + " answers a call twice: " + describe(answer));
            if (!is_copy_) cluster_.checker.leaves(core_->full_view());
            if constexpr (std::is_same_v<decltype(answer), const InquiryAnswered&>) {
              cluster_.checker.leaves(caller.mapped().name, answer);
            } else if constexpr (std::is_same_v<decltype(answer), const OutcomeAnswered&>) {
              if (answer.cause.reason == AbortReason::kPresumed) presumed_.insert(answer.id);
              cluster_.checker.leaves(answer, caller.mapped().when == ReturnWhen::kApplied, is_copy_);
            } else if constexpr (std::is_same_v<decltype(answer), const LeaseGranted&>) {
              is_leased(answer);
            } else if constexpr (std::is_same_v<decltype(answer), const RegistrationAnswered&>) {
              is_registered(answer);
            }
            caller.mapped().answer({answer, core_->full_view()});
          }
        },
        effect);
  }
}

void CoordinatorNode::is_registered(const RegistrationAnswered& answer) {
  const bool has_agreed = answer.refused.empty() && !cluster_.stores.at(answer.store)->is_lost();
  if (has_agreed && !witnesses_.empty()) witnesses_.insert(answer.store);
}

void CoordinatorNode::is_leased(const LeaseGranted& lease) {
  leases_[lease.first] = {lease.count, clock_.now() + lease.use_for + lease.transaction_timeout};
}

// Nothing begins on a lease that has passed, however late the process learns the time.
void CoordinatorNode::check_begins(const TransactionId& id) const {
  auto lease = leases_.upper_bound(id);
  const bool is_leased = lease != leases_.begin() && (--lease, true) && id.epoch == lease->first.epoch &&
                         id.number - lease->first.number < lease->second.count;
  if (is_leased && lease->second.ends > clock_.now()) return;
  throw Violation("R4: transaction " + describe(id) + " begins " +
                  (is_leased ? "on a lease that has passed" : "without a lease"));
}

template <typename Request>
void CoordinatorNode::ask_for_vote(const std::string& store, const Request& request, Duration timeout) {
  auto& world = cluster_.world;
  cluster_.checker.leaves(core_->line_view());
  const auto is_answered = std::make_shared<bool>(false);
  const auto is_same = [this, start = starts_] { return core_ && start == starts_; };
  const auto on_answer = [this, store, is_same, is_answered, id = request.id](const participant::Effect& effect) {
    if (!is_same()) return;
    *is_answered = true;
    if (const auto* refused = std::get_if<participant::CallRefused>(&effect)) {
      if (refused->kind == participant::RefusalKind::kFenced) return tell(Fenced{store, refused->message});
      return tell(VoteLost{store, id, refused->message});
    }
    const auto& vote = std::get<participant::VoteAnswered>(effect);
    if (vote.already_committed) return tell(AlreadyCommitted{store, id, vote.branch});
    tell(VoteReceived{store, id, vote.branch, vote.vote, vote.cause, vote.results});
  };
  call(world, name_, *cluster_.stores.at(store), request, on_answer);
  // A process that is gone, or a connection that breaks, is noticed at once, a lost message when the call times out.
  const bool is_noticed = !cluster_.stores.at(store)->is_up() || world.strikes(Incident::kLoss);
  later(is_noticed ? Duration{10ms} : timeout, [this, store, is_answered, id = request.id] {
    if (!*is_answered) tell(VoteLost{store, id, "no answer"});
  });
}

void CoordinatorNode::perform(const SendDecision& decision) {
  cluster_.checker.leaves(core_->view());
  cluster_.checker.leaves(decision);
  const auto on_answer = [this, decision, start = starts_](const participant::Effect& effect) {
    if (!core_ || start != starts_) return;
    if (const auto* refused = std::get_if<participant::CallRefused>(&effect)) {
      if (refused->kind == participant::RefusalKind::kFenced) tell(Fenced{decision.store, refused->message});
      return;
    }
    const auto& answer = std::get<participant::DecisionAnswered>(effect);
    tell(Acknowledged{decision.store, decision.id, decision.branch, decision.decision,
                      static_cast<AcknowledgementKind>(answer.kind), answer.position, answer.detail});
  };
  call(cluster_.world, name_, *cluster_.stores.at(decision.store),
       participant::DecisionReceived{{},
                                     decision.opening,
                                     std::make_shared<const CoordinatorView>(core_->view()),
                                     decision.id,
                                     decision.branch,
                                     decision.decision,
                                     decision.commit},
       on_answer);
}

void CoordinatorNode::arm() {
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

}  // namespace assent::simulation
