#include <chrono>
#include <optional>
#include <utility>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "thrift/daemon/units.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

// ---- status ----

namespace {

Json to_json(const wire::CoordinatorStatus& status) {
  Json::Object reasons;
  for (const auto& [reason, count] : status.aborted_by_reason) reasons.emplace_back(reason, count);
  return Json::Object{{"program", status.program},
                      {"log", hex(status.log)},
                      {"epoch", status.epoch},
                      {"uptime_ms", status.uptime_ms},
                      {"draining", status.draining},
                      {"insecure", status.insecure},
                      {"alarms", status.alarms},
                      {"log_out_of_space", status.log_out_of_space},
                      {"proven", status.proven},
                      {"active", status.active},
                      {"committing", status.committing},
                      {"committed", status.committed},
                      {"aborted", status.aborted},
                      {"aborted_by_reason", std::move(reasons)},
                      {"unended_records", status.unended_records},
                      {"durable_position", status.durable_position},
                      {"log_bytes", status.log_bytes},
                      {"forces", status.forces}};
}

std::string to_text(const wire::CoordinatorStatus& status, const std::string& address) {
  std::string state = status.draining ? "draining: it begins nothing new" : "serving";
  if (!status.proven) {
    state +=
        "; WAITS for a store that it knows to show that the decision log is the newest: until then it gives out no ids "
        "and takes in no new store (start the participants; if all their stores are lost for good, see `assentctl log "
        "restore`)";
  }
  if (status.insecure) state += "; INSECURE: it listens beyond this machine without TLS";
  std::string reasons;
  for (const auto& [reason, count] : status.aborted_by_reason) {
    reasons += (reasons.empty() ? "" : ", ") + reason + " " + std::to_string(count);
  }
  Table table({"coordinator", address});
  table.add({"program", status.program});
  table.add({"state", state});
  table.add({"up for", age(status.uptime_ms)});
  table.add({"decision log", hex(status.log) + ", epoch " + std::to_string(status.epoch) + ", position " +
                                 std::to_string(status.durable_position) + ", " +
                                 daemon::size_to_string(static_cast<std::uint64_t>(status.log_bytes))});
  if (!status.log_out_of_space.empty()) table.add({"log is full", status.log_out_of_space});
  table.add({"alarms", std::to_string(status.alarms) + (status.alarms > 0 ? " (see the coordinator's log)" : "")});
  table.add({"forced writes", std::to_string(status.forces)});
  table.add({"undecided", std::to_string(status.active)});
  table.add({"committing", std::to_string(status.committing) + " (acknowledgements are owed)"});
  table.add({"unended records", std::to_string(status.unended_records)});
  table.add({"committed", std::to_string(status.committed)});
  table.add({"aborted", std::to_string(status.aborted) + (reasons.empty() ? "" : " (" + reasons + ")")});
  return table.to_string();
}

}  // namespace

Result<Report> status(Console& console) {
  const auto status = console.call(console.coordinator(), methods::kCoordinatorStatus, {});
  if (!status) return status.error();
  return Report{to_json(*status), to_text(*status, console.coordinator())};
}

// ---- stores ----

namespace {

struct Served {
  wire::ParticipantStoreStatus store;
  bool insecure = false;  // so is its participant
  bool draining = false;
};

// What the participant of a store says of this opening of it; nothing if it does not answer, or serves another one.
std::optional<Served> ask_participant(Console& console, const wire::StoreStatus& store) {
  const auto status = console.call(store.address, methods::kParticipantStatus, {});
  if (!status) return std::nullopt;
  for (const auto& each : status->stores) {
    // A store that is offline has no opening.
    const bool is_meant = store.opening == 0 || each.opening == 0 || store.opening == each.opening;
    if (each.store == store.store && is_meant) return Served{each, status->insecure, status->draining};
  }
  return std::nullopt;
}

Json to_json(const wire::StoreStatus& store, const std::optional<Served>& answer) {
  Json::Object object{{"store", store.store},
                      {"identity", hex(store.identity)},
                      {"address", store.address},
                      {"last_seen_ms", store.last_seen_ms},
                      {"owed", store.owed},
                      {"refused", store.refused},
                      {"opening", hex(store.opening)},
                      {"answers", answer.has_value()}};
  if (!answer) return object;
  const auto* const served = &answer->store;
  const Json::Object more{{"file", served->file},
                          {"start_number", served->start_number},
                          {"position", served->position},
                          {"active", served->active},
                          {"prepared", served->prepared},
                          {"committed", served->committed},
                          {"locks", served->locks},
                          {"waiting", served->waiting},
                          {"forces", served->forces},
                          {"wal_bytes", served->wal_bytes},
                          {"reapplied_rows", served->reapplied_rows},
                          {"oldest_doubt_ms", served->oldest_doubt_ms},
                          {"resolved_in_doubt", served->resolved_in_doubt},
                          {"operator_resolved", served->operator_resolved},
                          {"alarms", served->alarms},
                          {"offline", served->offline},
                          {"foreign_write", served->foreign_write},
                          {"insecure", answer->insecure},
                          {"draining", answer->draining}};
  object.insert(object.end(), more.begin(), more.end());
  return object;
}

std::string state_of(const wire::StoreStatus& store, const std::optional<Served>& served) {
  if (!store.refused.empty()) return "refused: " + store.refused;
  if (!served) return "its participant does not answer for it";
  const std::string online = store.last_seen_ms < 0 ? "not registered since the coordinator started" : "online";
  std::string state = served->store.offline.empty() ? online : "offline: " + served->store.offline;
  if (!served->store.foreign_write.empty()) {
    state += "; VOTES NO: another program has written to it, " + served->store.foreign_write +
             " (look at it, then `assentctl acknowledge-write`)";
  }
  if (served->draining) state += "; draining: its participant begins nothing new";
  if (served->insecure) state += "; INSECURE: its participant listens beyond its machine without TLS";
  return state;
}

}  // namespace

