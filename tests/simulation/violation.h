// Violation: a rule of the protocol was broken. What is being explored ends here.
#pragma once

#include <stdexcept>

namespace assent::simulation {

class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace assent::simulation
