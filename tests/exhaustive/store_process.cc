#include "tests/exhaustive/store_process.h"

#include <utility>

#include "tests/exhaustive/core_state.h"
#include "tests/exhaustive/encode.h"

namespace assent::exhaustive {

using namespace participant;
using namespace std::chrono_literals;
using simulation::ModelImage;
using simulation::ModelStore;

namespace {

// What an idle store journals waits for its timer; a decision waits for nothing but the end of a batch.
Settings settings() {
  Settings settings;
  settings.transaction_timeout = 3s;
  settings.decision_ride = 0s;
  return settings;
}

}  // namespace

Process::Start StoreProcess::start_on(Node node, const ModelImage& image) {
  return [node, image](Made& made) {
    std::unique_ptr<StoreProcess> process(new StoreProcess(node, image));
    process->register_at_coordinator(made);
    process->step(TimePassed{}, made);
    return process;
  };
}

StoreProcess::StoreProcess(Node node, const ModelImage& image)
    : node_(node), disk_(image), store_(ModelStore::open(disk_).value()), position_(disk_.image().position) {
  core_ = std::make_unique<BranchTable>(settings(), store_->recovered(), opening(), now_);
}

// A service draws it at random; what matters is that no two are the same.
Opening StoreProcess::opening() const {
  return Opening{static_cast<std::uint64_t>(node_) * 1000 + start()};
}

Process::Start StoreProcess::dies(std::string& disk) const {
  disk = encode(disk_.image());
  return start_on(node_, disk_.image());
}

std::vector<Message> StoreProcess::farewell() const {
  std::vector<Message> lost;
  for (const auto& [call, request] : waiting_) {
    if (const auto answer = vote_lost(request)) lost.push_back(*answer);
  }
  return lost;
}

std::string StoreProcess::left_over() const {
  return left_in(*core_) + (disk_.image().rows.empty() ? "" : " rows") +
         (waiting_.empty() ? "" : " calls without an answer");
}

std::string StoreProcess::state() const {
  std::string bytes;
  encode_core(bytes, *core_);
  encode(bytes, disk_.image());
  encode(bytes, position_);
  encode(bytes, now_);
  encode(bytes, is_batch_ended_);
  encode(bytes, waiting_);
  return bytes;
}

void StoreProcess::tell(const Message& message, Made& made) {
  Event event = std::get<Event>(message.event);
  begin_call(event, message, waiting_);
  step(event, made);
}

bool StoreProcess::can_happen(Input input) const {
  const auto timer = core_->next_deadline();
  if (input == Input::kWrite) return !is_batch_ended_ && timer && *timer <= now_;
  return input == Input::kSignOfLife || (input == Input::kTimer && timer && *timer > now_);
}

void StoreProcess::happens(Input input, Made& made) {
  if (input == Input::kSignOfLife) return register_at_coordinator(made);
  if (input == Input::kWrite) return write(made);
  now_ = *core_->next_deadline();
  step(TimePassed{}, made);
}

void StoreProcess::step(const Event& event, Made& made) {
  is_batch_ended_ = false;
  Effects effects;
  core_->step(event, now_, effects);
  for (const Effect& effect : effects) perform(effect, made);
}

void StoreProcess::write(Made& made) {
  Effects effects;
  core_->step(BatchEnded{}, now_, effects);
  is_batch_ended_ = true;
  for (const Effect& effect : effects) {
    const auto* const journal = std::get_if<WriteJournal>(&effect);
    if (journal == nullptr) throw Violation(std::string(name_of(node_)) + " ends a batch with more than its journal");
    const ModelImage before = disk_.image();
    const auto position = store_->journal(journal->operations);
    if (!position) throw Violation(std::string(name_of(node_)) + ": " + position.error().message);
    disk_.forced();
    made.durable = [node = node_, before, image = disk_.image()](Checker& checker) {
      checker.journaled(node, before, image);
    };
    position_ = *position;
    step(JournalDurable{position_}, made);
  }
}

void StoreProcess::perform(const Effect& effect, Made& made) {
  if (const auto* alarm = std::get_if<Alarm>(&effect)) {
    throw Violation(std::string(name_of(node_)) + " alarms: " + alarm->text);
  }
  if (const auto* statements = std::get_if<RunStatements>(&effect)) {
    run(*statements, made);
  } else if (const auto* inquiry = std::get_if<SendInquiry>(&effect)) {
    send(coordinator::Inquired{{}, name_of(node_), inquiry->id, inquiry->branch, inquiry->seen, inquiry->opening},
         /*asks=*/true, made);
  } else if (const auto* wound = std::get_if<SendWound>(&effect)) {
    send(coordinator::WoundRequested{name_of(node_), wound->id, wound->opening}, /*asks=*/false, made);
  } else {
    std::visit(
        [&](const auto& each) {
          if constexpr (requires { each.call; }) answer(each, made);
        },
        effect);
  }
}

void StoreProcess::run(const RunStatements& run, Made& made) {
  auto ran = store_->execute(
      {.id = run.id, .before = *run.before, .statements = *run.statements, .level = run.level, .is_last = run.is_last});
  if (!ran) throw Violation(std::string(name_of(node_)) + ": " + ran.error().message);
  step(StatementsRan{run.run, std::make_shared<const std::vector<StatementResult>>(ran->results), ran->failure,
                     ran->changes, ran->locks, ran->needs_last_run},
       made);
}

void StoreProcess::register_at_coordinator(Made& made) const {
  const auto& recovered = store_->recovered();
  send(coordinator::StoreRegistered{{},
                                    name_of(node_),
                                    recovered.identity,
                                    name_of(node_),
                                    position_,
                                    core_->seen(kLog),
                                    recovered.start_number,
                                    opening()},
       /*asks=*/true, made);
}

void StoreProcess::send(coordinator::Event event, bool asks, Made& made) const {
  made.sent.push_back({{node_, Node::kCoordinator, asks ? start() : 0, 0, false, std::move(event)}, {}});
}

template <typename Answer>
void StoreProcess::answer(const Answer& answer, Made& made) {
  const auto caller = waiting_.extract(answer.call);
  if (!caller) throw Violation(std::string(name_of(node_)) + " answers a call twice: " + simulation::describe(answer));
  const Message& request = caller.mapped();
  const std::string name = name_of(node_);
  const auto reply = [&](auto event, std::function<void(Checker&)> check) {
    if (request.is_broken) return;
    made.sent.push_back({{node_, request.from, 0, request.asking_start, false, std::move(event)}, std::move(check)});
  };
  if constexpr (std::is_same_v<Answer, VoteAnswered>) {
    Checker::leaves(node_, answer, disk_.image());
    const TransactionId id = *asked_to_prepare(request);
    if (answer.already_committed) {
      const coordinator::AlreadyCommitted vote{name, id, answer.branch};
      reply(coordinator::Event(vote), [node = node_, vote](Checker& checker) { checker.leaves(node, vote); });
    } else {
      reply(coordinator::Event(
                coordinator::VoteReceived{name, id, answer.branch, answer.vote, answer.cause, answer.results}),
            {});
    }
  } else if constexpr (std::is_same_v<Answer, DecisionAnswered>) {
    const auto& decision = std::get<DecisionReceived>(std::get<Event>(request.event));
    const auto kind = static_cast<coordinator::AcknowledgementKind>(answer.kind);
    reply(coordinator::Event(coordinator::Acknowledged{name, decision.id, decision.branch, decision.decision, kind,
                                                       answer.position, answer.detail}),
          [node = node_, answer](Checker& checker) { checker.leaves(node, answer); });
  } else if constexpr (std::is_same_v<Answer, CallRefused>) {
    if (is_client(request.from)) {
      CallRefused refused = answer;
      refused.call = {};
      reply(ToClient(refused), {});
    } else if (answer.kind == RefusalKind::kFenced) {
      reply(coordinator::Event(coordinator::Fenced{name, answer.message}), {});
    } else if (const auto lost = vote_lost(request)) {
      made.sent.push_back({*lost, {}});
    }
  } else if constexpr (std::is_same_v<Answer, ExecuteAnswered>) {
    StatementAnswered answered{std::get<ExecuteRequested>(std::get<Event>(request.event)).statement_number, answer};
    answered.answer.call = {};
    reply(ToClient(answered), {});
  }
}

}  // namespace assent::exhaustive
