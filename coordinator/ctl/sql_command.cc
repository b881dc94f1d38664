#include <utility>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

namespace {

std::string blob_text(const std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "x'";
  for (const char character : bytes) {
    const auto byte = static_cast<unsigned char>(character);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text + "'";
}

Json to_json(const wire::Value& value) {
  if (value.__isset.integer) return value.integer;
  if (value.__isset.real) return value.real;
  if (value.__isset.text) return value.text;
  if (value.__isset.blob) return blob_text(value.blob);
  return {};
}

std::string to_text(const wire::Value& value) {
  if (value.__isset.text) return value.text;
  if (value.__isset.blob) return blob_text(value.blob);
  if (value.__isset.integer || value.__isset.real) return to_json(value).to_string();
  return "NULL";
}

Report report(const wire::StatementResult& result) {
  Json::Array rows;
  Table table(result.columns);
  for (const auto& row : result.rows) {
    Json::Array values;
    std::vector<std::string> cells;
    for (const auto& value : row.values) {
      values.push_back(to_json(value));
      cells.push_back(to_text(value));
    }
    rows.emplace_back(std::move(values));
    table.add(std::move(cells));
  }
  const auto count = [](auto number, const char* what) {
    return std::to_string(number) + (number == 1 ? " row " : " rows ") + what + "\n";
  };
  auto text = result.columns.empty() ? count(result.changed_rows, "changed")
                                     : table.to_string() + count(result.rows.size(), "returned");
  return {Json::Object{{"columns", Json::Array(result.columns.begin(), result.columns.end())},
                       {"rows", std::move(rows)},
                       {"changed_rows", result.changed_rows}},
          std::move(text)};
}

Error aborted(const wire::AbortCause& cause) {
  const auto reason = rpc::from_wire(cause.reason, "cause.reason");
  return {ErrorKind::kConflict,
          "aborted, nothing has changed: " + std::string(reason ? to_string(*reason) : "for a reason unknown here") +
              (cause.store.empty() ? "" : " at store `" + cause.store + "`") +
              (cause.detail.empty() ? "" : ": " + cause.detail)};
}

// Sends the request, and if its answer is lost, or does not say so, asks what has become of it.
Result<wire::Outcome> submit(Console& console, const wire::SubmitRequest& request) {
  auto outcome = console.call(console.coordinator(), methods::kSubmit, request);
  const bool is_known =
      outcome ? outcome->kind != wire::OutcomeKind::IN_PROGRESS : outcome.error().kind != ErrorKind::kUnknown;
  if (is_known) return outcome;
  wire::OutcomeRequest question;
  question.id = request.id;
  auto known = console.call(console.coordinator(), methods::kOutcome, question);
  if (known && known->kind != wire::OutcomeKind::IN_PROGRESS) return known;
  return Error{ErrorKind::kUnknown,
               (outcome ? "the coordinator says that it is in progress" : outcome.error().message) +
                   "; whether it has committed is unknown: `assentctl show " + to_string(rpc::from_wire(request.id)) +
                   "` will tell"};
}

}  // namespace

Result<Report> sql(Console& console, const std::string& store, const std::string& statement, IsolationLevel level) {
  wire::LeaseRequest one;
  one.count = 1;
  const auto lease = console.call(console.coordinator(), methods::kLease, one);
  if (!lease) return lease.error();
  wire::SubmitRequest request;
  request.id = lease->first;
  request.begin_stamp = lease->begin_stamp;
  request.return_when = wire::ReturnWhen::APPLIED;
  request.level = rpc::to_wire(level);
  wire::BatchBranch branch;
  branch.store = store;
  branch.statements.emplace_back();
  branch.statements.back().sql = statement;
  request.branches.push_back(std::move(branch));
  const auto outcome = submit(console, request);
  if (!outcome) return outcome.error();
  if (outcome->kind == wire::OutcomeKind::ABORTED) return aborted(outcome->cause);
  if (outcome->kind != wire::OutcomeKind::COMMITTED) {
    return Error{ErrorKind::kUnknown,
                 "the coordinator does not say what became of the transaction; see `assentctl show`"};
  }
  if (outcome->results.empty() || outcome->results.front().results.empty()) {
    return Report{Json::Object{{"outcome", "committed"}}, "committed; the result was lost with the first answer\n"};
  }
  return report(outcome->results.front().results.front());
}

}  // namespace assent::ctl
