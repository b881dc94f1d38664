#include "tests/exhaustive/explorer.h"

#include <algorithm>
#include <utility>

#include "tests/exhaustive/client_process.h"
#include "tests/exhaustive/coordinator_process.h"
#include "tests/exhaustive/store_process.h"

namespace assent::exhaustive {

using Kind = Action::Kind;

namespace {

constexpr std::array kAll = {Node::kCoordinator, Node::kStore1, Node::kStore2, Node::kClient1, Node::kClient2};
constexpr std::array kStores = {Node::kStore1, Node::kStore2};
constexpr std::size_t kEverything = ~std::size_t{0};

// One round of the healing: each of them, if it can happen.
constexpr std::array kTicks = {
    std::pair{Node::kClient1, Input::kAsk},       std::pair{Node::kClient2, Input::kAsk},
    std::pair{Node::kStore1, Input::kSignOfLife}, std::pair{Node::kStore2, Input::kSignOfLife},
    std::pair{Node::kCoordinator, Input::kTimer}, std::pair{Node::kStore1, Input::kTimer},
    std::pair{Node::kStore2, Input::kTimer}};
constexpr std::size_t kFirstCheck = 1U << 14U;  // of so many states
constexpr std::size_t kRounds = 12;             // some more than the timers of the cores need

// Made by the coordinator's own process, which loses nothing.
bool is_vote_lost(const Message& message) {
  const auto* const event = std::get_if<coordinator::Event>(&message.event);
  return event != nullptr && std::holds_alternative<coordinator::VoteLost>(*event);
}

// That it is lost is the same as that the call was broken before it was heard.
bool is_vote(const Message& message) {
  const auto* const event = std::get_if<coordinator::Event>(&message.event);
  return event != nullptr && (std::holds_alternative<coordinator::VoteReceived>(*event) ||
                              std::holds_alternative<coordinator::AlreadyCommitted>(*event));
}

}  // namespace

Explorer::Explorer(const World& world, Search search)
    : world_(world), is_reduced_(search == Search::kReduced), histories_(is_reduced_), idle_(histories_) {
  for (const Script& script : world.clients) scripts_.emplace(TransactionId{kLog, Epoch{1}, scripts_.size()}, script);
}

bool Explorer::has(Node store) const {
  return std::any_of(world_.clients.begin(), world_.clients.end(), [store](const Script& script) {
    return std::any_of(script.steps.begin(), script.steps.end(),
                       [store](const Step& step) { return step.store == store; });
  });
}

// ---- the beginning: all nodes know each other, and the clients have their ids ----

void Explorer::set_up(State& state) {
  state.checker = number(Checker(scripts_));
  coordinator::LogState log;
  log.log = kLog;
  const auto begin = [&](Node node, const Process::Start& start) {
    apply(state, node, histories_.begin(node, start, ""), kEverything);
  };
  begin(Node::kCoordinator, CoordinatorProcess::start_on(log));
  for (const Node store : kStores) {
    if (!has(store)) continue;
    simulation::ModelImage image;
    image.identity = StoreIdentity{static_cast<std::uint64_t>(store)};
    image.accounts = {{1, 0}, {2, 0}};
    begin(store, StoreProcess::start_on(store, image));
  }
  while (const auto action = pending(state)) state = perform(state, *action);
  const coordinator::LeaseRequested lease{{}, static_cast<std::uint32_t>(scripts_.size())};
  const Message request{Node::kClient1, Node::kCoordinator, 0, 0, false, coordinator::Event(lease)};
  state.nodes[0] = histories_[histories_.deliver(state.at(Node::kCoordinator), histories_.number(request))].to;
  Node client = Node::kClient1;
  for (const auto& [id, script] : scripts_) {
    if (!script.after_first) begin_client(state, client);
    client = Node::kClient2;
  }
  state.left = world_.budget;
}

void Explorer::begin_client(State& state, Node client) {
  const auto& [id, script] = client == Node::kClient1 ? *scripts_.begin() : *scripts_.rbegin();
  apply(state, client, histories_.begin(client, ClientProcess::start_with(client, id, script), ""), kEverything);
}

// ---- the search ----

void Explorer::explore(std::size_t most_states) {
  while (!explore_once(most_states)) {
  }
}

bool Explorer::explore_once(std::size_t most_states) {
  table_ = {};
  at_ = {};
  transitions_ = 0;
  ends_ = 0;
  outcomes_.clear();
  known_at_rest_.clear();
  State first;
  set_up(first);
  table_.add(first, at_);
  std::size_t next_check = kFirstCheck;
  for (std::uint32_t id = 0; id < table_.size(); ++id) {
    at_ = StateId{id};
    expand(table_[at_]);
    if (table_.size() > most_states) throw std::length_error("there are more states than it may visit");
    if (id < next_check) continue;
    if (!idle_.hold()) return false;  // the sooner the better
    next_check *= 2;
  }
  return idle_.hold();
}

// Every check is a function of what the checker knows and of one step of a node, and every step one of the node's
// state. A message that turned out to be lively may have led the reduced search to states of nodes that cannot be.
std::optional<std::string> Explorer::difference_from(const Explorer& reduced) const {
  histories_.check_alike();
  for (const auto& [state, moment] : histories_.states()) {
    if (!reduced.histories_.states().contains(state)) {
      return std::string("a state of ") + name_of(histories_[moment].node);
    }
  }
  const auto knows = [](const Explorer& one, const Explorer& other) {
    return std::all_of(one.checker_numbers_.begin(), one.checker_numbers_.end(),
                       [&](const auto& entry) { return other.checker_numbers_.contains(entry.first); });
  };
  if (!knows(reduced, *this) || !knows(*this, reduced)) return "something that the checker knows";
  if (outcomes_ != reduced.outcomes_ || known_at_rest_ != reduced.known_at_rest_) return "an outcome";
  return std::nullopt;
}

std::optional<std::string> Explorer::unmet_outcome() const {
  const auto is_met = [this](std::size_t client, Outcome outcome) {
    return std::any_of(outcomes_.begin(), outcomes_.end(), [&](const auto& met) { return met[client] == outcome; });
  };
  // Without a fault, the elder of two always commits.
  const Budget& budget = world_.budget;
  const bool can_abort = budget.crashes + budget.losses + budget.timers + budget.asks > 0;
  for (std::size_t client = 0; client < world_.clients.size(); ++client) {
    const std::string name = name_of(client == 0 ? Node::kClient1 : Node::kClient2);
    if (can_abort && !is_met(client, Outcome::kAborted)) return name + " was never aborted";
    if (!world_.clients[client].gives_up && !is_met(client, Outcome::kCommitted)) return name + " was never committed";
  }
  return std::nullopt;
}

void Explorer::expand(const State& state) {
  if (state.is_healing) {
    ++ends_;
    return heal(state, nullptr);
  }
  for_each_action(state, [&](const Action& action) {
    tried_ = action;
    ++transitions_;
    table_.add(perform(state, action), at_);
  });
}

void Explorer::for_each_action(const State& state, const std::function<void(const Action&)>& visit) {
  for (Action action : actions(state)) {
    visit(action);
    const bool is_step = action.kind == Kind::kDeliver || action.kind == Kind::kRepeat || action.kind == Kind::kHappen;
    if (state.left.crashes == 0 || !is_step || is_client(action.node)) continue;
    const auto sent = histories_[edge_of(state, action)].sent.size();
    for (action.dies_behind = 0; action.dies_behind < sent; ++action.dies_behind) visit(action);
  }
}

std::vector<Action> Explorer::actions(const State& state) const {
  std::vector<Action> actions;
  add_network_actions(state, actions);
  const auto timeless = std::find_if(actions.begin(), actions.end(),
                                     [&](const Action& each) { return is_timeless(state, each.message); });
  if (timeless != actions.end()) {
    std::erase_if(actions, [message = timeless->message](const Action& each) { return each.message != message; });
    return actions;
  }
  const Budget& left = state.left;
  for (const Node node : kAll) {
    if (state.at(node) == kNobody) continue;
    const Moment& moment = histories_[state.at(node)];
    const auto happen = [&](Input input) {
      if (!moment.can_happen[static_cast<std::size_t>(input)]) return;
      actions.push_back({.kind = Kind::kHappen, .node = node, .input = input});
    };
    happen(Input::kWrite);
    if (left.timers > 0) happen(Input::kTimer);
    if (left.asks > 0) happen(Input::kAsk);
    if (left.crashes > 0 && !is_client(node)) actions.push_back({.kind = Kind::kCrash, .node = node});
  }
  if (may_heal(state)) actions.push_back({.kind = Kind::kHeal});
  return actions;
}

void Explorer::add_network_actions(const State& state, std::vector<Action>& actions) const {
  for (std::size_t i = 0; i < state.in_flight; ++i) {
    const MessageId id = state.messages[i];
    if (i > 0 && id == state.messages[i - 1]) continue;  // another copy of it
    const Message& message = histories_[id];
    const auto add = [&](Kind kind) { actions.push_back({.kind = kind, .node = message.to, .message = id}); };
    add(Kind::kDeliver);
    if (is_vote_lost(message)) continue;
    if (state.left.repeats > 0) add(Kind::kRepeat);
    // A message that is lost is one that stays under way until the end.
    const bool stays = is_reduced_ && !is_timeless(state, id);
    if (state.left.losses > 0 && !is_vote(message) && !stays) add(Kind::kLose);
    if (state.left.losses > 0 && vote_lost(message)) add(Kind::kBreak);
  }
}

bool Explorer::may_heal(const State& state) const {
  if (!is_reduced_) return !pending(state);
  std::size_t losses = 0;
  for (std::size_t i = 0; i < state.in_flight; ++i) {
    const Message& message = histories_[state.messages[i]];
    // That a call for a vote is lost its caller hears first; then it is broken, and has had its share of the budget.
    if (is_vote_lost(message) || is_vote(message) || vote_lost(message)) return false;
    if (!message.is_broken) ++losses;
  }
  if (losses > state.left.losses) return false;
  State rest = state;
  rest.in_flight = 0;
  return !pending(rest);
}

// A client that cannot ask does nothing but to answer the one call that it has under way: what it sends then may take
// as long as it likes, so it may as well be sent at once. If it has submitted, it sends nothing, however often it
// hears.
bool Explorer::is_timeless(const State& state, MessageId id) const {
  const Message& message = histories_[id];
  if (!is_client(message.to)) return false;
  if (histories_[state.at(message.to)].left_over.empty()) return true;  // it does not listen any more
  const bool has_submitted = world_.clients[message.to == Node::kClient1 ? 0 : 1].is_one_shot;
  const bool has_one_call = world_.budget.repeats == 0 && world_.budget.asks == 0;
  return state.left.asks == 0 && (has_submitted || has_one_call);
}

std::optional<Action> Explorer::pending(const State& state) const {
  if (state.in_flight > 0) {
    return Action{.kind = Kind::kDeliver, .node = histories_[state.messages[0]].to, .message = state.messages[0]};
  }
  for (const Node node : kAll) {
    if (state.at(node) == kNobody || !histories_[state.at(node)].can_happen[static_cast<std::size_t>(Input::kWrite)]) {
      continue;
    }
    return Action{.kind = Kind::kHappen, .node = node, .input = Input::kWrite};
  }
  return std::nullopt;
}

// Delivers all that is in flight and all that follows from it.
void Explorer::settle(State& state, std::ostream* out) {
  while (const auto action = pending(state)) {
    if (out != nullptr) print(*out, state, *action);
    state = perform(state, *action);
  }
}

void Explorer::heal(State state, std::ostream* out) {
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (const auto& [node, input] : kTicks) {
      settle(state, out);
      if (is_at_rest(state)) {
        checkers_[state.checker].check_outcomes();
        known_at_rest_.insert(checkers_[state.checker].state());
        note_outcome(state);
        return;
      }
      const MomentId from = state.at(node);
      if (from == kNobody || !histories_[from].can_happen[static_cast<std::size_t>(input)]) continue;
      if (out != nullptr) print(*out, state, {.kind = Kind::kHappen, .node = node, .input = input});
      apply(state, node, histories_.happen(from, input), kEverything);
    }
  }
  std::string left;
  for (const Node node : kAll) {
    if (state.at(node) == kNobody || histories_[state.at(node)].left_over.empty()) continue;
    left += std::string("; ") + name_of(node) + " has" + histories_[state.at(node)].left_over;
  }
  throw Violation("left over: all has been well for a while, and not all is at rest" + left);
}

