#include "tests/unit/participant/core/script.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "participant/core/text.h"

namespace assent::participant {

namespace {

constexpr LogIdentity kLogA{0xA};
constexpr LogIdentity kLogB{0xB};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::uint64_t to_number(const std::string& text) {
  return std::stoull(text);
}

Duration to_duration(const std::string& text) {
  std::size_t digits = 0;
  const auto amount = static_cast<std::int64_t>(std::stoll(text, &digits));
  const std::string unit = text.substr(digits);
  if (unit == "ms") return std::chrono::milliseconds(amount);
  if (unit == "s") return std::chrono::seconds(amount);
  throw std::invalid_argument("a duration is 10ms or 2s, not " + text);
}

BranchNumber to_branch(const std::string& text) {
  const auto parts = split(text, '.');
  return {.start = to_number(parts.at(0)), .counter = to_number(parts.at(1))};
}

Lock to_lock(const std::string& text) {
  const auto parts = split(text, ':');
  Lock lock{.name = {}, .mode = parts.at(1) == "X" ? LockMode::kExclusive : LockMode::kShared};
  const auto bracket = parts.at(0).find('[');
  lock.name.table = parts.at(0) == "(store)" ? "" : parts.at(0).substr(0, bracket);
  if (bracket != std::string::npos) lock.name.key = parts.at(0).substr(bracket + 1, parts.at(0).size() - bracket - 2);
  return lock;
}

// One command, taken apart: words in their order, and options by name.
class Command {
 public:
  explicit Command(const std::string& text) : text_(text) {
    for (const std::string& word : split(text, ' ')) {
      const auto equals = word.find('=');
      if (equals == std::string::npos) {
        words_.push_back(word);
      } else {
        options_[word.substr(0, equals)] = word.substr(equals + 1);
      }
    }
  }

  const std::string& word(std::size_t index) const {
    if (index >= words_.size()) throw std::invalid_argument("a word is missing: " + text_);
    return words_[index];
  }

  std::string rest(std::size_t from) const {
    std::string text;
    for (std::size_t i = from; i < words_.size(); ++i) text += (text.empty() ? "" : " ") + words_[i];
    return text;
  }

  std::string option(const std::string& name, const std::string& otherwise) const {
    const auto found = options_.find(name);
    return found == options_.end() ? otherwise : found->second;
  }

  CallId call() const { return CallId{to_number(word(1))}; }

  TransactionId id(std::size_t index) const { return id(word(index)); }

  static TransactionId id(const std::string& text) {
    const auto parts = split(text, '/');
    const bool has_epoch = parts.size() == 2;
    return {.log = kLogA, .epoch = Epoch{has_epoch ? to_number(parts[0]) : 7}, .number = to_number(parts.back())};
  }

  std::uint64_t stamp(const TransactionId& id) const {
    return to_number(option("stamp", std::to_string(100 + id.number)));
  }

  Opening opening(Opening otherwise) const {
    return options_.contains("opening") ? Opening{to_number(option("opening", ""))} : otherwise;
  }
  BranchNumber branch() const { return to_branch(option("branch", "0.0")); }
  Position position() const { return Position{to_number(option("at", "0"))}; }
  Duration timeout() const { return to_duration(option("timeout", "30s")); }
  IsolationLevel level() const {
    const bool is_usual = option("level", "serializable") == "serializable";
    return is_usual ? IsolationLevel::kSerializable : IsolationLevel::kReadCommitted;
  }

  CoordinatorView view() const {
    CoordinatorView view{.line = {.log = option("log", "A") == "A" ? kLogA : kLogB,
                                  .epoch = Epoch{to_number(option("epoch", "7"))},
                                  .nonce = Nonce{to_number(option("nonce", "1"))},
                                  .durable = Position{to_number(option("durable", "0"))}},
                         .address = option("address", "coordinator:1"),
                         .released = {.through = Position{to_number(option("released", "0"))}, .except = {}}};
    for (const std::string& position : split(option("except", ""), ',')) {
      view.released.except.push_back(Position{to_number(position)});
    }
    return view;
  }

