// The moment at which a test of a core begins.
#pragma once

#include "assent/time.h"

namespace assent::coordinator {

inline constexpr Time kNow{std::chrono::seconds(1000)};

}  // namespace assent::coordinator