void Explorer::note_outcome(const State& state) {
  std::vector<Outcome> outcome;
  Node client = Node::kClient1;
  for (const auto& [id, script] : scripts_) {
    const bool is_committed = checkers_[state.checker].is_committed(id);
    const auto ended = is_committed ? Outcome::kCommitted : Outcome::kAborted;
    outcome.push_back(state.at(client) == kNobody ? Outcome::kNotBegun : ended);
    client = Node::kClient2;
  }
  outcomes_.insert(std::move(outcome));
}

bool Explorer::is_at_rest(const State& state) const {
  return std::all_of(state.nodes.begin(), state.nodes.end(),
                     [this](MomentId node) { return node == kNobody || histories_[node].left_over.empty(); });
}

// ---- what an action leads to ----

State Explorer::perform(State state, const Action& action) {
  Budget& left = state.left;
  switch (action.kind) {
    case Kind::kHeal:
      left = {};
      state.in_flight = 0;
      state.messages = {};
      state.is_healing = true;
      return state;
    case Kind::kCrash:
      --left.crashes;
      crash(state, action.node);
      return state;
    case Kind::kLose:
    case Kind::kBreak: return perform_on_network(state, action);
    case Kind::kRepeat: --left.repeats; break;
    case Kind::kDeliver: remove(state, action.message); break;
    case Kind::kHappen:
      if (action.input == Input::kTimer) --left.timers;
      if (action.input == Input::kAsk) --left.asks;
      break;
  }
  const EdgeId edge = edge_of(state, action);
  const bool dies = action.dies_behind != Action::kLives;
  const bool begins_second = lets_second_begin(state, action);
  apply(state, action.node, edge, dies ? action.dies_behind : kEverything);
  if (begins_second) begin_client(state, Node::kClient2);
  if (!dies) return state;
  --left.crashes;
  crash(state, action.node);
  return state;
}

