#include "stage.h"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

#include "coordinator/core/text.h"

namespace assent::coordinator {

namespace {

constexpr LogIdentity kStageLog{0xa1};

std::uint64_t number(const std::string& text, int base = 10) {
  return std::stoull(text, nullptr, base);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

BranchNumber branch_number(const std::string& text) {
  const auto parts = split(text, '.');
  return {number(parts.at(0)), number(parts.at(1))};
}

Duration duration(const std::string& text) {
  const auto value = static_cast<std::int64_t>(number(text));
  if (text.ends_with("ms")) return std::chrono::milliseconds{value};
  if (text.ends_with("min")) return std::chrono::minutes{value};
  if (text.ends_with("s")) return std::chrono::seconds{value};
  throw std::invalid_argument("a duration without a unit: " + text);
}

AbortReason reason(std::string text) {
  for (char& each : text) each = each == '-' ? ' ' : each;
  for (int value = 0; value <= 11; ++value) {
    if (to_string(static_cast<AbortReason>(value)) == text) return static_cast<AbortReason>(value);
  }
  throw std::invalid_argument("no such reason: " + text);
}

AcknowledgementKind acknowledgement_kind(const std::string& text) {
  static const std::map<std::string, AcknowledgementKind> kinds{{"done", AcknowledgementKind::kDone},
                                                                {"agrees", AcknowledgementKind::kAgrees},
                                                                {"contradicts", AcknowledgementKind::kContradicts},
                                                                {"refused", AcknowledgementKind::kRefused}};
  return kinds.at(text);
}

CoordinatorLine line(const std::string& text) {
  if (text.empty()) return {};
  const auto parts = split(text, '/');
  return {kStageLog, Epoch{number(parts.at(0))}, Nonce{number(parts.at(1), 16)}, Position{number(parts.at(2))}};
}

// Each store's identity follows from its name.
StoreIdentity identity_of(const std::string& store) {
  return StoreIdentity{0xb00U + static_cast<unsigned>(store[0])};
}

Opening opening_of(const std::string& text) {
  return Opening{number(text, 16)};
}

void erase_all(std::string& text, const std::string& what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what)) text.erase(at, what.size());
}

}  // namespace

struct Stage::Words {
  explicit Words(const std::string& command) {
    std::istringstream stream(command);
    for (std::string word; stream >> word;) {
      const auto equals = word.find('=');
      if (equals == std::string::npos) {
        plain.push_back(word);
      } else {
        options[word.substr(0, equals)] = word.substr(equals + 1);
      }
    }
  }

  std::string option(const std::string& key, const std::string& otherwise) const {
    const auto found = options.find(key);
    return found == options.end() ? otherwise : found->second;
  }

  std::vector<TouchedBranch> branches() const {
    std::vector<TouchedBranch> branches;
    for (std::size_t each = 2; each < plain.size(); ++each) {
      const auto parts = split(plain[each], ':');
      const auto count = parts.size() > 2 ? number(parts[2]) : 1;
      branches.push_back(
          {parts.at(0), parts.size() > 1 ? branch_number(parts[1]) : kNoBranch, static_cast<std::uint32_t>(count)});
    }
    return branches;
  }

  ReturnWhen return_when() const {
    return option("return", "decided") == "applied" ? ReturnWhen::kApplied : ReturnWhen::kDecided;
  }

  std::vector<std::string> plain;
  std::map<std::string, std::string> options;
};

Stage::Stage(Settings settings) : settings_(settings), now_(std::chrono::seconds{1000}) {
  durable_.log = kStageLog;
  open();
}

// As the log does it: the epoch is raised and durable before the core starts.
void Stage::open() {
  const auto epoch = static_cast<std::uint64_t>(durable_.epoch()) + 1;
  const Position at{static_cast<std::uint64_t>(durable_.last) + 1};
  const auto wrong = durable_.apply(at, EpochRecord{at, kStageLog, Epoch{epoch}, Nonce{0xc0 + epoch}});
  if (wrong) throw std::logic_error(*wrong);
  appended_.clear();
  core_ = std::make_unique<Coordinator>(settings_, durable_, "coordinator:1", now_);
}

