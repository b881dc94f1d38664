#include "tests/exhaustive/client_process.h"

#include <utility>

#include "tests/exhaustive/encode.h"

namespace assent::exhaustive {

using coordinator::OutcomeAnswered;
using participant::CallRefused;

namespace {

Statement statement_of(const Step& step) {
  if (!step.writes) return {std::string(simulation::kSelectBalance), {step.account}, 1};
  return {std::string(simulation::kAddToBalance), {step.account, simulation::Balance{1}}, 1};
}

// As far as it matters who is older: the id decides.
constexpr std::uint64_t kBeginStamp = 1;

}  // namespace

Process::Start ClientProcess::start_with(Node node, const TransactionId& id, const Script& script) {
  return [node, id, &script](Made& made) {
    std::unique_ptr<ClientProcess> process(new ClientProcess(node, id, script));
    if (script.is_one_shot) {
      process->submit(made);
    } else {
      process->go_on(made);
    }
    return process;
  };
}

ClientProcess::ClientProcess(Node node, const TransactionId& id, const Script& script)
    : node_(node), id_(id), script_(script) {}

Process::Start ClientProcess::dies(std::string& /*disk*/) const {
  throw std::logic_error("clients do not die");
}

std::string ClientProcess::state() const {
  return encode(state_);
}

template <typename Event>
void ClientProcess::send(Node to, Event event, Made& made) const {
  made.sent.push_back({{node_, to, 0, 0, false, std::move(event)}, {}});
}

void ClientProcess::submit(Made& made) const {
  std::map<std::string, std::vector<Statement>> statements;
  for (const Step& step : script_.steps) statements[name_of(step.store)].push_back(statement_of(step));
  std::vector<coordinator::SubmittedBranch> branches;
  for (const auto& [store, list] : statements) {
    branches.push_back({store, std::make_shared<const std::vector<Statement>>(list)});
  }
  send(Node::kCoordinator,
       coordinator::Event(coordinator::SubmitRequested{{}, id_, kBeginStamp, branches, script_.return_when, {}}), made);
}

// The next statement, or the end.
void ClientProcess::go_on(Made& made) {
  if (state_.next < script_.steps.size() && !state_.has_failed) {
    const Step& step = script_.steps[state_.next];
    const auto& branch =
        state_.branches.try_emplace(step.store, coordinator::TouchedBranch{name_of(step.store), kNoBranch, 0})
            .first->second;
    send(step.store,
         participant::Event(
             participant::ExecuteRequested{{},
                                           id_,
                                           kBeginStamp,
                                           branch.branch,
                                           branch.statement_count,
                                           std::make_shared<const std::vector<Statement>>(1, statement_of(step)),
                                           std::chrono::seconds(2),
                                           name_of(Node::kCoordinator)}),
         made);
    return;
  }
  std::vector<coordinator::TouchedBranch> branches;
  for (const auto& [store, branch] : state_.branches) branches.push_back(branch);
  if (state_.has_failed || script_.gives_up) {
    send(Node::kCoordinator, coordinator::Event(coordinator::AbortRequested{{}, id_, branches}), made);
  } else {
    send(Node::kCoordinator, coordinator::Event(coordinator::CommitRequested{{}, id_, branches}), made);
  }
}

void ClientProcess::happens(Input /*input*/, Made& made) {
  send(Node::kCoordinator, coordinator::Event(coordinator::OutcomeRequested{{}, id_}), made);
}

void ClientProcess::tell(const Message& message, Made& made) {
  if (state_.knows_outcome) return;
  const auto& answer = std::get<ToClient>(message.event);
  if (const auto* outcome = std::get_if<OutcomeAnswered>(&answer)) {
    heard(*outcome, made);
  } else if (const auto* statement = std::get_if<StatementAnswered>(&answer)) {
    heard(message.from, *statement, made);
  } else if (is_store(message.from)) {
    fail(made);
  }
}

void ClientProcess::fail(Made& made) {
  if (!std::exchange(state_.has_failed, true)) go_on(made);
}

void ClientProcess::heard(const OutcomeAnswered& outcome, Made& made) {
  if (outcome.kind == OutcomeKind::kInProgress) return;
  state_.knows_outcome = true;
  if (outcome.results.empty()) return;
  made.durable = [this_id = id_, results = outcome.results, &script = script_](Checker& checker) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t step = 0; step < script.steps.size(); ++step) {
      for (const auto& [store, of_store] : results) {
        if (store != name_of(script.steps[step].store) || of_store == nullptr) continue;
        checker.saw(this_id, step, of_store->at(seen[store]++));
      }
    }
  };
}

void ClientProcess::heard(Node store, const StatementAnswered& statement, Made& made) {
  const bool is_awaited = !state_.has_failed && state_.next < script_.steps.size();
  if (!is_awaited || script_.steps[state_.next].store != store) return;
  auto& branch = state_.branches.at(store);
  if (branch.statement_count != statement.statement_number) return;  // the answer to a copy of an earlier one
  if (statement.answer.result == nullptr) return fail(made);
  made.durable = [id = id_, step = state_.next, result = statement.answer.result](Checker& checker) {
    checker.saw(id, step, *result);
  };
  branch.branch = statement.answer.branch;
  ++branch.statement_count;
  ++state_.next;
  go_on(made);
}

}  // namespace assent::exhaustive
