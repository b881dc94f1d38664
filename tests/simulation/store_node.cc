#include "tests/simulation/store_node.h"

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

std::map<AccountId, Balance> accounts() {
  std::map<AccountId, Balance> accounts;
  for (AccountId account = 0; account < kAccounts; ++account) accounts[account] = kFirstMoney * kVersions;
  return accounts;
}

}  // namespace

StoreNode::StoreNode(Cluster& cluster, std::string name, StoreIdentity identity)
    : cluster_(cluster), name_(std::move(name)), disk_(identity, accounts()) {}

void StoreNode::start() {
  if (core_) return;
  store_ = ModelStore::open(disk_).value();
  ++starts_;
  position_ = disk_.image().position;
  cluster_.checker.journaled(name_, disk_.image());
  cluster_.world.say(name_, " starts, start number ", store_->recovered().start_number);
  core_ = std::make_unique<BranchTable>(settings(cluster_.world), store_->recovered(), cluster_.world.now());
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
  disk_.crash(is_kept ? ModelDisk::Fate::kKept : ModelDisk::Fate::kLost);
  cluster_.checker.journaled(name_, disk_.image());
  callers_.clear();
  inbox_.clear();
  is_awake_ = is_journaling_ = false;
  is_batch_ended_ = true;
  armed_ = Time::max();
  cluster_.world.after(cluster_.world.between(1ms, 1500ms), [this] { start(); });
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
               [&coordinator, asked = coordinator::WoundRequested{name_, wound->id}] { coordinator.tell(asked); });
  } else {
    std::visit(
        [&](const auto& answer) {
          if constexpr (requires { answer.call; }) {
            if constexpr (requires { cluster_.checker.leaves(name_, answer); }) cluster_.checker.leaves(name_, answer);
            const auto caller = callers_.extract(answer.call);
            if (!caller) throw Violation(name_ + " answers a call twice: " + describe(answer));
            caller.mapped()(answer);
          }
        },
        effect);
  }
}

void StoreNode::perform(const RunStatements& run) {
  auto ran = store_->execute(*run.before, *run.statements).value();
  inbox_.emplace_front(StatementsRan{run.run, std::make_shared<const std::vector<StatementResult>>(ran.results),
                                     ran.failure, ran.changes, ran.locks});
}

void StoreNode::perform(const WriteJournal& journal) {
  if (is_journaling_) throw Violation(name_ + " orders a journal transaction before the last one is durable");
  is_journaling_ = true;
  const auto position = store_->journal(journal.operations).value();
  cluster_.world.after(cluster_.world.latency(200us, 2ms), [this, start = starts_, position] {
    if (!core_ || start != starts_) return;
    if (cluster_.world.strikes_at_disk()) return crash();
    is_journaling_ = false;
    disk_.forced();
    position_ = position;
    cluster_.checker.journaled(name_, disk_.image());
    inbox_.emplace_front(JournalDurable{position});
    work();
  });
}

void StoreNode::perform(const SendInquiry& inquiry) {
  const auto heard = [this](const CoordinatorNode::Answer& answer) {
    if (const auto* told = std::get_if<coordinator::InquiryAnswered>(&answer.effect)) {
      tell(
          InquiryAnswered{answer.view, told->id, told->branch, static_cast<InquiryResult>(told->result), told->commit});
    }
  };
  call(cluster_.world, name_, coordinator_of(inquiry.id.log),
       coordinator::Inquired{{}, name_, inquiry.id, inquiry.branch, inquiry.seen}, heard);
}

// There is one registration at a time: the connection of one that is not answered in time is closed, and what it
// carried is lost. Everything else may overtake it.
void StoreNode::give_sign_of_life() {
  ++signs_;
  for (const auto& each : cluster_.coordinators) {
    auto& coordinator = *each;
    const coordinator::StoreRegistered sign{{},
                                            name_,
                                            disk_.image().identity,
                                            name_,
                                            position_,
                                            core_->seen(coordinator.log()),
                                            store_->recovered().start_number};
    const auto heard = [this, &coordinator](const CoordinatorNode::Answer& answer) {
      const auto* told = std::get_if<coordinator::RegistrationAnswered>(&answer.effect);
      if (told == nullptr || !told->refused.empty()) throw Violation(name_ + " is refused: " + describe(answer));
      cluster_.world.send(coordinator.name(), name_, "RegistrationAnswered",
                          [this, view = answer.view] { tell(CoordinatorHeard{view}); });
    };
    cluster_.world.send(name_, coordinator.name(), "StoreRegistered",
                        [this, &coordinator, sign, heard, number = signs_, peer = coordinator.starts()] {
                          auto& heard_sign = heard_signs_[coordinator.log()];
                          if (number != signs_ || number == heard_sign || peer != coordinator.starts()) return;
                          heard_sign = number;
                          coordinator.ask(sign, heard);
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
