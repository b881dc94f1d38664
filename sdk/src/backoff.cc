#include "sdk/src/backoff.h"

#include <algorithm>
#include <random>
#include <thread>

namespace assent::sdk {

void Backoff::wait() {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::min(next_, ceiling_));
  std::uniform_int_distribution<std::chrono::microseconds::rep> between(whole.count() / 2, whole.count());
  next_ = std::min(next_ * 2, ceiling_);
  std::this_thread::sleep_for(std::chrono::microseconds(between(random)));
}

}  // namespace assent::sdk
