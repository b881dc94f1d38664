// Decisions: the log of a transaction coordinator that is as lean as can be. What was decided since the last force is
// forced together (group commit). One thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/measure/forced_file.h"

namespace assent::bench {

class Decisions {
 public:
  explicit Decisions(const std::filesystem::path& file) : file_(file) {}

  // To commit the transaction. Says when that is on the disk, from within force().
  void commit(const std::string& id, std::function<void()> on_durable) {
    file_.append("commit " + id + '\n');
    waiting_.push_back(std::move(on_durable));
  }

  void force() {
    if (waiting_.empty()) return;
    file_.force();
    for (const auto& on_durable : std::exchange(waiting_, {})) on_durable();
  }

 private:
  ForcedFile file_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace assent::bench