// The first client hears that it is committed, and the second one has waited for that. What it sends then may be as
// late as it likes: so it begins at once.
bool Explorer::lets_second_begin(const State& state, const Action& action) const {
  const bool is_heard = action.kind == Kind::kDeliver || action.kind == Kind::kRepeat;
  if (!is_heard || action.node != Node::kClient1 || histories_[state.at(Node::kClient1)].left_over.empty())
    return false;
  const auto* const outcome =
      std::get_if<coordinator::OutcomeAnswered>(&std::get<ToClient>(histories_[action.message].event));
  return outcome != nullptr && outcome->kind == OutcomeKind::kCommitted && scripts_.rbegin()->second.after_first;
}

State Explorer::perform_on_network(State state, const Action& action) {
  --state.left.losses;
  remove(state, action.message);
  Message message = histories_[action.message];
  const auto notice = vote_lost(message);
  if (notice) add(state, histories_.number(*notice));
  if (action.kind == Kind::kBreak) {
    message.is_broken = true;
    add(state, histories_.number(message));
  }
  return state;
}

EdgeId Explorer::edge_of(const State& state, const Action& action) {
  const MomentId from = state.at(action.node);
  return action.kind == Kind::kHappen ? histories_.happen(from, action.input)
                                      : histories_.deliver(from, action.message);
}

