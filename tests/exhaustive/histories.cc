#include "tests/exhaustive/histories.h"

#include <algorithm>

#include "tests/exhaustive/encode.h"

namespace assent::exhaustive {

namespace {

constexpr std::uint32_t kInputs = 4;  // inputs from here on are messages

template <typename Id>
Id next_id(std::size_t size) {
  if (size >= static_cast<std::size_t>(static_cast<std::underlying_type_t<Id>>(-1))) {
    throw std::length_error("the world is too large: a number has no more bits");
  }
  return static_cast<Id>(size);
}

}  // namespace

MessageId Histories::number(const Message& message) {
  const auto [found, is_new] = message_numbers_.try_emplace(encode(message), MessageId{});
  if (is_new) {
    found->second = next_id<MessageId>(messages_.size());
    messages_.push_back(message);
  }
  return found->second;
}

EdgeId Histories::begin(Node node, const Process::Start& start, const std::string& disk) {
  const std::string key = encode(node) + disk;
  if (const auto found = begun_.find(key); found != begun_.end()) return found->second;
  Made made;
  auto process = start(made);
  Moment moment;
  moment.node = node;
  moment.is_start = true;
  moment.input = static_cast<std::uint32_t>(starts_.size());
  starts_.push_back(start);
  const EdgeId edge = add(add(moment, *process), made);
  running_[static_cast<std::size_t>(node)] = {(*this)[edge].to, std::move(process)};
  begun_.emplace(key, edge);
  return edge;
}

EdgeId Histories::deliver(MomentId from, MessageId message) {
  return step(from, static_cast<std::uint32_t>(message) + kInputs);
}

EdgeId Histories::happen(MomentId from, Input input) {
  return step(from, static_cast<std::uint32_t>(input));
}

EdgeId Histories::crash(MomentId from) {
  if (const auto found = crashes_.find(from); found != crashes_.end()) return found->second;
  std::string disk;
  const auto process = process_at(from);
  const auto start = process->dies(disk);
  const EdgeId edge = begin((*this)[from].node, start, disk);
  crashes_.emplace(from, edge);
  return edge;
}

EdgeId Histories::step(MomentId from, std::uint32_t input) {
  const auto key = static_cast<std::uint64_t>(from) << 32U | input;
  if (const auto found = steps_.find(key); found != steps_.end()) return found->second;
  auto process = process_at(from);
  Made made;
  give(*process, input, made);
  const Node node = (*this)[from].node;
  MomentId to = from;
  if (input != static_cast<std::uint32_t>(Input::kSignOfLife)) {  // which changes nothing
    Moment moment;
    moment.node = node;
    moment.before = from;
    moment.input = input;
    to = add(moment, *process);
  }
  const EdgeId edge = add(to, made);
  running_[static_cast<std::size_t>(node)] = {to, std::move(process)};
  steps_.emplace(key, edge);
  return edge;
}

void Histories::give(Process& process, std::uint32_t input, Made& made) const {
  if (input < kInputs) {
    process.happens(static_cast<Input>(input), made);
  } else {
    process.tell((*this)[static_cast<MessageId>(input - kInputs)], made);
  }
}

std::unique_ptr<Process> Histories::process_at(MomentId moment) {
  auto& running = running_[static_cast<std::size_t>((*this)[moment].node)];
  if (running.process && running.at == moment) return std::move(running.process);
  std::vector<std::uint32_t> inputs;
  while (!(*this)[moment].is_start) {
    inputs.push_back((*this)[moment].input);
    moment = (*this)[moment].before;
  }
  Made again;
  auto process = starts_[(*this)[moment].input](again);
  for (auto input = inputs.rbegin(); input != inputs.rend(); ++input) give(*process, *input, again = {});
  return process;
}

MomentId Histories::add(Moment moment, const Process& process) {
  const auto id = next_id<MomentId>(moments_.size());
  moment.alike = states_.try_emplace(encode(moment.node) + process.state(), id).first->second;
  if (moment.alike != id && (merges_ || is_client(moment.node))) return moment.alike;
  moment.start = process.start();
  moment.left_over = process.left_over();
  for (std::uint32_t input = 0; input < kInputs; ++input) {
    moment.can_happen[input] = process.can_happen(static_cast<Input>(input));
  }
  for (const Message& message : process.farewell()) moment.farewell.push_back(number(message));
  moments_.push_back(std::move(moment));
  return id;
}

void Histories::check_alike() const {
  const auto require = [this](bool holds, MomentId at) {
    if (!holds)
      throw Violation(std::string("two histories of ") + name_of((*this)[at].node) + " are not as alike as they look");
  };
  std::unordered_map<std::uint64_t, EdgeId> first;  // by the first moment of a state, and input
  const auto compare = [&](std::uint64_t key, MomentId from, EdgeId id) {
    const Edge& edge = (*this)[id];
    const Edge& other = (*this)[first.emplace(key, id).first->second];
    require((*this)[edge.to].alike == (*this)[other.to].alike && edge.is_checked == other.is_checked, from);
    require(std::equal(edge.sent.begin(), edge.sent.end(), other.sent.begin(), other.sent.end(),
                       [](const auto& one, const auto& two) { return one.message == two.message; }),
            from);
  };
  constexpr std::uint32_t kCrash = 0xffffffff;
  for (const auto& [step, edge] : steps_) {
    const auto from = static_cast<MomentId>(step >> 32U);
    compare(static_cast<std::uint64_t>((*this)[from].alike) << 32U | (step & 0xffffffff), from, edge);
  }
  for (const auto& [from, edge] : crashes_) {
    compare(static_cast<std::uint64_t>((*this)[from].alike) << 32U | kCrash, from, edge);
  }
  for (const Moment& moment : moments_) {
    const Moment& other = (*this)[moment.alike];
    require(moment.start == other.start && moment.left_over == other.left_over &&
                moment.can_happen == other.can_happen && moment.farewell == other.farewell,
            moment.alike);
  }
}

std::unordered_multimap<MomentId, Histories::Way> Histories::ways() const {
  std::unordered_multimap<MomentId, Way> ways;
  for (const auto& [step, edge] : steps_) {
    const MomentId to = (*this)[edge].to;
    if (const auto from = static_cast<MomentId>(step >> 32U); from != to) ways.emplace(from, Way{to, false});
  }
  for (const auto& [from, edge] : crashes_) ways.emplace(from, Way{(*this)[edge].to, true});
  return ways;
}

EdgeId Histories::add(MomentId to, Made& made) {
  Edge edge;
  edge.to = to;
  edge.is_checked = made.durable != nullptr;
  edge.durable = std::move(made.durable);
  for (Sent& sent : made.sent) {
    edge.is_checked = edge.is_checked || sent.check;
    edge.sent.push_back({number(sent.message), std::move(sent.check)});
  }
  edges_.push_back(std::move(edge));
  return next_id<EdgeId>(edges_.size() - 1);
}

}  // namespace assent::exhaustive
