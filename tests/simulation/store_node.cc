#include "tests/simulation/store_node.h"

#include <algorithm>

#include "tests/simulation/call.h"
#include "tests/simulation/cluster.h"

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

Accounts accounts() {
  Accounts accounts;
  for (AccountId account = 0; account < kAccounts; ++account) accounts[account] = kFirstMoney * kVersions;
  return accounts;
}

}  // namespace

StoreNode::StoreNode(Cluster& cluster, std::string name, StoreIdentity identity)
    : cluster_(cluster), name_(std::move(name)), disk_(identity, accounts(), /*has_rule=*/true) {}

void StoreNode::start() {
  if (core_) return;
  copy_.reset();
  open(disk_);
  cluster_.checker.journaled(name_, disk_.image());
}

bool StoreNode::start_a_copy() {
  // One that the log of every coordinator can tell from the store, after a restart too.
  const auto is_told_apart = [this](const ModelImage& image) {
    return std::all_of(cluster_.coordinators.begin(), cluster_.coordinators.end(), [&](const auto& coordinator) {
      const auto opened_at = static_cast<std::uint64_t>(image.position) + 1;
      return opened_at < static_cast<std::uint64_t>(cluster_.checker.acknowledged(coordinator->log(), name_));
    });
  };
  auto& world = cluster_.world;
  if (world.faults.crash == 0 || old_images_.empty() || !world.chance(0.4)) return false;
  const auto& image = old_images_[world.below(old_images_.size())];
  if (!is_told_apart(image)) return false;
  world.count("old copies served");
  world.say(name_, " is replaced by an old copy");
  copy_ = std::make_unique<ModelDisk>(image);
  open(*copy_);
  return true;
}

void StoreNode::open(ModelDisk& disk) {
  store_ = ModelStore::open(disk).value();
  ++starts_;
  position_ = disk.image().position;
  opening_ = Opening{1 + cluster_.world.below(~0ULL)};
  cluster_.world.say(name_, " starts, start number ", store_->recovered().start_number);
  core_ = std::make_unique<BranchTable>(settings(cluster_.world), store_->recovered(), opening_, cluster_.world.now());
  give_sign_of_life();
  tell(TimePassed{});
}

void StoreNode::crash() {
  if (!core_) return;
  const bool is_kept = cluster_.world.chance(0.5);
  cluster_.world.count("store crashes");
  if (is_journaling_) cluster_.world.count(is_kept ? "journal transactions kept" : "journal transactions lost");
  cluster_.world.say(name_, " crashes",
                     !is_journaling_ ? ""
                     : is_kept       ? "; its journal transaction is kept"
                                     : "; its journal transaction is lost");
  core_.reset();
  store_.reset();
  if (!is_copy()) {
    disk_.crash(is_kept ? ModelDisk::Fate::kKept : ModelDisk::Fate::kLost);
    cluster_.checker.journaled(name_, disk_.image());
  }
  callers_.clear();
  inbox_.clear();
  is_awake_ = is_journaling_ = false;
  is_batch_ended_ = true;
  armed_ = Time::max();
  cluster_.world.after(cluster_.world.between(1ms, 1500ms), [this] {
    if (core_ != nullptr) return;
    if (is_copy() || !start_a_copy()) return start();
    cluster_.world.after(cluster_.world.between(1ms, 1500ms), [this, start = starts_] {
      if (core_ && start == starts_) crash();
    });
  });
}

void StoreNode::tell(Event event) {
  if (!core_) return;
  inbox_.push_back(std::move(event));
  if (is_awake_ || is_journaling_) return;
  is_awake_ = true;
  cluster_.world.after(cluster_.world.between(0us, 500us), [this, start = starts_] {
    if (core_ && start == starts_) work();
  });
}

void StoreNode::work() {
  const auto start = starts_;
  is_awake_ = false;
  while (!is_journaling_ && !(inbox_.empty() && is_batch_ended_)) {
    is_batch_ended_ = inbox_.empty();
    Event event = BatchEnded{};
    if (!inbox_.empty()) {
      event = std::move(inbox_.front());
      inbox_.pop_front();
    }
    step(event);
    if (!core_ || start != starts_) return;
  }
  arm();
}

void StoreNode::step(const Event& event) {
  Effects effects;
  core_->step(event, cluster_.world.now(), effects);
  for (const Effect& effect : effects) {
    if (cluster_.world.strikes()) return crash();
    perform(effect);
  }
  if (cluster_.world.strikes()) crash();
}

void StoreNode::perform(const Effect& effect) {
  auto& world = cluster_.world;
  if (const auto* alarm = std::get_if<Alarm>(&effect)) {
    // The only alarm there is a reason for: an inquiry came to another coordinator.
    if (alarm->text.find("does not know the log") == std::string::npos)
      throw Violation(name_ + " alarms: " + alarm->text);
    return world.count("alarms about another coordinator");
  }
  if (const auto* run = std::get_if<RunStatements>(&effect)) return perform(*run);
  if (const auto* journal = std::get_if<WriteJournal>(&effect)) return perform(*journal);
  if (const auto* inquiry = std::get_if<SendInquiry>(&effect)) return perform(*inquiry);
  if (const auto* transition = std::get_if<Transition>(&effect)) {
    if (transition->cause.reason == AbortReason::kWounded) world.count("branches wounded");
    world.say(name_, ": ", transition->from, " > ", transition->to, ' ', describe(*transition));
  } else if (const auto* wound = std::get_if<SendWound>(&effect)) {
    world.count("prepared holders wounded");
    auto& coordinator = coordinator_of(wound->id.log);
    world.send(name_, coordinator.name(), world.is_transcribed() ? describe(*wound) : "",
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
            caller.mapped()(answer);
          }
        },
        effect);
  }
}