void Explorer::apply(State& state, Node node, EdgeId id, std::size_t sent) {
  const Edge& edge = histories_[id];
  const bool has_changed = std::exchange(state.nodes[static_cast<std::size_t>(node)], edge.to) != edge.to;
  if (has_changed) take_out_idle(state, node);
  state.checker = judge(state.checker, id, std::min(sent, edge.sent.size()));
  for (std::size_t i = 0; i < std::min(sent, edge.sent.size()); ++i) add(state, edge.sent[i].message);
}

// It is up again at once; that it was away for a while is no more than that messages to it were slow, or lost.
void Explorer::crash(State& state, Node node) {
  for (std::size_t i = state.in_flight; i-- > 0;) {
    const Message& message = histories_[state.messages[i]];
    if (message.to == node && ends_with_its_receiver(message)) remove(state, state.messages[i]);
  }
  for (const MessageId notice : histories_[state.at(node)].farewell) add(state, notice);
  apply(state, node, histories_.crash(state.at(node)), kEverything);
  if (node != Node::kCoordinator) return;
  for (const Node store : kStores) {
    if (has(store)) apply(state, store, histories_.happen(state.at(store), Input::kSignOfLife), kEverything);
  }
}

void Explorer::take_out_idle(State& state, Node node) {
  if (!is_reduced_ || state.is_healing) return;
  for (std::size_t i = state.in_flight; i-- > 0;) {
    const MessageId id = state.messages[i];
    if (histories_[id].to == node && idle_.is_idle(state.at(node), id)) remove(state, id);
  }
}

