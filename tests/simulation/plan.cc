#include "tests/simulation/plan.h"

#include <algorithm>
#include <set>
#include <utility>

namespace assent::simulation {

namespace {

Statement statement(std::string_view sql, std::vector<Value> parameters, std::optional<std::uint64_t> rows = {}) {
  return {std::string(sql), std::move(parameters), rows};
}

std::size_t writes_of(const Plan& plan, const std::string& store, AccountId account) {
  const auto writes = plan.writes.find(store);
  if (writes == plan.writes.end()) return 0;
  return static_cast<std::size_t>(std::count(writes->second.begin(), writes->second.end(), account));
}

void add_read(Plan& plan, const std::string& store, AccountId account) {
  const auto own_writes = writes_of(plan, store, account);
  plan.steps.push_back({store, statement(kSelectBalance, {account}, 1), account, {}, own_writes});
}

void add_read_of_all(Plan& plan, const std::string& store) {
  plan.steps.push_back({store, statement(kSelectAll, {}), {}, {}});
}

void will_write(Plan& plan, const std::string& store, AccountId account) {
  auto& writes = plan.writes[store];
  if (writes.empty() && plan.is_marked) {
    plan.steps.push_back({store, statement(kInsertAccount, {AccountId{0}, Balance{0}}, 1), {}, {0}});
  }
  writes.push_back(account);
}

// A change of nothing counts as a change too: it makes a version.
void add_write(Plan& plan, const std::string& store, AccountId account, Balance money) {
  will_write(plan, store, account);
  plan.steps.push_back({store, statement(kAddToBalance, {account, money * kVersions + 1}, 1), {}, {}});
}

// Reads what it has appended itself, too.
void add_append_or_read(Plan& plan, const std::string& store, AccountId list, bool is_append) {
  const auto own_writes = writes_of(plan, store, list);
  if (!is_append || own_writes > 0) {
    plan.steps.push_back({store, statement(kSelectItems, {list}, 1), list, {}, own_writes});
    return;
  }
  will_write(plan, store, list);
  plan.steps.push_back({store, statement(kAppend, {list, AccountId{0}}, 1), {}, {1}});
}

}  // namespace

void Plan::mark(AccountId marker) {
  for (auto& step : steps) {
    for (const auto parameter : step.marks) step.statement.parameters[parameter] = marker;
  }
}

AccountId marker_of(const TransactionId& id) {
  const auto start = (static_cast<AccountId>(id.log) << 32U) + static_cast<AccountId>(id.epoch);
  return kFirstMarker + (start << 24U) + static_cast<AccountId>(id.number);
}

Plan draw_plan(World& world, const std::vector<std::string>& stores) {
  const auto account = [&world] { return static_cast<AccountId>(world.below(kAccounts)); };
  const std::size_t first = world.below(stores.size());
  const std::string& from = stores[first];
  const bool is_of_one_store = stores.size() == 1 || world.chance(0.1);
  const std::string& to = is_of_one_store ? from : stores[(first + 1 + world.below(stores.size() - 1)) % stores.size()];
  Plan plan;
  plan.is_one_shot = world.chance(0.6);
  plan.gives_up = world.chance(0.1);
  plan.is_marked = world.chance(0.5);
  if (world.chance(0.2)) plan.level = IsolationLevel::kReadCommitted;
  const auto kind = world.below(17);
  if (kind < 4) {
    plan.name = "transfer";
    const AccountId source = account();
    const AccountId sink = account();
    if (world.chance(0.5)) {
      add_read(plan, from, source);
      add_read(plan, to, sink);
    }
    const auto money = static_cast<Balance>(world.below(10));
    add_write(plan, from, source, -money);
    add_write(plan, to, sink, money);
    if (world.chance(0.2)) add_read(plan, from, source);
  } else if (kind < 7) {
    plan.name = "read here, write there";
    add_read(plan, from, account());
    add_write(plan, to, account(), 0);
  } else if (kind < 8) {
    plan.name = "audit";
    for (const auto& store : stores) add_read_of_all(plan, store);
  } else if (kind < 9) {
    plan.name = "write everywhere";
    for (const auto& store : stores) add_write(plan, store, account(), 0);
  } else if (kind < 10) {
    plan.name = "statement that fails";
    add_write(plan, from, account(), 0);
    plan.steps.push_back({to, statement(kInsertAccount, {account(), Balance{0}}), {}, {}, 0, true});
    if (world.chance(0.5)) add_write(plan, to, account(), 0);
  } else if (kind < 11) {
    plan.name = "child before its parent";  // breaks the rule of links for a while, or for good
    plan.is_marked = true;
    plan.child_at = from;
    plan.steps.push_back({from, statement(kInsertLink, {AccountId{0}, AccountId{0}, nullptr}, 1), {}, {0, 1}});
    if (world.chance(0.8)) {
      add_write(plan, from, account(), 0);
    } else {
      add_read(plan, from, account());  // which breaks nothing by itself
    }
    add_write(plan, to, account(), 0);
  } else if (kind < 13) {
    plan.name = "unique codes";
    plan.is_marked = true;
    for (const auto& store : std::set{from, to}) {
      const auto code = static_cast<std::int64_t>(world.below(kCodes));
      add_write(plan, store, account(), 0);
      plan.codes[store] = {code, world.chance(0.6)};
      if (plan.codes[store].is_freed) plan.steps.push_back({store, statement(kDeleteLink, {code}), {}, {}});
      plan.steps.push_back({store, statement(kInsertLink, {AccountId{0}, account(), code}, 1), {}, {0}});
    }
  } else if (kind < 16) {
    plan.name = "list-append";
    plan.is_marked = true;
    for (std::uint64_t left = 2 + world.below(4); left > 0; --left) {
      const auto list = kFirstList + static_cast<AccountId>(world.below(kLists));
      const auto& store = world.chance(0.5) ? from : to;
      add_append_or_read(plan, store, list, world.chance(0.5));
    }
  } else {
    plan.name = "long";
    plan.is_one_shot = false;
    for (AccountId i = 0; i < 2; ++i) {
      for (const auto& store : {from, to}) {
        add_read(plan, store, 2);
        add_write(plan, store, i, 0);
      }
    }
  }
  plan.gives_up = plan.gives_up && !plan.is_one_shot;
  return plan;
}

Plan draw_crosswise_plan(World& world, const std::vector<std::string>& stores) {
  Plan plan;
  plan.name = "crosswise";
  plan.is_one_shot = world.chance(0.5);
  plan.is_marked = false;
  const bool is_turned = world.chance(0.5);
  for (const std::size_t each : {is_turned ? 1U : 0U, is_turned ? 0U : 1U}) {
    const bool is_one_store = stores.size() == 1;
    add_write(plan, stores[is_one_store ? 0 : each], is_one_store ? static_cast<AccountId>(each) : 0, 0);
  }
  return plan;
}

}  // namespace assent::simulation
