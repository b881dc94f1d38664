#include "tests/isolation/list_client.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <utility>

namespace assent::isolation {

// Lists above kMade come into being with their first upsert.
const std::string_view kListSchema =
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, elements TEXT NOT NULL) STRICT;\n"
    "CREATE TABLE elements (list INTEGER, position INTEGER, element INTEGER NOT NULL,"
    " PRIMARY KEY (list, position)) STRICT;\n"
    "INSERT INTO texts VALUES (1, ''), (2, ''), (3, ''), (4, '');\n";

namespace {

constexpr std::int64_t kMade = 4;          // rows of `texts` from the beginning, from 1
constexpr std::int64_t kTextLists = 6;     // lists in `texts`
constexpr std::int64_t kElementLists = 2;  // lists in `elements`
constexpr std::int64_t kMostSteps = 4;
constexpr std::int64_t kElementsOfClient = 1'000'000'000;

std::vector<Element> split_elements(const std::string& text) {
  std::vector<Element> elements;
  std::istringstream numbers(text);
  for (std::int64_t number = 0; numbers >> number;) elements.push_back(Element{number});
  return elements;
}

IsolationLevel asked(Level level) {
  return level == Level::kSerializable ? IsolationLevel::kSerializable : IsolationLevel::kReadCommitted;
}

}  // namespace

ListClient::ListClient(ClientOptions options, std::vector<std::string> stores, std::uint64_t seed, std::uint64_t number)
    : client_(std::move(options)),
      stores_(std::move(stores)),
      choices_(seed, number),
      next_element_(static_cast<std::int64_t>(number) * kElementsOfClient) {}

void ListClient::run(std::size_t transactions, EndedCount& ended) {
  for (std::size_t transaction = 0; transaction < transactions; ++transaction) {
    auto steps = choose_steps();
    const auto level = choices_.once_in(5) ? Level::kReadCommitted : Level::kSerializable;
    if (choices_.once_in(2)) {
      run_one_shot(std::move(steps), level);
    } else {
      run_interactive(std::move(steps), level, choices_.once_in(12));
    }
    ++ended;
  }
}

std::vector<ListClient::Step> ListClient::choose_steps() {
  using What = Step::What;
  std::vector<Step> steps(static_cast<std::size_t>(1 + choices_.below(kMostSteps)));
  for (auto& step : steps) {
    step.store = static_cast<std::size_t>(choices_.below(static_cast<std::int64_t>(stores_.size())));
    const auto choice = choices_.below(100);
    step.what = choice < 35   ? What::kAppendText
                : choice < 41 ? What::kUpsertText
                : choice < 46 ? What::kAppendRow
                : choice < 90 ? What::kReadText
                : choice < 95 ? What::kReadRows
                : choice < 98 ? What::kReadTexts
                              : What::kReadElements;
    const auto lists = step.what == What::kAppendText                                  ? kMade
                       : step.what == What::kAppendRow || step.what == What::kReadRows ? kElementLists
                                                                                       : kTextLists;
    step.list = 1 + choices_.below(lists);
  }
  return steps;
}

void ListClient::renew(std::vector<Step>& steps) {
  for (auto& step : steps) {
    if (step.is_append()) step.element = Element{++next_element_};
  }
}

Statement ListClient::statement(const Step& step) const {
  const auto element = static_cast<std::int64_t>(step.element);
  const auto text = std::to_string(element) + " ";
  switch (step.what) {
    case Step::What::kAppendText:
      return {"UPDATE texts SET elements = elements || ?2 WHERE id = ?1", to_values(step.list, text), 1};
    case Step::What::kUpsertText:
      return {
          "INSERT INTO texts (id, elements) VALUES (?1, ?2)"
          " ON CONFLICT (id) DO UPDATE SET elements = elements || excluded.elements",
          to_values(step.list, text), 1};
    case Step::What::kAppendRow:
      return {
          "INSERT INTO elements (list, position, element)"
          " SELECT ?1, count(*) + 1, ?2 FROM elements WHERE list = ?1",
          to_values(step.list, element), 1};
    case Step::What::kReadText:
      return {"SELECT id AS list, elements FROM texts WHERE id = ?1", to_values(step.list), std::nullopt};
    case Step::What::kReadRows:
      return {"SELECT list, element FROM elements WHERE list = ?1 ORDER BY position", to_values(step.list),
              std::nullopt};
    case Step::What::kReadTexts: return {"SELECT id AS list, elements FROM texts", {}, std::nullopt};
    case Step::What::kReadElements:
      return {"SELECT list, element FROM elements ORDER BY list, position", {}, std::nullopt};
  }
  return {};
}

