// Latch: tells when nobody holds it any more.
#pragma once

#include <future>

namespace assent::sdk {

class Latch {
 public:
  Latch() = default;
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;
  ~Latch() { released_.set_value(); }

  // Once only.
  std::future<void> released() { return released_.get_future(); }

 private:
  std::promise<void> released_;
};

}  // namespace assent::sdk
