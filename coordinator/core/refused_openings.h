// RefusedOpenings: what registers and is refused, beside the stores: copies of their files, strangers under their
// names.
//
// One that goes on trying is told of once, and listed for as long as it tries.
//
//   F1  An opening is new once, until it has been silent for `kept`.
//   F2  No more than `most` are remembered; while there is no room for another one, that one is not told of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "assent/time.h"
#include "assent/transaction_id.h"
#include "coordinator/core/events.h"

namespace assent::coordinator {

struct RefusedOpening {
  std::string store;  // the name that it registers under
  StoreIdentity identity{};
  Opening opening{};
  std::string address;
  std::string reason;  // why it was refused when it registered last
  Time last_seen;
};

class RefusedOpenings {
 public:
  RefusedOpenings(Duration kept, std::size_t most) : kept_(kept), most_(most) {}

  // It was refused, now. Returns whether people must be told: it is new, and there was room for it.
  bool refused(const StoreRegistered& event, const std::string& reason, Time now);

  // It was accepted after all.
  void accepted(const StoreRegistered& event) { openings_.erase(key(event)); }

  // Another one will not be told of, unless one of these has fallen silent by then.
  bool is_full() const { return openings_.size() >= most_; }

  // Those that have not fallen silent, by name.
  std::vector<RefusedOpening> listed(Time now) const;

  // Why something was refused under this name, if anything was that has not fallen silent; else empty.
  std::string reason(const std::string& store, Time now) const;

 private:
  using Key = std::tuple<std::string, StoreIdentity, Opening>;

  static Key key(const StoreRegistered& event) { return {event.store, event.identity, event.opening}; }
  bool is_silent(const RefusedOpening& opening, Time now) const { return now - opening.last_seen >= kept_; }

  const Duration kept_;
  const std::size_t most_;
  std::map<Key, RefusedOpening> openings_;
};

}  // namespace assent::coordinator