std::vector<std::string> Stage::run_all(const std::string& commands) {
  std::vector<std::string> last;
  for (const auto& command : split(commands, '\n')) {
    if (command.find_first_not_of(' ') != std::string::npos) last = run(command);
  }
  return last;
}

std::vector<std::string> Stage::run(const std::string& command) {
  effects_.clear();
  const Words words(command);
  const std::string& verb = words.plain.at(0);
  if (verb == "given") return given(words);
  if (verb == "view") {
    const std::string which = words.plain.size() > 1 ? words.plain[1] : "";
    return {view(which == "full" ? core_->full_view() : which == "line" ? core_->line_view() : core_->view())};
  }
  if (verb == "return") {
    std::vector<std::string> all;
    for (std::size_t each = 1; each < words.plain.size(); ++each) {
      const auto some = run("register " + words.plain[each] + " position=50 call=0");
      all.insert(all.end(), some.begin(), some.end());
    }
    std::erase_if(all, [](const std::string& text) { return text.starts_with("registration answered"); });
    return all;
  }
  if (verb == "stop") {
    now_ += duration(words.plain.at(1));
    return {};
  }
  if (verb == "durable") {
    const bool all = words.plain.size() == 1;
    if (all && appended_.empty()) return {};
    return make_durable(all ? appended_.back().first : Position{number(words.plain[1])});
  }
  if (verb == "crash") {
    const bool keep = words.plain.size() > 1;
    for (const auto& [position, record] : appended_) {
      if (keep) durable_.apply(position, record);
    }
    open();
    core_->start(now_, effects_);
    return lines();
  }
  return step(event(words));
}

std::vector<std::string> Stage::given(const Words& words) {
  for (std::size_t each = 1; each < words.plain.size(); ++each) {
    run("register " + words.plain[each]);
    run("durable");
  }
  run("lease 16");
  return {};
}

std::vector<std::string> Stage::make_durable(Position through) {
  while (!appended_.empty() && appended_.front().first <= through) {
    const auto wrong = durable_.apply(appended_.front().first, appended_.front().second);
    if (wrong) ADD_FAILURE() << *wrong;
    appended_.pop_front();
  }
  return step(DurableThrough{through});
}

CallId Stage::call(const Words& words) {
  const auto text = words.option("call", "");
  return CallId{text.empty() ? next_call_++ : number(text)};
}

TransactionId Stage::id(const std::string& text) const {
  const auto parts = split(text, '-');
  if (parts.size() == 1) return {kStageLog, durable_.epoch(), number(parts[0])};
  if (parts.size() == 2) return {kStageLog, Epoch{number(parts[0])}, number(parts[1])};
  return {LogIdentity{number(parts.at(0), 16)}, Epoch{number(parts[1])}, number(parts[2])};
}

