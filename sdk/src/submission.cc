#include "sdk/src/submission.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "assent/errors.h"
#include "sdk/src/decision.h"
#include "sdk/src/throw_error.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

namespace {

using namespace std::chrono_literals;

// The coordinator ends the transaction in time by itself, and says so.
constexpr std::chrono::milliseconds kAnswerDelay = 2s;

// The statements of each store, in order.
std::vector<wire::BatchBranch> branches_of(const Batch& batch) {
  std::vector<wire::BatchBranch> branches;
  std::map<std::string, std::size_t> place;
  for (const auto& entry : batch.entries()) {
    const auto [found, is_new] = place.try_emplace(entry.store, branches.size());
    if (is_new) {
      branches.emplace_back();
      branches.back().store = entry.store;
    }
    branches[found->second].statements.push_back(rpc::to_wire(entry.statement));
  }
  return branches;
}

// In the order of the batch; nothing if the answer does not hold exactly one for each statement.
std::vector<ResultSet> results_of(const Batch& batch, std::vector<wire::StoreResults> answered) {
  std::map<std::string, std::vector<wire::StatementResult>> by_store;
  for (auto& branch : answered) by_store[branch.store] = std::move(branch.results);
  std::map<std::string, std::size_t> next;
  std::vector<ResultSet> results;
  for (const auto& entry : batch.entries()) {
    auto& of_store = by_store[entry.store];
    auto& index = next[entry.store];
    if (index >= of_store.size()) return {};
    auto result = rpc::from_wire(std::move(of_store[index++]), "result");
    if (!result) return {};
    results.emplace_back(*std::move(result));
  }
  return results;
}

}  // namespace

Outcome submit_once(Session& session, const Batch& batch, Return when, const LeasedId& leased,
                    std::uint64_t begin_stamp, IsolationLevel level) {
  const auto send = [&](Duration answer_within) {
    wire::SubmitRequest request;
    request.id = rpc::to_wire(leased.id);
    request.begin_stamp = static_cast<std::int64_t>(begin_stamp);
    request.branches = branches_of(batch);
    request.return_when = to_wire(when);
    request.timeout_ms = 0;
    request.level = rpc::to_wire(level);
    return session.call_coordinator(rpc::methods::kSubmit, std::move(request), answer_within, lane_of(when));
  };

  Duration answer_within = leased.transaction_timeout + kAnswerDelay;
  if (when == Return::applied) answer_within += session.options().applied_timeout;
  const auto answer_until = Session::Clock::now() + answer_within;
  Sent sent{answer_until, send(answer_within)};
  auto& answer = sent.answer;
  if (!answer && is_without_effect(answer.error())) {
    if (answer.error().kind == ErrorKind::kUnavailable) session.suspect(leased.id);
    throw_error(answer.error());
  }
  auto outcome = settle(session, leased.id, when, sent, send);
  if (!outcome.committed()) {
    session.count_aborted(outcome.cause.reason);
    throw Aborted(leased.id, std::move(outcome.cause));
  }
  session.count_committed();
  if (answer && answer->kind == wire::OutcomeKind::COMMITTED) {
    outcome.results = results_of(batch, std::move(answer->results));
  }
  return outcome;
}

}  // namespace assent::sdk
