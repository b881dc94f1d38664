// Script: what the one transaction of a client does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assent/transaction_id.h"
#include "tests/exhaustive/message.h"
#include "tests/simulation/model_store.h"

namespace assent::exhaustive {

inline constexpr LogIdentity kLog{1};

struct Step {
  Node store{};
  simulation::AccountId account = 0;
  bool writes = true;  // else it reads the account
};

struct Script {
  bool is_one_shot = true;
  bool gives_up = false;  // aborts instead of committing; never one-shot
  std::vector<Step> steps;
  coordinator::ReturnWhen return_when = coordinator::ReturnWhen::kDecided;  // of a one-shot
  bool after_first = false;  // begins when the first client has heard that it is committed; only the second one's

  bool writes_at(Node store, simulation::AccountId account) const {
    for (const Step& step : steps) {
      if (step.writes && step.store == store && step.account == account) return true;
    }
    return false;
  }

  bool writes_at(Node store) const {
    for (const Step& step : steps) {
      if (step.writes && step.store == store) return true;
    }
    return false;
  }
};

// The ids are those of the first lease, in the order of the clients.
using Scripts = std::map<TransactionId, Script>;

}  // namespace assent::exhaustive