// Text lists are odd, lists of rows even.
ListId ListClient::list_id(const Step& step, std::int64_t list) const {
  constexpr std::int64_t kOfStore = 1'000;
  const bool is_row = step.what == Step::What::kAppendRow || step.what == Step::What::kReadRows ||
                      step.what == Step::What::kReadElements;
  return ListId{static_cast<std::int64_t>(step.store) * kOfStore + 2 * list + (is_row ? 0 : 1)};
}

void ListClient::record(const Step& step, const ResultSet& result, std::vector<Operation>& operations) const {
  if (step.is_append()) {
    operations.emplace_back(Append{list_id(step, step.list), step.element});
    return;
  }
  const bool is_rows = step.what == Step::What::kReadRows || step.what == Step::What::kReadElements;
  std::map<std::int64_t, std::vector<Element>> found;
  if (step.what == Step::What::kReadText || step.what == Step::What::kReadRows) {
    found[step.list];
  } else {
    for (std::int64_t list = 1; list <= (is_rows ? kElementLists : kTextLists); ++list) found[list];
  }
  for (const auto& row : result) {
    auto& elements = found[row.get<std::int64_t>("list")];
    if (is_rows) {
      elements.push_back(Element{row.get<std::int64_t>("element")});
    } else {
      elements = split_elements(row.get<std::string>("elements"));
    }
  }
  for (auto& [list, elements] : found) operations.emplace_back(Read{list_id(step, list), std::move(elements)});
}

void ListClient::run_interactive(std::vector<Step> steps, Level level, bool aborts) {
  Ran ran;
  const auto work = [&](Transaction& transaction) {
    if (ran.runs > 0) history_.back().end = now();
    ++ran.runs;
    ran.last = transaction.id();
    history_.push_back({to_string(transaction.id()), {}, now(), {}, Ending::kAborted, level});
    renew(steps);
    for (const auto& step : steps) {
      // What was asked for may have happened, also if its answer is lost.
      if (step.is_append()) record(step, {}, history_.back().operations);
      const auto result = transaction.run(stores_[step.store], statement(step));
      if (!step.is_append()) record(step, result, history_.back().operations);
    }
    if (aborts) transaction.abort("it was chosen to abort");
  };
  try {
    client_.run(work, Return::decided, asked(level));
    ran.committed = true;
    history_.back().ending = Ending::kCommitted;
  } catch (const OutcomeUnknown&) {
    history_.back().ending = Ending::kUnknown;
  } catch (const Aborted& aborted) {
    EXPECT_EQ(aborted.reason(), AbortReason::kApplication) << aborted.what();
  }
  history_.back().end = now();
  ran_.push_back(ran);
}

void ListClient::run_one_shot(std::vector<Step> steps, Level level) {
  renew(steps);
  Batch batch;
  std::vector<std::size_t> index;
  for (const auto& step : steps) index.push_back(batch.add(stores_[step.store], statement(step)).index());
  const auto reruns = client_.counters().reruns;
  TransactionRecord transaction{{}, {}, now(), {}, Ending::kAborted, level};
  Ran ran;
  std::vector<ResultSet> results;
  try {
    auto outcome = client_.submit(batch, Return::decided, asked(level));
    transaction.ending = Ending::kCommitted;
    ran.committed = true;
    ran.last = outcome.id;
    results = std::move(outcome.results);
  } catch (const OutcomeUnknown& unknown) {
    transaction.ending = Ending::kUnknown;
    ran.last = unknown.id();
  } catch (const Aborted& aborted) {
    ran.last = aborted.id();
    ADD_FAILURE() << aborted.what();
  }
  transaction.end = now();
  transaction.name = to_string(ran.last);
  ran.runs = 1 + client_.counters().reruns - reruns;
  ran_.push_back(ran);
  for (std::size_t place = 0; place < steps.size(); ++place) {
    if (!results.empty()) {
      record(steps[place], results[index[place]], transaction.operations);
    } else if (steps[place].is_append()) {
      record(steps[place], {}, transaction.operations);
    }
  }
  history_.push_back(std::move(transaction));
}

void ListClient::read_all() {
  std::vector<Step> steps;
  for (std::size_t store = 0; store < stores_.size(); ++store) {
    steps.push_back({Step::What::kReadTexts, store, 0, {}});
    steps.push_back({Step::What::kReadElements, store, 0, {}});
  }
  run_interactive(std::move(steps), Level::kSerializable, false);
}

void ListClient::settle() {
  for (auto& transaction : history_) {
    if (transaction.ending != Ending::kUnknown) continue;
    const auto outcome = client_.outcome(*parse_transaction_id(transaction.name));
    if (outcome.kind == OutcomeKind::kCommitted) transaction.ending = Ending::kCommitted;
    // One that only read may be called aborted though what it read was true; it did nothing that could be seen.
    if (outcome.kind == OutcomeKind::kAborted) transaction.ending = Ending::kAborted;
    transaction.end = now();
  }
}

}  // namespace assent::isolation
