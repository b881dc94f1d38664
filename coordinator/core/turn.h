// What one event is handled with: the time it happened at, what may be looked up, and where the orders go.
#pragma once

#include "assent/time.h"
#include "coordinator/core/events.h"
#include "coordinator/core/log_tail.h"
#include "coordinator/core/settings.h"
#include "coordinator/core/store_registry.h"

namespace assent::coordinator {

struct Turn {
  const Time now;
  const Settings& settings;
  const StoreRegistry& stores;
  LogTail& log;
  Effects& effects;
};

}  // namespace assent::coordinator