template <typename Answer>
void StoreNode::check(const Answer& answer) const {
  if (is_copy() && (std::is_same_v<Answer, VoteAnswered> || std::is_same_v<Answer, DecisionAnswered>)) {
    throw Violation("K7: an old copy of " + name_ + " takes part: " + describe(answer));
  }
  if constexpr (requires { cluster_.checker.leaves(name_, answer); }) cluster_.checker.leaves(name_, answer);
}

void StoreNode::perform(const RunStatements& run) {
  auto ran = store_
                 ->execute({.id = run.id,
                            .before = *run.before,
                            .statements = *run.statements,
                            .level = run.level,
                            .is_last = run.is_last})
                 .value();
  if (run.statements->empty()) {
    const bool has_failed = ran.failure.reason != AbortReason::kNone;
    cluster_.world.count(has_failed ? "last runs that failed" : "last runs that held");
  }
  inbox_.emplace_front(StatementsRan{run.run, std::make_shared<const std::vector<StatementResult>>(ran.results),
                                     ran.failure, ran.changes, ran.locks, ran.needs_last_run});
}

void StoreNode::perform(const WriteJournal& journal) {
  if (is_journaling_) throw Violation(name_ + " orders a journal transaction before the last one is durable");
  is_journaling_ = true;
  const auto position = store_->journal(journal.operations).value();
  cluster_.world.after(cluster_.world.latency(200us, 2ms), [this, start = starts_, position] {
    if (!core_ || start != starts_) return;
    if (cluster_.world.strikes_at_disk()) return crash();
    is_journaling_ = false;
    (is_copy() ? *copy_ : disk_).forced();
    position_ = position;
    if (!is_copy()) cluster_.checker.journaled(name_, disk_.image());
    inbox_.emplace_front(JournalDurable{position});
    work();
  });
}

void StoreNode::perform(const SendInquiry& inquiry) {
  const auto heard = [this, is_of_copy = is_copy()](const CoordinatorNode::Answer& answer) {
    if (is_copy() != is_of_copy) return;  // another process asked
    if (const auto* told = std::get_if<coordinator::InquiryAnswered>(&answer.effect)) {
      tell(
          InquiryAnswered{answer.view, told->id, told->branch, static_cast<InquiryResult>(told->result), told->commit});
    }
  };
  call(cluster_.world, name_, coordinator_of(inquiry.id.log),
       coordinator::Inquired{{}, name_, inquiry.id, inquiry.branch, inquiry.seen, inquiry.opening}, heard);
}

// Registrations, like all else, overtake each other. What was sent to one start of a coordinator is not heard by the
// next: the connection has ended.
void StoreNode::give_sign_of_life() {
  if (!is_copy() && cluster_.world.chance(0.2) && old_images_.size() < 20) old_images_.push_back(disk_.image());
  for (const auto& each : cluster_.coordinators) {
    auto& coordinator = *each;
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
      if (!told->refused.empty()) {
        if (is_the_store(sign.opening)) throw Violation(name_ + " is refused: " + describe(answer));
        return cluster_.world.count("registrations refused");
      }
      cluster_.world.send(coordinator.name(), name_, "RegistrationAnswered",
                          [this, view = answer.view, is_of_copy = is_copy()] {
                            if (is_copy() == is_of_copy) tell(RegistrationAccepted{view});
                          });
    };
    cluster_.world.send(name_, coordinator.name(), "StoreRegistered",
                        [&coordinator, sign, heard, peer = coordinator.starts()] {
                          if (peer == coordinator.starts()) coordinator.register_store(sign, heard);
                        });
  }
  cluster_.world.after(500ms, [this, start = starts_] {
    if (core_ && start == starts_) give_sign_of_life();
  });
}

void StoreNode::arm() {
  const auto deadline = core_->next_deadline().value_or(Time::max());
  if (deadline == armed_) return;
  armed_ = deadline;
  if (deadline == Time::max()) return;
  cluster_.world.after(deadline - cluster_.world.now(), [this, start = starts_, deadline] {
    if (!core_ || start != starts_ || deadline != armed_) return;
    armed_ = Time::max();
    tell(TimePassed{});
  });
}

CoordinatorNode& StoreNode::coordinator_of(LogIdentity log) {
  auto& all = cluster_.coordinators;
  if (cluster_.world.chance(cluster_.world.faults.loss)) return *all[cluster_.world.below(all.size())];
  for (auto& coordinator : all) {
    if (coordinator->log() == log) return *coordinator;
  }
  throw Violation(name_ + " knows a log that does not exist");
}

}  // namespace assent::simulation