Event Stage::event(const Words& words) {
  const auto& plain = words.plain;
  const std::string& verb = plain.at(0);
  if (verb == "advance") {
    now_ += duration(plain.at(1));
    return TimePassed{};
  }
  if (verb == "drain") return DrainRequested{};
  if (verb == "full") return LogSpaceChanged{"the disk is full"};
  if (verb == "room") return LogSpaceChanged{};
  if (verb == "fenced") return Fenced{plain.at(1), "it has seen epoch 9"};
  if (verb == "lease") return LeaseRequested{call(words), static_cast<std::uint32_t>(number(plain.at(1)))};
  if (verb == "register") {
    const std::string& store = plain.at(1);
    const auto identity = words.options.contains("identity") ? StoreIdentity{number(words.option("identity", ""), 16)}
                                                             : identity_of(store);
    return StoreRegistered{call(words),
                           store,
                           identity,
                           words.option("address", store + ":1"),
                           StorePosition{number(words.option("position", "1"))},
                           line(words.option("seen", "")),
                           number(words.option("start", "1")),
                           opening_of(words.option("opening", words.option("start", "1")))};
  }
  if (verb == "submit") {
    SubmitRequested request{call(words), id(plain.at(1)),     number(words.option("stamp", "7")),
                            {},          words.return_when(), std::nullopt};
    for (std::size_t each = 2; each < plain.size(); ++each) {
      const bool is_empty = plain[each].ends_with("!");
      request.branches.push_back(
          {is_empty ? plain[each].substr(0, plain[each].size() - 1) : plain[each],
           std::make_shared<std::vector<Statement>>(is_empty ? 0 : 1, Statement{"SELECT 1", {}, std::nullopt})});
    }
    if (words.options.contains("timeout")) request.timeout = duration(words.option("timeout", ""));
    if (words.option("level", "") == "read-committed") request.level = IsolationLevel::kReadCommitted;
    return request;
  }
  if (verb == "commit") return CommitRequested{call(words), id(plain.at(1)), words.branches(), words.return_when()};
  if (verb == "abort") return AbortRequested{call(words), id(plain.at(1)), words.branches()};
  if (verb == "outcome") return OutcomeRequested{call(words), id(plain.at(1))};

  const std::string& store = plain.at(1);
  const TransactionId transaction = id(plain.at(2));
  if (verb == "lost")
    return VoteLost{store, transaction, "no answer", reason(words.option("reason", "store-unavailable"))};
  if (verb == "wound") return WoundRequested{store, transaction, opening_of(words.option("opening", "1"))};
  const BranchNumber branch = branch_number(plain.at(3));
  if (verb == "already-committed") return AlreadyCommitted{store, transaction, branch};
  if (verb == "inquire") {
    return Inquired{call(words),
                    store,
                    transaction,
                    branch,
                    line(words.option("seen", "")),
                    opening_of(words.option("opening", "1"))};
  }
  if (verb == "ack") {
    return Acknowledged{store,
                        transaction,
                        branch,
                        words.option("decision", "commit") == "abort" ? Decision::kAbort : Decision::kCommit,
                        acknowledgement_kind(words.option("kind", "done")),
                        StorePosition{number(words.option("position", "5"))},
                        words.option("detail", "")};
  }
  VoteReceived vote{store, transaction, branch, Vote::kNo, {}, {}, 0};
  const auto results = std::make_shared<std::vector<StatementResult>>(1);
  vote.result_bytes = number(words.option("bytes", "0"));
  if (verb == "yes") {
    vote.vote = Vote::kYes;
    vote.results = results;
  } else if (verb == "executed") {
    vote.vote = Vote::kExecuted;
    vote.results = results;
  } else if (verb == "read-only") {
    vote.vote = Vote::kReadOnly;
  } else if (verb == "no") {
    vote.cause.reason = reason(words.option("reason", "none"));
  } else {
    throw std::invalid_argument("no such command: " + verb);
  }
  return vote;
}

std::vector<std::string> Stage::step(const Event& event) {
  core_->step(event, now_, effects_);
  return lines();
}

std::vector<std::string> Stage::lines() {
  std::vector<std::string> texts;
  for (const auto& effect : effects_) {
    if (const auto* append = std::get_if<AppendRecord>(&effect))
      appended_.emplace_back(append->position, append->record);
    std::string text = to_text(effect);
    erase_all(text, "00000000000000a1-");
    erase_all(text, "000000000000");
    erase_all(text, " opening=0001");
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string Stage::view(const CoordinatorView& view) {
  std::string text = "view epoch=" + std::to_string(static_cast<std::uint64_t>(view.line.epoch)) +
                     " durable=" + std::to_string(static_cast<std::uint64_t>(view.line.durable)) +
                     " released-through=" + std::to_string(static_cast<std::uint64_t>(view.released.through)) +
                     " except=";
  for (const auto each : view.released.except) text += std::to_string(static_cast<std::uint64_t>(each)) + ",";
  if (text.back() == ',') text.pop_back();
  return text;
}

}  // namespace assent::coordinator
