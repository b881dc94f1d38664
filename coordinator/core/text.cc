#include "coordinator/core/text.h"

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::coordinator {

namespace {

std::string text(const std::string& value) {
  return value;
}
std::string text(std::string_view value) {
  return std::string(value);
}
std::string text(std::uint64_t value) {
  return std::to_string(value);
}
std::string text(std::uint32_t value) {
  return std::to_string(value);
}
std::string text(Duration value) {
  return to_text(value);
}
std::string text(const BranchNumber& value) {
  return value == kNoBranch ? "none" : to_string(value);
}
std::string text(CallId value) {
  return std::to_string(static_cast<std::uint64_t>(value));
}
// Ids and positions: as the vocabulary writes them.
template <typename Id>
requires requires(const Id& value) {
  { to_string(value) } -> std::same_as<std::string>;
}
std::string text(const Id& value) {
  return to_string(value);
}
std::string text(Decision value) {
  return std::string(to_string(value));
}
std::string text(ReturnWhen value) {
  return value == ReturnWhen::kApplied ? "applied" : "decided";
}
std::string text(const Results& value) {
  return text(std::uint64_t{value == nullptr ? 0 : value->size()});
}
std::string text(const Statements& value) {
  return text(std::uint64_t{value == nullptr ? 0 : value->size()});
}

std::string text(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

std::string text(AcknowledgementKind value) {
  switch (value) {
    case AcknowledgementKind::kDone: return "done";
    case AcknowledgementKind::kAgrees: return "agrees";
    case AcknowledgementKind::kContradicts: return "contradicts";
    case AcknowledgementKind::kRefused: return "refused";
  }
  return "invalid";
}

std::string text(RefusalKind value) {
  switch (value) {
    case RefusalKind::kInvalidArgument: return "invalid-argument";
    case RefusalKind::kOverloaded: return "overloaded";
    case RefusalKind::kUnavailable: return "unavailable";
  }
  return "invalid";
}

std::string text(InquiryResult value) {
  switch (value) {
    case InquiryResult::kUndecided: return "undecided";
    case InquiryResult::kCommit: return "commit";
    case InquiryResult::kAbort: return "abort";
    case InquiryResult::kNotMine: return "not-mine";
    case InquiryResult::kNotAccepted: return "not-accepted";
    case InquiryResult::kEnded: return "ended";
  }
  return "invalid";
}

// Words with blanks or quotes in them are quoted, so that a line can be taken apart again.
std::string quoted(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"\n=") == std::string::npos) return value;
  std::string result = "\"";
  for (const char each : value) {
    if (each == '"' || each == '\\') result += '\\';
    result += each == '\n' ? ' ' : each;
  }
  return result + '"';
}

class Line {
 public:
  explicit Line(std::string words) : text_(std::move(words)) {}

  template <typename T>
  Line& with(std::string_view key, const T& value) {
    text_.append(" ").append(key).append("=").append(quoted(text(value)));
    return *this;
  }

  // Only if there is something to say.
  Line& with_any(std::string_view key, const std::string& value) { return value.empty() ? *this : with(key, value); }

  Line& with(const AbortCause& cause) {
    if (cause.reason == AbortReason::kNone) return *this;
    with("reason", to_string(cause.reason));
    return with_any("at", cause.store).with_any("detail", cause.detail);
  }

  // The usual level goes without saying.
  Line& with(IsolationLevel level) {
    return level == IsolationLevel::kSerializable ? *this : with("level", to_string(level));
  }

  Line& with(const CoordinatorLine& seen) {
    if (seen.epoch == Epoch{}) return *this;
    return with("seen-epoch", seen.epoch).with("seen-nonce", seen.nonce).with("seen-position", seen.durable);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

template <typename Branch>
std::string branch_text(const Branch& branch) {
  return branch.store + ":" + text(branch.branch);
}

template <typename Branches>
std::vector<std::string> branch_texts(const Branches& branches) {
  std::vector<std::string> texts;
  texts.reserve(branches.size());
  for (const auto& branch : branches) texts.push_back(branch_text(branch));
  return texts;
}

// ---- records ----

Line line(const EpochRecord& record) {
  return Line("epoch")
      .with("log", record.log)
      .with("epoch", record.epoch)
      .with("nonce", record.nonce)
      .with("start", record.start);
}

Line line(const CommitRecord& record) {
  return Line("commit").with("id", record.id).with("branches", branch_texts(record.branches));
}

Line line(const EndRecord& record) {
  std::vector<std::string> stores;
  for (const auto& store : record.stores) {
    stores.push_back(store.store + "@" + text(store.position) + (store.contradicts ? "!" : ""));
  }
  return Line("end").with("commit", record.commit).with("stores", stores);
}

Line line(const ForgottenRecord& record) {
  return Line("forgotten").with("through", record.through);
}

Line line(const EndedRecord& record) {
  std::vector<std::string> ids;
  for (std::uint64_t index = 0; index < kIdsPerWord; ++index) {
    const TransactionId id{record.first.log, record.first.epoch, record.first.number + index};
    if ((record.ids & bit_of(id)) != 0) ids.push_back(text(id));
  }
  return Line("ended").with("ids", ids);
}

Line line(const MixedRecord& record) {
  return Line("mixed").with("id", record.id).with("contradicting", record.stores);
}

Line line(const StoreRecord& record) {
  return Line("store")
      .with("store", record.store)
      .with("identity", record.identity)
      .with("address", record.address)
      .with("position", record.position);
}

// ---- events ----

Line line(const LeaseRequested& event) {
  return Line("lease requested").with("call", event.call).with("count", event.count);
}

Line line(const SubmitRequested& event) {
  std::vector<std::string> stores;
  for (const auto& branch : event.branches) stores.push_back(branch.store);
  return Line("submit requested")
      .with("call", event.call)
      .with("id", event.id)
      .with("stores", stores)
      .with("return", event.return_when)
      .with(event.level);
}

Line line(const CommitRequested& event) {
  return Line("commit requested")
      .with("call", event.call)
      .with("id", event.id)
      .with("branches", branch_texts(event.branches))
      .with("return", event.return_when);
}

Line line(const AbortRequested& event) {
  return Line("abort requested")
      .with("call", event.call)
      .with("id", event.id)
      .with("branches", branch_texts(event.branches));
}

Line line(const OutcomeRequested& event) {
  return Line("outcome requested").with("call", event.call).with("id", event.id);
}

Line line(const StoreRegistered& event) {
  return Line("store registered")
      .with("call", event.call)
      .with("store", event.store)
      .with("identity", event.identity)
      .with("address", event.address)
      .with("position", event.position)
      .with("start", event.start_number)
      .with("opening", event.opening)
      .with(event.seen);
}

template <typename Event>
Line from_branch(std::string words, const Event& event) {
  return Line(std::move(words)).with("store", event.store).with("id", event.id).with("branch", event.branch);
}

Line line(const VoteReceived& event) {
  return from_branch("vote received", event).with("vote", to_string(event.vote)).with(event.cause);
}

Line line(const AlreadyCommitted& event) {
  return from_branch("already committed", event);
}

Line line(const VoteLost& event) {
  return Line("vote lost")
      .with("store", event.store)
      .with("id", event.id)
      .with("reason", to_string(event.reason))
      .with_any("detail", event.detail);
}

Line line(const Acknowledged& event) {
  return from_branch("acknowledged", event)
      .with("decision", event.decision)
      .with("kind", event.kind)
      .with("position", event.position)
      .with_any("detail", event.detail);
}

Line line(const Inquired& event) {
  return from_branch("inquired", event).with("call", event.call).with("opening", event.opening).with(event.seen);
}

Line line(const WoundRequested& event) {
  return Line("wound requested").with("store", event.store).with("id", event.id).with("opening", event.opening);
}

Line line(const Fenced& event) {
  return Line("fenced").with("store", event.store).with_any("detail", event.detail);
}

Line line(const DurableThrough& event) {
  return Line("durable").with("through", event.position);
}

Line line(const LogSpaceChanged& event) {
  return Line("log space changed").with_any("out-of-space", event.out_of_space);
}

Line line(const TimePassed& /*event*/) {
  return Line("time passed");
}

Line line(const DrainRequested& /*event*/) {
  return Line("drain requested");
}

// ---- effects ----

Line line(const LeaseGranted& effect) {
  return Line("lease granted")
      .with("call", effect.call)
      .with("first", effect.first)
      .with("count", effect.count)
      .with("stamp", effect.begin_stamp)
      .with("use-for", effect.use_for)
      .with("timeout", effect.transaction_timeout);
}

Line line(const OutcomeAnswered& effect) {
  std::vector<std::string> results;
  for (const auto& store : effect.results) results.push_back(store.store + ":" + text(store.results));
  return Line("outcome answered")
      .with("call", effect.call)
      .with("id", effect.id)
      .with("outcome", to_string(effect.kind))
      .with(effect.cause)
      .with_any("results", text(results));
}

Line line(const CallRefused& effect) {
  return Line("call refused").with("call", effect.call).with("kind", effect.kind).with("message", effect.message);
}

Line line(const RegistrationAnswered& effect) {
  return Line("registration answered")
      .with("call", effect.call)
      .with("store", effect.store)
      .with_any("refused", effect.refused);
}

Line line(const InquiryAnswered& effect) {
  Line line("inquiry answered");
  line.with("call", effect.call).with("id", effect.id).with("branch", effect.branch).with("result", effect.result);
  return effect.result == InquiryResult::kCommit ? line.with("commit", effect.commit) : line;
}

Line line(const SendExecuteAndPrepare& effect) {
  return Line("send execute-and-prepare")
      .with("store", effect.store)
      .with("id", effect.id)
      .with("stamp", effect.begin_stamp)
      .with("statements", effect.statements)
      .with("timeout", effect.timeout)
      .with("stores", effect.stores)
      .with("opening", effect.opening)
      .with(effect.level);
}

Line line(const SendPrepare& effect) {
  return from_branch("send prepare", effect)
      .with("statements", effect.statement_count)
      .with("timeout", effect.timeout)
      .with("stores", effect.stores)
      .with("opening", effect.opening);
}

Line line(const SendDecision& effect) {
  Line line = from_branch("send " + text(effect.decision), effect);
  if (effect.decision == Decision::kCommit) line.with("commit", effect.commit);
  return line.with("opening", effect.opening);
}

Line line(const AppendRecord& effect) {
  return Line("append " + text(effect.position) + " " + to_text(effect.record));
}

Line line(const ForceLog& /*effect*/) {
  return Line("force log");
}

Line line(const Alarm& effect) {
  return Line("ALARM").with("text", effect.text);
}

Line line(const Halt& effect) {
  return Line("HALT").with("reason", effect.reason);
}

Line line(const Transition& effect) {
  return Line("transaction").with("id", effect.id).with("from", effect.from).with("to", effect.to).with(effect.cause);
}

template <typename Variant>
std::string line_of(const Variant& value) {
  return std::visit([](const auto& each) { return line(each).take(); }, value);
}

}  // namespace

std::string to_text(const Event& event) {
  return line_of(event);
}

std::string to_text(const Effect& effect) {
  return line_of(effect);
}

std::string to_text(const LogRecord& record) {
  return line_of(record);
}

std::string to_text(Duration duration) {
  constexpr std::array kUnits{std::pair{"s", Duration{std::chrono::seconds{1}}},
                              std::pair{"ms", Duration{std::chrono::milliseconds{1}}},
                              std::pair{"us", Duration{std::chrono::microseconds{1}}}};
  for (const auto& [name, unit] : kUnits) {
    if (duration % unit == Duration::zero()) return std::to_string(duration / unit) + name;
  }
  return std::to_string(duration.count()) + "ns";
}

}  // namespace assent::coordinator