Result<Report> stores(Console& console) {
  const auto statuses = console.call(console.coordinator(), methods::kStores, {});
  if (!statuses) return statuses.error();
  Json::Array json;
  Table table({"STORE", "IDENTITY", "ADDRESS", "SEEN", "OWED", "ACTIVE", "PREPARED", "LOCKS", "WAITING", "STATE"});
  for (const auto& store : statuses->stores) {
    const auto served = ask_participant(console, store);
    const auto number = [&served](auto member) {
      return served ? std::to_string(served->store.*member) : std::string("?");
    };
    json.push_back(to_json(store, served));
    table.add({store.store, hex(store.identity), store.address,
               store.last_seen_ms < 0 ? "not yet" : age(store.last_seen_ms) + " ago", std::to_string(store.owed),
               number(&wire::ParticipantStoreStatus::active), number(&wire::ParticipantStoreStatus::prepared),
               number(&wire::ParticipantStoreStatus::locks), number(&wire::ParticipantStoreStatus::waiting),
               state_of(store, served)});
  }
  return Report{std::move(json), table.empty() ? "no store has registered\n" : table.to_string()};
}

// ---- transactions ----

namespace {

Json to_json(const wire::TransactionStatus& transaction) {
  Json::Array branches;
  for (const auto& branch : transaction.branches) {
    branches.push_back(Json::Object{
        {"store", branch.store}, {"branch", to_string(rpc::from_wire(branch.branch))}, {"state", branch.state}});
  }
  return Json::Object{{"id", to_string(rpc::from_wire(transaction.id))},
                      {"state", transaction.state},
                      {"age_ms", transaction.age_ms},
                      {"branches", std::move(branches)},
                      {"note", transaction.note}};
}

}  // namespace

Result<Report> transactions(Console& console) {
  const auto statuses = console.call(console.coordinator(), methods::kTransactions, {});
  if (!statuses) return statuses.error();
  Json::Array json;
  Table table({"TRANSACTION", "STATE", "AGE", "STORES", "NOTE"});
  for (const auto& transaction : statuses->transactions) {
    json.push_back(to_json(transaction));
    std::string stores;
    for (const auto& branch : transaction.branches) {
      stores += (stores.empty() ? "" : ", ") + branch.store + " " + branch.state;
    }
    table.add({to_string(rpc::from_wire(transaction.id)), transaction.state, age(transaction.age_ms), stores,
               transaction.note});
  }
  auto text = table.empty() ? "no transaction is undecided or owed an acknowledgement\n" : table.to_string();
  if (statuses->more) text += "… and more\n";
  return Report{Json::Object{{"transactions", std::move(json)}, {"more", statuses->more}}, std::move(text)};
}

Result<Report> show(Console& console, const std::string& id) {
  const auto parsed = parse_id(id);
  if (!parsed) return parsed.error();
  wire::ShowRequest request;
  request.id = rpc::to_wire(*parsed);
  const auto transaction = console.call(console.coordinator(), methods::kShow, request);
  if (!transaction) return transaction.error();
  Table table({"STORE", "BRANCH", "STATE"});
  for (const auto& branch : transaction->branches) {
    table.add({branch.store, to_string(rpc::from_wire(branch.branch)), branch.state});
  }
  auto text = id + ": " + transaction->state + ", for " + age(transaction->age_ms) + "\n";
  if (!transaction->note.empty()) text += transaction->note + "\n";
  text += table.empty() ? "it has committed, and every store has acknowledged that\n" : "\n" + table.to_string();
  return Report{to_json(*transaction), std::move(text)};
}

}  // namespace assent::ctl
