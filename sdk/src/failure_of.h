// From an Error, as the network gives it, to the exception that a caller of the client sees.
#pragma once

#include <exception>

#include "assent/result.h"

namespace assent::sdk {

// REQUIRES: nothing happened. InvalidArgument, Overloaded, or Unavailable.
std::exception_ptr failure_of(const Error& error);

}  // namespace assent::sdk