void Explorer::add(State& state, MessageId id) {
  const Message& message = histories_[id];
  if (message.asked_start != 0 && message.asked_start != histories_[state.at(message.to)].start) return;
  if (is_reduced_ && !state.is_healing && idle_.is_idle(state.at(message.to), id)) return;
  if (state.in_flight == State::kMost) throw std::length_error("too many messages are in flight");
  const auto end = state.messages.begin() + state.in_flight++;
  *end = id;
  std::inplace_merge(state.messages.begin(), end, end + 1);
}

void Explorer::remove(State& state, MessageId message) {
  const auto end = state.messages.begin() + state.in_flight--;
  const auto found = std::find(state.messages.begin(), end, message);
  std::copy(found + 1, end, found);
  *(end - 1) = MessageId{};
}

// ---- the checker ----

std::uint32_t Explorer::number(const Checker& checker) {
  const auto [found, is_new] =
      checker_numbers_.try_emplace(checker.state(), static_cast<std::uint32_t>(checkers_.size()));
  if (is_new) checkers_.push_back(checker);
  return found->second;
}

std::uint32_t Explorer::judge(std::uint32_t checker, EdgeId id, std::size_t sent) {
  const Edge& edge = histories_[id];
  if (!edge.is_checked) return checker;
  if (checker >= 1U << 24U || sent >= 1U << 8U) throw std::length_error("the world is too large for its checkers");
  const std::uint64_t key = (std::uint64_t{checker} << 8U | sent) << 32U | static_cast<std::uint64_t>(id);
  if (const auto found = judged_.find(key); found != judged_.end()) return found->second;
  Checker judge = checkers_[checker];
  if (edge.durable) edge.durable(judge);
  for (std::size_t i = 0; i < sent; ++i) {
    if (edge.sent[i].check) edge.sent[i].check(judge);
  }
  return judged_[key] = number(judge);
}

// ---- for people ----

void Explorer::print(std::ostream& out, const State& state, const Action& action) {
  const char* const node = name_of(action.node);
  switch (action.kind) {
    case Kind::kDeliver: out << describe(histories_[action.message]); break;
    case Kind::kRepeat: out << describe(histories_[action.message]) << "  (and a copy is on its way)"; break;
    case Kind::kLose: out << "LOST  " << describe(histories_[action.message]); break;
    case Kind::kBreak: out << "NO ANSWER WILL BE HEARD TO  " << describe(histories_[action.message]); break;
    case Kind::kCrash: out << node << " CRASHES and starts again"; break;
    case Kind::kHeal:
      for (std::size_t i = 0; i < state.in_flight; ++i)
        out << "LOST  " << describe(histories_[state.messages[i]]) << '\n';
      out << "---- from now on all is well";
      break;
    case Kind::kHappen:
      switch (action.input) {
        case Input::kWrite: out << node << ": what it writes is durable"; break;
        case Input::kTimer: out << node << ": its next timer fires"; break;
        case Input::kSignOfLife: out << node << " gives a sign of life"; break;
        case Input::kAsk: out << node << " asks for the outcome"; break;
      }
  }
  if (action.dies_behind != Action::kLives) {
    out << "; it CRASHES behind " << int{action.dies_behind} << " of " << histories_[edge_of(state, action)].sent.size()
        << " messages, and starts again";
  }
  out << '\n';
}

void Explorer::print_path(std::ostream& out) {
  if (table_.size() == 0) return;  // not even the beginning was reached
  std::vector<StateId> path{at_};
  while (path.back() != StateId{}) path.push_back(table_.from(path.back()));
  std::reverse(path.begin(), path.end());
  const Action last = tried_;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const State state = table_[path[i]];
    bool is_found = false;
    for_each_action(state, [&](const Action& action) {
      if (is_found || !(perform(state, action) == table_[path[i + 1]])) return;
      is_found = true;
      print(out, state, action);
    });
  }
  if (!table_[at_].is_healing) {
    print(out, table_[at_], last);
    if (idle_.tried()) out << describe(histories_[*idle_.tried()]) << '\n';
    return;
  }
  try {
    heal(table_[at_], &out);
  } catch (const Violation&) {  // it is what is being reported
  }
}

}  // namespace assent::exhaustive
