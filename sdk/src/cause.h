// Why this client itself ends a transaction.
#pragma once

#include <string>
#include <utility>

#include "assent/outcome.h"

namespace assent::sdk {

inline AbortCause make_cause(AbortReason reason, std::string detail, std::string store = {}) {
  AbortCause cause;
  cause.reason = reason;
  cause.store = std::move(store);
  cause.detail = std::move(detail);
  return cause;
}

}  // namespace assent::sdk
