#include "tests/exhaustive/coordinator_process.h"

#include <algorithm>
#include <utility>

#include "tests/exhaustive/core_state.h"
#include "tests/exhaustive/encode.h"

namespace assent::exhaustive {

using namespace coordinator;

namespace {

Position after(Position position) {
  return Position{static_cast<std::uint64_t>(position) + 1};
}

// A store that was silent for this long counts as one that has returned, and hears again what it owes: none is here,
// however far a timer moves the time.
Settings settings() {
  Settings settings;
  settings.resend_ceiling = 1h;
  if (const auto wrong = check(settings)) throw Violation(*wrong);
  return settings;
}

}  // namespace

Process::Start CoordinatorProcess::start_on(const LogState& log) {
  return [log](Made& made) {
    LogState opened = log;
    const auto epoch = static_cast<std::uint64_t>(log.epoch()) + 1;
    const EpochRecord record{after(opened.last), kLog, Epoch{epoch}, Nonce{epoch}};
    if (const auto refused = opened.apply(record.start, record)) throw Violation("the log: " + *refused);
    made.durable = [record, position = opened.last](Checker& checker) { checker.logged(position, record); };
    std::unique_ptr<CoordinatorProcess> process(new CoordinatorProcess(std::move(opened)));
    process->step(TimePassed{}, made);
    return process;
  };
}

CoordinatorProcess::CoordinatorProcess(LogState log)
    : durable_(std::move(log)), core_(settings(), durable_, name_of(Node::kCoordinator), now_) {}

Process::Start CoordinatorProcess::dies(std::string& disk) const {
  disk = encode(durable_);
  return start_on(durable_);
}

std::string CoordinatorProcess::left_over() const {
  return left_in(core_) + (waiting_.empty() ? "" : " calls without an answer");
}

std::string CoordinatorProcess::state() const {
  std::string bytes;
  encode_core(bytes, core_);
  encode(bytes, now_);
  encode(bytes, durable_);
  encode(bytes, waiting_);
  encode(bytes, appended_);
  encode(bytes, written_);
  encode(bytes, wants_write_);
  encode(bytes, newest_start_);
  return bytes;
}

void CoordinatorProcess::tell(const Message& message, Made& made) {
  Event event = std::get<Event>(message.event);
  begin_call(event, message, waiting_);
  if (const auto* sign = std::get_if<StoreRegistered>(&event)) {
    auto& newest = newest_start_[sign->store];
    may_alarm_ = sign->start_number < newest;
    newest = std::max(newest, sign->start_number);
  }
  step(event, made);
  may_alarm_ = false;
}

bool CoordinatorProcess::can_happen(Input input) const {
  const auto timer = core_.next_deadline();
  return input == Input::kWrite ? !written_.empty() : input == Input::kTimer && timer && *timer > now_;
}

void CoordinatorProcess::happens(Input input, Made& made) {
  if (input == Input::kWrite) return write(made);
  now_ = *core_.next_deadline();
  step(TimePassed{}, made);
}

void CoordinatorProcess::step(const Event& event, Made& made) {
  Effects effects;
  core_.step(event, now_, effects);
  for (const Effect& effect : effects) perform(effect, made);
  begin_to_write();
}

// One block is forced at a time: what has been appended meanwhile is in the next one.
void CoordinatorProcess::begin_to_write() {
  if (wants_write_ && written_.empty()) {
    written_ = std::exchange(appended_, {});
    wants_write_ = false;
  }
}

void CoordinatorProcess::write(Made& made) {
  const Position first = after(durable_.last);
  for (const auto& record : written_) {
    if (const auto refused = durable_.apply(after(durable_.last), record)) throw Violation("the log: " + *refused);
  }
  made.durable = [first, records = std::exchange(written_, {})](Checker& checker) {
    Position position = first;
    for (const auto& record : records) checker.logged(std::exchange(position, after(position)), record);
  };
  begin_to_write();
  step(DurableThrough{durable_.last}, made);
}

void CoordinatorProcess::send(Message message, Made& made, std::function<void(Checker&)> check) const {
  const auto check_all = [view = core_.full_view(), check = std::move(check)](Checker& checker) {
    checker.leaves(view);
    if (check) check(checker);
  };
  made.sent.push_back({std::move(message), check_all});
}

template <typename Event>
void CoordinatorProcess::ask(const std::string& store, Event event, Made& made,
                             std::function<void(Checker&)> check) const {
  send({Node::kCoordinator, store_named(store), start(), 0, false, participant::Event(std::move(event))}, made,
       std::move(check));
}

void CoordinatorProcess::perform(const Effect& effect, Made& made) {
  if (const auto* alarm = std::get_if<Alarm>(&effect); alarm != nullptr && !may_alarm_) {
    throw Violation("the coordinator alarms: " + alarm->text);
  }
  if (const auto* halt = std::get_if<Halt>(&effect)) throw Violation("the coordinator halts: " + halt->reason);
  if (const auto* append = std::get_if<AppendRecord>(&effect)) {
    appended_.push_back(append->record);
  } else if (std::holds_alternative<ForceLog>(effect)) {
    wants_write_ = true;
  } else if (const auto* whole = std::get_if<SendExecuteAndPrepare>(&effect)) {
    ask(whole->store,
        participant::ExecuteAndPrepareRequested{{},
                                                whole->opening,
                                                core_.line_view(),
                                                whole->id,
                                                whole->begin_stamp,
                                                whole->statements,
                                                whole->timeout,
                                                whole->stores},
        made);
  } else if (const auto* prepare = std::get_if<SendPrepare>(&effect)) {
    ask(prepare->store,
        participant::PrepareRequested{{},
                                      prepare->opening,
                                      core_.line_view(),
                                      prepare->id,
                                      prepare->branch,
                                      prepare->statement_count,
                                      prepare->stores},
        made);
  } else if (const auto* decision = std::get_if<SendDecision>(&effect)) {
    ask(decision->store,
        participant::DecisionReceived{{},
                                      decision->opening,
                                      std::make_shared<const CoordinatorView>(core_.view()),
                                      decision->id,
                                      decision->branch,
                                      decision->decision,
                                      decision->commit},
        made, [decision = *decision](Checker& checker) { checker.leaves(decision); });
  } else {
    std::visit(
        [&](const auto& each) {
          if constexpr (requires { each.call; }) answer(each, made);
        },
        effect);
  }
}

template <typename Answer>
void CoordinatorProcess::answer(const Answer& answer, Made& made) {
  const auto caller = waiting_.extract(answer.call);
  if (!caller) throw Violation("the coordinator answers a call twice: " + simulation::describe(answer));
  const Message& request = caller.mapped();
  const auto reply = [&](auto event, const std::function<void(Checker&)>& check) {
    send({Node::kCoordinator, request.from, 0, request.asking_start, false, std::move(event)}, made, check);
  };
  if constexpr (std::is_same_v<Answer, RegistrationAnswered>) {
    if (!answer.refused.empty()) return;  // tried again with the next sign of life
    reply(participant::Event(participant::RegistrationAccepted{core_.full_view()}), {});
  } else if constexpr (std::is_same_v<Answer, InquiryAnswered>) {
    const auto result = static_cast<participant::InquiryResult>(answer.result);
    reply(participant::Event(participant::InquiryAnswered{std::make_shared<const CoordinatorView>(core_.full_view()),
                                                          answer.id, answer.branch, result, answer.commit}),
          [answer, asker = request.from](Checker& checker) { checker.leaves(asker, answer); });
  } else if constexpr (std::is_same_v<Answer, OutcomeAnswered>) {
    OutcomeAnswered told = answer;
    told.call = {};
    const auto* submit = std::get_if<SubmitRequested>(&std::get<Event>(request.event));
    const bool applied = submit != nullptr && submit->return_when == ReturnWhen::kApplied;
    reply(ToClient(told),
          [id = told.id, kind = told.kind, applied](Checker& checker) { checker.told(id, kind, applied); });
  } else if constexpr (std::is_same_v<Answer, CallRefused>) {
    CallRefused refused = answer;
    refused.call = {};
    reply(ToClient(refused), {});
  }
}

}  // namespace assent::exhaustive
