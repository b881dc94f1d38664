// From an Error, as the network gives it, to the exception that a caller of the client sees.
#pragma once

#include "assent/result.h"

namespace assent::sdk {

// REQUIRES: nothing happened. InvalidArgument, Overloaded, or Unavailable.
[[noreturn]] void throw_error(const Error& error);

}  // namespace assent::sdk
