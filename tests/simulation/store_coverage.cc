// What a store meets, and at which moment: for the coverage alone.
#include <algorithm>

#include "tests/simulation/cluster.h"
#include "tests/simulation/store_node.h"

namespace assent::simulation {

using namespace participant;

namespace {

std::string_view name_of(RowState state) {
  switch (state) {
    case RowState::kPrepared: return "prepared";
    case RowState::kCommitted: return "committed";
    case RowState::kResolvedCommit: return "resolved commit";
    case RowState::kResolvedAbort: return "resolved abort";
  }
  throw Violation("a row has none of the four states");
}

}  // namespace

void StoreNode::know_what_is_recovered() {
  for (const auto& row : store_->recovered().rows) {
    states_[row.id] = name_of(row.state);
    if (row.state == RowState::kPrepared) cluster_.world.count("store started in doubt");
  }
}

void StoreNode::count_its_death() {
  auto& world = cluster_.world;
  for (const auto& [id, state] : states_) world.count("store died: " + std::string(state));
  if (last_no_ && world.now() - *last_no_ < 20ms) world.count("store died: just voted no");
  if (writing_ && is_aborting()) world.count("store died: aborting");
}

// An abort is being journaled.
bool StoreNode::is_aborting() {
  const auto* const journal = std::get_if<WriteJournal>(&*writing_);
  if (is_copy() || journal == nullptr) return false;
  const auto rows = disk_.read().rows;
  const auto aborts = [&rows](const JournalOperation& operation) {
    const auto* deletion = std::get_if<DeleteBranch>(&operation);
    return deletion != nullptr && rows.contains(deletion->id) && rows.at(deletion->id).state == RowState::kPrepared;
  };
  return std::any_of(journal->operations.begin(), journal->operations.end(), aborts);
}

void StoreNode::count_what_meets(const Event& event) const {
  const auto state = [this](const TransactionId& id) {
    const auto found = states_.find(id);
    return found == states_.end() ? std::string_view("none") : found->second;
  };
  auto& world = cluster_.world;
  if (const auto* prepare = std::get_if<PrepareRequested>(&event)) {
    if (state(prepare->id) == "prepared") world.count("prepares of what is prepared");
  } else if (const auto* whole = std::get_if<ExecuteAndPrepareRequested>(&event)) {
    if (state(whole->id) == "committed") world.count("whole branches of what has committed");
  } else if (const auto* told = std::get_if<DecisionReceived>(&event)) {
    if (told->decision != Decision::kCommit) return;
    if (state(told->id) == "none") world.count("commits of what is gone");
    if (state(told->id) == "active") world.count("commits that meet another copy of their branch");
    if (state(told->id) == "prepared") world.count("commits that are pushed");
    if (state(told->id) == "committed") world.count("commits of what has committed");
  } else if (const auto* answer = std::get_if<InquiryAnswered>(&event)) {
    const bool commits = answer->result == InquiryResult::kCommit && state(answer->id) == "prepared";
    if (commits) world.count("commits that are pulled");
  }
}

void StoreNode::count_what_follows(const Event& event, const Effects& effects) const {
  const auto answer = [&]<typename Answer>(CallId call, const Answer*) -> const Answer* {
    for (const auto& effect : effects) {
      const auto* found = std::get_if<Answer>(&effect);
      if (found != nullptr && found->call == call) return found;
    }
    return nullptr;
  };
  auto& world = cluster_.world;
  if (const auto* execute = std::get_if<ExecuteRequested>(&event)) {
    const auto* answered = answer(execute->call, static_cast<const ExecuteAnswered*>(nullptr));
    if (answered == nullptr) return;
    if (answered->result != nullptr) world.count("statements answered again");
    if (answered->ended.reason != AbortReason::kNone) world.count("statements of a branch that has ended");
  } else if (const auto* prepare = std::get_if<PrepareRequested>(&event)) {
    const auto* voted = answer(prepare->call, static_cast<const VoteAnswered*>(nullptr));
    const bool is_gone = voted != nullptr && voted->vote == Vote::kNo && !states_.contains(prepare->id);
    if (is_gone) world.count("prepares of a branch that has ended");
  }
}

}  // namespace assent::simulation
