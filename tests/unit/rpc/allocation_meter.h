// AllocationMeter: the most memory that this program held at once since the meter was made, above what it held then.
// It counts operator new, which this test program replaces.
#pragma once

#include <cstddef>

namespace assent::rpc {

class AllocationMeter {
 public:
  AllocationMeter();
  std::size_t peak_growth() const;

 private:
  std::size_t held_before_;
};

}  // namespace assent::rpc
