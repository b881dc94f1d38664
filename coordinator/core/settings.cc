#include "coordinator/core/settings.h"

#include <array>
#include <utility>

namespace assent::coordinator {

std::optional<std::string> check(const Settings& settings) {
  const std::array durations{
      std::pair{"transaction_timeout", settings.transaction_timeout},
      std::pair{"vote_timeout", settings.vote_timeout},
      std::pair{"lease_use", settings.lease_use},
      std::pair{"resend_first", settings.resend_first},
      std::pair{"resend_ceiling", settings.resend_ceiling},
      std::pair{"idle_force", settings.idle_force},
      std::pair{"retention", settings.retention},
      std::pair{"proof_wait", settings.proof_wait},
      std::pair{"refusal_kept", settings.refusal_kept},
  };
  for (const auto& [name, value] : durations) {
    if (value <= Duration::zero()) return std::string(name) + " must be longer than nothing";
  }
  const std::array counts{
      std::pair{"lease_ids", settings.lease_ids},
      std::pair{"leases", settings.leases},
      std::pair{"transactions", settings.transactions},
      std::pair{"stores_per_transaction", settings.stores_per_transaction},
      std::pair{"stores", settings.stores},
      std::pair{"refused_stores", settings.refused_stores},
      std::pair{"owed_commits", settings.owed_commits},
      std::pair{"released_exceptions", settings.released_exceptions},
  };
  for (const auto& [name, value] : counts) {
    if (value == 0) return std::string(name) + " must be at least 1";
  }
  if (settings.result_bytes == 0) return "result_bytes must be at least 1";
  if (settings.resend_ceiling < settings.resend_first) {
    return "resend_ceiling must not be shorter than resend_first";
  }
  if (settings.retention <= settings.lease_use + settings.transaction_timeout) {
    return "retention must be longer than lease_use and transaction_timeout together: an id that can still begin must "
           "not be forgotten";
  }
  return std::nullopt;
}

}  // namespace assent::coordinator
