// log restore: the stores testify to what the lost end of a decision log said.
//
// Nothing is written to the log before every store has answered, and then all of it at once. A run that ends anywhere
// before leaves the stores with a start that no log knows: a coordinator on the old copy stops at the first of them,
// and the next run begins anew above it.
#include <algorithm>
#include <map>
#include <utility>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "coordinator/log/claimed_log.h"
#include "coordinator/log/file_log.h"
#include "coordinator/log/restoration_protocol.h"
#include "thrift/daemon/random.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

namespace {

using coordinator::LogState;
using coordinator::RestorationProtocol;
using coordinator::Testimony;
using rpc::bits;

// As --store gives them: by name, where they are.
Result<std::map<std::string, std::string>> named_stores(const RestoreOrder& order) {
  std::map<std::string, std::string> addresses;
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

Result<void> find_store(Console& console, RestorationProtocol& protocol, const std::string& name, LogIdentity log) {
  const std::string& address = protocol.witnesses().at(name).address;
  const auto status = console.call(address, methods::kParticipantStatus, {});
  if (!status) return unasked(name, status.error());
  for (const auto& store : status->stores) {
    if (store.store != name) continue;
    if (!store.offline.empty()) return unasked(name, {ErrorKind::kUnavailable, address + ": " + store.offline});
    Epoch highest{};
    for (const auto& seen : store.seen) {
      if (LogIdentity{bits(seen.log)} == log) highest = Epoch{bits(seen.epoch)};
    }
    protocol.found(name, Opening{bits(store.opening)}, highest);
    return {};
  }
  return unasked(name, {ErrorKind::kNotFound, "no store of this name is served at " + address});
}

Testimony from_wire(const wire::Testimony& answer) {
  Testimony testimony;
  testimony.identity = StoreIdentity{bits(answer.identity)};
  testimony.position = StorePosition{bits(answer.position)};
  testimony.seen = Position{bits(answer.seen_position)};
  testimony.released.through = Position{bits(answer.released_through)};
  for (const auto position : answer.released_except) testimony.released.except.push_back(Position{bits(position)});
  for (const auto& branch : answer.branches) {
    testimony.branches.push_back({rpc::from_wire(branch.id), rpc::from_wire(branch.branch), branch.state,
                                  Position{bits(branch.commit_position)}, branch.stores});
  }
  return testimony;
}

Result<void> hear_store(Console& console, RestorationProtocol& protocol, const std::string& name) {
  while (const auto question = protocol.question(name)) {
    wire::TestifyRequest request;
    request.store = name;
    request.opening = bits(question->opening);
    request.coordinator = rpc::to_wire(CoordinatorView{question->start, {}, {}});
    if (question->after) request.__set_after(rpc::to_wire(*question->after));
    const auto answer = console.call(protocol.witnesses().at(name).address, methods::kTestify, request);
    if (!answer) return unasked(name, answer.error());
    protocol.answered(*question, from_wire(*answer), answer->more);
  }
  return {};
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
                                {"committed_elsewhere", branch.is_committed_elsewhere}});
  }
  return json;
}

std::string to_text(const std::vector<coordinator::PresumedBranch>& presumed) {
  if (presumed.empty()) return "no branch will be aborted\n";
  Table table({"WILL BE ABORTED", "STORE", "STATE", "COMMITTED ELSEWHERE"});
  for (const auto& branch : presumed) {
    table.add({to_string(branch.id), branch.store, branch.state, branch.is_committed_elsewhere ? "yes" : "no"});
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

Report report(const RestoreOrder& order, const LogState& old, const RestorationProtocol& protocol,
              const coordinator::Restoration& restored) {
  Json::Array json;
  Table table({"STORE", "ADDRESS", "HAD SEEN EPOCH", "POSITION", "BRANCHES"});
  for (const auto& [name, testimony] : protocol.testimonies()) {
    const Epoch epoch = protocol.witnesses().at(name).seen;
    json.push_back(Json::Object{{"store", name},
                                {"identity", hex(bits(testimony.identity))},
                                {"address", testimony.address},
                                {"seen_epoch", bits(epoch)},
                                {"seen_position", bits(testimony.seen)},
                                {"branches", static_cast<std::int64_t>(testimony.branches.size())}});
    table.add({name, testimony.address, to_string(epoch), to_string(testimony.seen),
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
  const auto named = named_stores(order);
  if (!named) return named.error();
  RestorationProtocol protocol(old, *named, {order.without.begin(), order.without.end()},
                               Nonce{daemon::random_number()});
  for (const auto& [name, witness] : protocol.witnesses()) {
    if (auto found = find_store(console, protocol, name, old.log); !found) return found.error();
  }
  for (const auto& [name, witness] : protocol.witnesses()) {
    if (auto heard = hear_store(console, protocol, name); !heard) return heard.error();
  }
  const auto restored = protocol.restore();
  if (!restored) {
    return Error{restored.error().kind, restored.error().message + "; nothing was written"};
  }
  if (auto replaced =
          coordinator::replace_log(**directory, *claimed, restored->state, coordinator::FileLogOptions{}.segment_bytes);
      !replaced) {
    return replaced.error();
  }
  return report(order, old, protocol, *restored);
}

}  // namespace assent::ctl
