// log restore: the stores testify to what the lost end of a decision log said.
//
// Nothing is written to the log before every store has answered, and then all of it at once. A run that ends anywhere
// before leaves the stores with a start that no log knows: a coordinator on the old copy stops at the first of them,
// and the next run begins anew above it.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "coordinator/log/claimed_log.h"
#include "coordinator/log/file_log.h"
#include "coordinator/log/restoration.h"
#include "thrift/daemon/random.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

namespace {

using coordinator::LogState;
using coordinator::Testimony;
using rpc::bits;

// A store as it was found, before it is asked to testify.
struct FoundStore {
  std::string address;
  std::int64_t opening = 0;
  Epoch epoch{};  // the highest of the log that it has seen
};

using FoundStores = std::map<std::string, FoundStore>;
using Testimonies = std::map<std::string, Testimony>;

// Where each store is to be asked: as the order says, else as the log does.
Result<std::map<std::string, std::string>> addresses_of(const LogState& log, const RestoreOrder& order) {
  std::map<std::string, std::string> addresses;
  for (const auto& [name, record] : log.stores) addresses[name] = record.address;
  for (const auto& name : order.without) addresses.erase(name);
  for (const auto& store : order.stores) {
    const auto equals = store.find('=');
    const auto name = store.substr(0, equals);
    if (equals == std::string::npos || equals == 0) {
      return Error{ErrorKind::kInvalidInput, "--store: `" + store + "` is not NAME=HOST:PORT"};
    }
    if (std::count(order.without.begin(), order.without.end(), name) > 0) {
      return Error{ErrorKind::kInvalidInput, "store `" + name + "` is given as --store and as --without"};
    }
    const auto address = rpc::parse_address(store.substr(equals + 1));
    if (!address) return Error{ErrorKind::kInvalidInput, "--store " + name + ": " + address.error().message};
    addresses[name] = to_string(*address);
  }
  return addresses;
}

Error unasked(const std::string& store, const Error& error) {
  return {error.kind == ErrorKind::kInvalidInput ? ErrorKind::kConflict : error.kind,
          "store `" + store + "` cannot be asked, and nothing was written: " + error.message +
              "; start its participant, say where it is (--store " + store +
              "=HOST:PORT), or, if it is lost for good, go on --without " + store};
}

Result<FoundStore> find_store(Console& console, const std::string& name, const std::string& address, LogIdentity log) {
  const auto status = console.call(address, methods::kParticipantStatus, {});
  if (!status) return unasked(name, status.error());
  for (const auto& store : status->stores) {
    if (store.store != name) continue;
    if (!store.offline.empty()) return unasked(name, {ErrorKind::kUnavailable, address + ": " + store.offline});
    FoundStore found{address, store.opening, {}};
    for (const auto& seen : store.seen) {
      if (LogIdentity{bits(seen.log)} == log) found.epoch = Epoch{bits(seen.epoch)};
    }
    return found;
  }
  return unasked(name, {ErrorKind::kNotFound, "no store of this name is served at " + address});
}

void take(Testimony& testimony, const wire::Testimony& answer) {
  testimony.identity = StoreIdentity{bits(answer.identity)};
  testimony.position = StorePosition{bits(answer.position)};
  testimony.seen = Position{bits(answer.seen_position)};
  testimony.released.through = Position{bits(answer.released_through)};
  testimony.released.except.clear();
  for (const auto position : answer.released_except) testimony.released.except.push_back(Position{bits(position)});
  for (const auto& branch : answer.branches) {
    testimony.branches.push_back({rpc::from_wire(branch.id), rpc::from_wire(branch.branch), branch.state,
                                  Position{bits(branch.commit_position)}, branch.stores});
  }
}

Result<Testimony> ask(Console& console, const std::string& name, const FoundStore& store,
                      const CoordinatorLine& start) {
  Testimony testimony;
  testimony.address = store.address;
  wire::TestifyRequest request;
  request.store = name;
  request.opening = store.opening;
  request.coordinator = rpc::to_wire(CoordinatorView{start, {}, {}});
  for (;;) {
    const auto answer = console.call(store.address, methods::kTestify, request);
    if (!answer) return unasked(name, answer.error());
    take(testimony, *answer);
    if (!answer->more || answer->branches.empty()) return testimony;
    request.__set_after(answer->branches.back().id);
  }
}

Json to_json(const std::vector<coordinator::CommitRecord>& found) {
  Json::Array json;
  for (const auto& record : found) {
    Json::Array stores;
    for (const auto& branch : record.branches) stores.emplace_back(branch.store);
    json.push_back(Json::Object{
        {"id", to_string(record.id)}, {"commit_position", bits(record.commit)}, {"stores", std::move(stores)}});
  }
  return json;
}

std::string to_text(const std::vector<coordinator::CommitRecord>& found) {
  if (found.empty()) return "no commit was found that the copy had not\n";
  Table table({"COMMIT FOUND AGAIN", "POSITION", "STORES"});
  for (const auto& record : found) {
    std::vector<std::string> stores;
    for (const auto& branch : record.branches) stores.push_back(branch.store);
    table.add({to_string(record.id), to_string(record.commit), join(stores)});
  }
  return table.to_string();
}

Json to_json(const std::vector<coordinator::PresumedBranch>& presumed) {
  Json::Array json;
  for (const auto& branch : presumed) {
    json.push_back(Json::Object{{"id", to_string(branch.id)},
                                {"store", branch.store},
                                {"state", branch.state},
                                {"committed_elsewhere", bits(branch.elsewhere)}});
  }
  return json;
}

std::string to_text(const std::vector<coordinator::PresumedBranch>& presumed) {
  if (presumed.empty()) return "no branch will be aborted\n";
  Table table({"WILL BE ABORTED", "STORE", "STATE", "COMMITTED ELSEWHERE"});
  for (const auto& branch : presumed) {
    table.add({to_string(branch.id), branch.store, branch.state,
               branch.elsewhere == Position{} ? "by no store" : "at " + to_string(branch.elsewhere)});
  }
  return table.to_string() +
         "what no store has committed, the lost log may have: a client may have been told. What is committed elsewhere "
         "is a stray copy of a branch, or of a store that was left out before: look at it, and `resolve` it first\n";
}

std::string warning(const std::string& store) {
  return "WITHOUT store `" + store +
         "`: what it alone had committed is aborted everywhere else, and what it owes stays "
         "owed. Never serve its file again under this log: the coordinator would stop\n";
}

Report report(const RestoreOrder& order, const LogState& old, const FoundStores& stores, const Testimonies& testimonies,
              const coordinator::Restoration& restored) {
  Json::Array json;
  Table table({"STORE", "ADDRESS", "HAD SEEN EPOCH", "POSITION", "BRANCHES"});
  for (const auto& [name, store] : stores) {
    const auto& testimony = testimonies.at(name);
    json.push_back(Json::Object{{"store", name},
                                {"identity", hex(bits(testimony.identity))},
                                {"address", store.address},
                                {"seen_epoch", bits(store.epoch)},
                                {"seen_position", bits(testimony.seen)},
                                {"branches", static_cast<std::int64_t>(testimony.branches.size())}});
    table.add({name, store.address, to_string(store.epoch), to_string(testimony.seen),
               std::to_string(testimony.branches.size())});
  }
  std::string text = table.to_string() + to_text(restored.found) + to_text(restored.presumed);
  for (const auto& name : order.without) text += warning(name);
  const LogState& state = restored.state;
  text += "log " + to_string(state.log) + " is restored: it was a copy of epoch " + to_string(old.epoch()) +
          ", position " + to_string(old.last) + ", and goes on behind epoch " + to_string(state.epoch()) +
          ", position " + to_string(state.last) + "\nstart the coordinator on " + order.directory.string() + "\n";
  return {Json::Object{{"log", to_string(state.log)},
                       {"epoch", bits(state.epoch())},
                       {"position", bits(state.last)},
                       {"stores", std::move(json)},
                       {"found", to_json(restored.found)},
                       {"presumed", to_json(restored.presumed)},
                       {"without", Json::Array(order.without.begin(), order.without.end())}},
          std::move(text)};
}

}  // namespace

