// Leases: the blocks of transaction ids that clients hold, and which of these ids are used.
//
//   L1  A number is leased once: blocks never overlap, and numbers count up from 0 in each epoch.
//   L2  An id begins once: it can begin while its lease lives and it is unused, and marking it used is for ever.
//   L3  Nothing begins on a lease that has passed, however late the coordinator notices that it has.
//
// Ids are taken from a lease for `use`; it lives `grace` longer, so that what was begun late still arrives in time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "assent/time.h"

namespace assent::coordinator {

// What may become of an id.
enum class Standing : std::uint8_t {
  kCanBegin,     // of a live lease, and unused
  kCannotBegin,  // used, or its lease or its epoch has passed
  kNeverIssued,  // this log has not given it to anybody
};

struct LeasedIds {
  std::uint64_t first = 0;
  std::uint32_t count = 0;
};

class Leases {
 public:
  Leases(Duration use, Duration grace, std::uint32_t most_ids, std::uint32_t most_leases);

  // Leases up to `wanted` ids; nothing if too many leases are alive. REQUIRES: wanted > 0.
  std::optional<LeasedIds> grant(std::uint32_t wanted, Time now);

  Standing standing(std::uint64_t number, Time now) const;

  // REQUIRES: standing(number, now) is kCanBegin. Afterwards it never is again.
  void use(std::uint64_t number, Time now);

  // Lets go of the leases that have ended.
  void expire(Time now);

  // When the next lease ends.
  std::optional<Time> next_end() const;

 private:
  struct Lease {
    Time ends;
    std::vector<bool> used;
    std::size_t unused = 0;
  };
  using Table = std::map<std::uint64_t, Lease>;  // by first number, which is also the order in which they end

  // The lease that holds the number; end() if it has ended or never was.
  Table::const_iterator find(std::uint64_t number) const;

  const Duration life_;
  const std::uint32_t most_ids_;
  const std::uint32_t most_leases_;
  std::uint64_t next_number_ = 0;
  Table leases_;
};

}  // namespace assent::coordinator