 private:
  std::string text_;
  std::vector<std::string> words_;
  std::map<std::string, std::string> options_;
};

Statements statements(std::size_t count) {
  return std::make_shared<std::vector<Statement>>(count);
}

StatementsRan statements_ran(const Command& command) {
  StatementsRan ran{.run = RunId{to_number(command.word(1))}, .results = {}, .failure = {}, .changes = {}, .locks = {}};
  const std::uint64_t rows = to_number(command.option("wrote", "0"));
  auto results = std::make_shared<std::vector<StatementResult>>(to_number(command.option("results", "1")));
  if (!results->empty()) results->front().changed_rows = rows;
  const std::string failed = command.option("failed", "");
  if (!failed.empty()) {
    const bool is_vote = command.option("reason", "constraint") == "vote-no";
    ran.failure = {.reason = is_vote ? AbortReason::kVoteNo : AbortReason::kConstraint, .store = {}, .detail = failed};
    results->clear();
  }
  ran.results = std::move(results);
  ran.changes = {.bytes = std::string(rows, 'c'), .rows = rows};
  for (const std::string& lock : split(command.option("locks", ""), ',')) ran.locks.push_back(to_lock(lock));
  ran.needs_last_run = command.rest(2) == "needs-last-run";
  return ran;
}

// `own`: the opening of the store that it comes to, and is meant for if nothing else is said.
Event to_event(const Command& command, Opening own) {
  const Opening opening = command.opening(own);
  const std::string& verb = command.word(0);
  if (verb == "execute") {
    const TransactionId id = command.id(2);
    return ExecuteRequested{.call = command.call(),
                            .id = id,
                            .begin_stamp = command.stamp(id),
                            .branch = command.branch(),
                            .statement_number = static_cast<std::uint32_t>(to_number(command.option("number", "0"))),
                            .statement = statements(1),
                            .timeout = command.timeout(),
                            .coordinator_address = "coordinator:1",
                            .level = command.level()};
  }
  if (verb == "submit") {
    const TransactionId id = command.id(2);
    return ExecuteAndPrepareRequested{.call = command.call(),
                                      .opening = opening,
                                      .coordinator = command.view(),
                                      .id = id,
                                      .begin_stamp = command.stamp(id),
                                      .statements = statements(to_number(command.option("statements", "1"))),
                                      .timeout = command.timeout(),
                                      .stores = {"here", "there"},
                                      .level = command.level()};
  }
  if (verb == "ran") return statements_ran(command);
  if (verb == "prepare") {
    return PrepareRequested{.call = command.call(),
                            .opening = opening,
                            .coordinator = command.view(),
                            .id = command.id(2),
                            .branch = command.branch(),
                            .statement_count = static_cast<std::uint32_t>(to_number(command.option("count", "1"))),
                            .stores = {"here", "there"}};
  }
  if (verb == "commit" || verb == "abort") {
    return DecisionReceived{.call = command.call(),
                            .opening = opening,
                            .coordinator = std::make_shared<const CoordinatorView>(command.view()),
                            .id = command.id(2),
                            .branch = command.branch(),
                            .decision = verb == "commit" ? Decision::kCommit : Decision::kAbort,
                            .commit = command.position()};
  }
  if (verb == "resolve") {
    return ResolveRequested{.call = command.call(),
                            .id = command.id(2),
                            .decision = command.word(3) == "commit" ? Decision::kCommit : Decision::kAbort,
                            .reason = command.rest(4)};
  }
  if (verb == "schema") {
    return SchemaChangeRequested{command.call(), std::make_shared<const std::string>("CREATE TABLE t(x)")};
  }
  if (verb == "acknowledge") return AcknowledgeWriteRequested{command.call()};
  if (verb == "testify") {
    TestimonyRequested event{.call = command.call(),
                             .opening = opening,
                             .coordinator = command.view(),
                             .after = std::nullopt,
                             .most = to_number(command.option("most", "100"))};
    if (const std::string after = command.option("after", ""); !after.empty()) event.after = Command::id(after);
    return event;
  }
  if (verb == "accepted") return RegistrationAccepted{command.view()};
  if (verb == "inquiry") {
    static const std::map<std::string, InquiryResult> results{{"undecided", InquiryResult::kUndecided},
                                                              {"commit", InquiryResult::kCommit},
                                                              {"abort", InquiryResult::kAbort},
                                                              {"not-mine", InquiryResult::kNotMine},
                                                              {"not-accepted", InquiryResult::kNotAccepted},
                                                              {"ended", InquiryResult::kEnded}};
    return InquiryAnswered{.coordinator = std::make_shared<const CoordinatorView>(command.view()),
                           .id = command.id(1),
                           .branch = command.branch(),
                           .result = results.at(command.word(2)),
                           .commit = command.position()};
  }
  if (verb == "pass") return TimePassed{};
  if (verb == "batch") return BatchEnded{};
  if (verb == "drain") return DrainRequested{};
  if (verb == "health") return HealthChanged{command.rest(1), command.option("foreign", "")};
  throw std::invalid_argument("no such command: " + verb);
}

std::string shortened(std::string text) {
  for (const auto& [log, name] : {std::pair{kLogA, "A"}, std::pair{kLogB, "B"}}) {
    const std::string hex = to_hex(static_cast<std::uint64_t>(log));
    for (auto at = text.find(hex); at != std::string::npos; at = text.find(hex)) text.replace(at, hex.size(), name);
  }
  return text;
}

}  // namespace

Script::Script(Settings settings, bool knows_coordinator) : settings_(settings) {
  if (knows_coordinator) {
    const CoordinatorView view = Command("accepted").view();
    coordinators_[kLogA] = {.line = view.line, .released = view.released};
  }
  restart();
}

std::vector<std::string> Script::run_all(const std::string& commands) {
  std::vector<std::string> last;
  for (const std::string& command : split(commands, '\n')) {
    const auto begin = command.find_first_not_of(' ');
    if (begin != std::string::npos) last = run(command.substr(begin));
  }
  return last;
}

std::vector<std::string> Script::run(const std::string& text) {
  const Command command(text);
  const std::string& verb = command.word(0);
  if (verb == "written") {
    write_to_disk();
    return {};
  }
  if (verb == "durable") {
    write_to_disk();
    return step(JournalDurable{StorePosition{position_}});
  }
  if (verb == "applied") {
    return step(SchemaApplied{apply_schema(command.option("version", "1"), command.option("failed", ""),
                                           command.option("before", "") == "yes")});
  }
  if (verb == "restart") {
    restart();
    return {};
  }
  if (verb == "pass") now_ += to_duration(command.word(1));
  return step(to_event(command, Opening{start_number_}));
}

std::vector<std::string> Script::step(const Event& event) {
  Effects effects;
  table_->step(event, now_, effects);
  std::vector<std::string> lines;
  for (const Effect& effect : effects) {
    lines.push_back(shortened(to_text(effect)));
    if (const auto* write = std::get_if<WriteJournal>(&effect)) ordered_ = write->operations;
    if (std::holds_alternative<ApplySchema>(effect)) is_schema_ordered_ = true;
  }
  return lines;
}

SchemaChange Script::apply_schema(const std::string& version, const std::string& failure, bool was_applied_before) {
  if (!std::exchange(is_schema_ordered_, false)) throw std::invalid_argument("no schema was to be applied");
  SchemaChange change{.failure = failure,
                      .version = SchemaVersion{to_number(version)},
                      .was_applied_before = was_applied_before,
                      .position = {}};
  if (failure.empty() && !was_applied_before) change.position = StorePosition{++position_};
  return change;
}

void Script::write_to_disk() {
  if (ordered_.empty()) throw std::invalid_argument("nothing was to be journaled");
  struct Writer {
    Script& disk;
    void operator()(const PutPrepared& put) const { disk.rows_[put.row.id] = put.row; }
    void operator()(const ApplyBranch& apply) const {
      BranchRow& row = disk.rows_.at(apply.id);
      row.state = apply.state;
      row.commit = apply.commit;
      row.reason = apply.reason;
      row.changes = {};
      row.locks.clear();
    }
    void operator()(const MarkBranch& mark) const {
      BranchRow& row = disk.rows_.at(mark.id);
      row.state = mark.state;
      row.commit = mark.commit;
      row.reason = mark.reason;
      row.locks.clear();
    }
    void operator()(const DeleteBranch& gone) const { disk.rows_.erase(gone.id); }
    void operator()(const PutCoordinator& put) const { disk.coordinators_[put.seen.line.log] = put.seen; }
    void operator()(const AcknowledgeWrite& /*acknowledge*/) const {}
  };
  for (const JournalOperation& operation : ordered_) std::visit(Writer{*this}, operation);
  ordered_.clear();
  ++position_;
}

void Script::restart() {
  ordered_.clear();
  is_schema_ordered_ = false;
  RecoveredStore recovered{.identity = StoreIdentity{1},
                           .start_number = ++start_number_,
                           .position = StorePosition{position_},
                           .rows = {},
                           .coordinators = {}};
  for (const auto& [id, row] : rows_) recovered.rows.push_back(row);
  for (const auto& [log, seen] : coordinators_) recovered.coordinators.push_back(seen);
  table_ = std::make_unique<BranchTable>(settings_, recovered, Opening{start_number_}, now_);
}

}  // namespace assent::participant