Result<Report> log_restore(Console& console, const RestoreOrder& order) {
  const auto directory = coordinator::open_log_directory(order.directory);
  if (!directory) return directory.error();
  const auto claimed = coordinator::claim_log(**directory, /*create=*/false);
  if (!claimed) return claimed.error();
  const LogState& old = claimed->state;
  const auto addresses = addresses_of(old, order);
  if (!addresses) return addresses.error();
  if (addresses->empty()) {
    return Error{ErrorKind::kNotFound,
                 "no store is left to be asked: name those that there are, a new one too (--store NAME=HOST:PORT); "
                 "nothing was written"};
  }

  FoundStores stores;
  Epoch highest = old.epoch();
  for (const auto& [name, address] : *addresses) {
    auto found = find_store(console, name, address, old.log);
    if (!found) return found.error();
    highest = std::max(highest, found->epoch);
    stores.emplace(name, std::move(*found));
  }
  const CoordinatorLine start{old.log, coordinator::restored_epoch(highest), Nonce{daemon::random_number()}, {}};
  Testimonies testimonies;
  for (const auto& [name, store] : stores) {
    auto testimony = ask(console, name, store, start);
    if (!testimony) return testimony.error();
    testimonies.emplace(name, std::move(*testimony));
  }
  const auto restored = coordinator::restore_log(old, testimonies, {order.without.begin(), order.without.end()},
                                                 start.epoch, start.nonce);
  if (!restored) {
    return Error{restored.error().kind, restored.error().message + "; nothing was written"};
  }
  if (auto replaced =
          coordinator::replace_log(**directory, *claimed, restored->state, coordinator::FileLogOptions{}.segment_bytes);
      !replaced) {
    return replaced.error();
  }
  return report(order, old, stores, testimonies, *restored);
}

}  // namespace assent::ctl
