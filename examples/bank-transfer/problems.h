// Problems: what should never happen, with its message. Each becomes a row of the report, and the run is wrong.
#pragma once

#include <exception>
#include <mutex>
#include <string>
#include <vector>

namespace bank {

class Problems {
 public:
  // Does a part of the work, on any thread. Returns false, and keeps the message, if it throws.
  template <typename Part>
  bool attempt(const std::string& name, const Part& part) {
    try {
      part();
      return true;
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      texts_.push_back(name + ": " + error.what());
      return false;
    }
  }

  std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

}  // namespace bank
