#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

namespace {

constexpr const char* kPrepared = "prepared";

Json texts(const std::vector<std::string>& words) {
  return Json::Array(words.begin(), words.end());
}

bool is_in_doubt(const wire::BranchStatus& branch) {
  return branch.state == kPrepared || branch.state.rfind("resolved", 0) == 0;
}

bool ends_by_itself(const wire::BranchStatus& branch) {
  return branch.state.rfind("active", 0) == 0 || branch.state == "committed";
}

// The stores to look at, by participant: those of the one that was named, else those that the coordinator knows.
Result<std::vector<std::pair<std::string, std::string>>> stores_and_addresses(Console& console) {
  std::vector<std::pair<std::string, std::string>> found;
  if (!console.participant().empty()) {
    const auto status = console.call(console.participant(), methods::kParticipantStatus, {});
    if (!status) return status.error();
    for (const auto& store : status->stores) found.emplace_back(store.store, console.participant());
    return found;
  }
  const auto statuses = console.call(console.coordinator(), methods::kStores, {});
  if (!statuses) {
    auto error = statuses.error();
    error.message += "; without the coordinator, name one participant after the other with --participant HOST:PORT";
    return error;
  }
  for (const auto& store : statuses->stores) found.emplace_back(store.store, store.address);
  return found;
}

Result<wire::BranchStatuses> ask_branches(Console& console, const std::string& address, const std::string& store) {
  wire::StoreRequest request;
  request.store = store;
  return console.call(address, methods::kBranches, request);
}

Json to_json(const std::string& store, const wire::BranchStatus& branch) {
  return Json::Object{{"id", to_string(rpc::from_wire(branch.id))},
                      {"store", store},
                      {"branch", to_string(rpc::from_wire(branch.branch))},
                      {"state", branch.state},
                      {"age_ms", branch.age_ms},
                      {"stores", texts(branch.stores)},
                      {"coordinator", branch.coordinator},
                      {"inquiries", branch.inquiries},
                      {"changes", branch.changes},
                      {"blocks", texts(to_texts(branch.blocks))}};
}

}  // namespace

// ---- in-doubt ----

Result<Report> in_doubt(Console& console) {
  const auto stores = stores_and_addresses(console);
  if (!stores) return stores.error();
  Json::Array json;
  Json::Array silent;
  bool more = false;
  Table table({"TRANSACTION", "STORE", "STATE", "AGE", "STORES", "CHANGES", "ASKED", "COORDINATOR", "BLOCKS"});
  std::string text;
  for (const auto& [store, address] : *stores) {
    const auto branches = ask_branches(console, address, store);
    if (!branches) {
      silent.push_back(Json::Object{{"store", store}, {"error", branches.error().message}});
      text += "store `" + store + "` cannot be asked: " + branches.error().message + "\n";
      continue;
    }
    // What does not end by itself stands first: a list that goes beyond it lacks nothing of it.
    if (branches->more && !ends_by_itself(branches->branches.back())) {
      more = true;
      text += "store `" + store + "` has more in doubt than it lists\n";
    }
    for (const auto& branch : branches->branches) {
      if (!is_in_doubt(branch)) continue;
      json.push_back(to_json(store, branch));
      table.add({to_string(rpc::from_wire(branch.id)), store, branch.state, age(branch.age_ms), join(branch.stores),
                 std::to_string(branch.changes), std::to_string(branch.inquiries) + "×", branch.coordinator,
                 join(to_people(branch.blocks))});
    }
  }
  if (!table.empty()) {
    text = table.to_string() + text;
  } else if (silent.empty()) {
    text = "no branch is in doubt\n";
  } else {
    text = "no branch is in doubt at the stores that answer\n" + text;
  }
  return Report{Json::Object{{"branches", std::move(json)}, {"silent", std::move(silent)}, {"more", more}},
                std::move(text)};
}

// ---- locks ----

Result<Report> locks(Console& console, const std::string& store) {
  const auto address = console.locate(store);
  if (!address) return address.error();
  wire::StoreRequest request;
  request.store = store;
  const auto statuses = console.call(*address, methods::kLocks, request);
  if (!statuses) return statuses.error();
  Json::Array json;
  Table table({"TABLE", "KEY", "MODE", "TRANSACTION", "STATE", "AGE"});
  for (const auto& lock : statuses->locks) {
    const auto id = to_string(rpc::from_wire(lock.id));
    json.push_back(Json::Object{{"table", lock.table},
                                {"key", lock.key},
                                {"mode", lock.mode},
                                {"id", id},
                                {"granted", lock.granted},
                                {"age_ms", lock.age_ms}});
    table.add({lock.table.empty() ? "(all tables)" : lock.table, lock.key.empty() ? "(all rows)" : lock.key, lock.mode,
               join(to_people({lock.id})), lock.granted ? "holds" : "waits", age(lock.age_ms)});
  }
  auto text = table.empty() ? "store `" + store + "` holds no lock\n" : table.to_string();
  if (statuses->more) text += "… and more\n";
  return Report{Json::Object{{"locks", std::move(json)}, {"more", statuses->more}}, std::move(text)};
}

// ---- resolve ----

Result<Report> resolve(Console& console, const Resolution& resolution) {
  const auto id = parse_id(resolution.id);
  if (!id) return id.error();
  if (is_blank(resolution.reason)) {
    return Error{ErrorKind::kInvalidInput, "--reason is empty: say why, it is kept with the branch"};
  }
  const auto address = console.locate(resolution.store);
  if (!address) return address.error();
  wire::ResolveRequest request;
  request.store = resolution.store;
  request.id = rpc::to_wire(*id);
  request.decision = rpc::to_wire(resolution.decision);
  request.reason = who() + ": " + resolution.reason;
  const auto resolved = console.call(*address, methods::kResolve, request);
  if (!resolved) return resolved.error();
  return Report{to_json(resolution.store, *resolved),
                "the branch of " + resolution.id + " at store `" + resolution.store + "` is " + resolved->state +
                    ". It goes on asking its coordinator; if that has decided otherwise, both will say so "
                    "(heuristic-mixed), and the stores of this transaction differ: " +
                    join(resolved->stores) + "\n"};
}

}  // namespace assent::ctl
