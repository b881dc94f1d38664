// Forked: what a process of its own finds out. If an invariant of a core ends that process, it ends nothing else.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace assent::simulation {

class Forked {
 public:
  // `work` runs in the child, which writes what it finds out to the descriptor, and ends with it.
  explicit Forked(const std::function<void(int descriptor)>& work);
  Forked(Forked&& other) noexcept;
  Forked& operator=(Forked&&) = delete;
  ~Forked();  // it need not go on

  // Something is there to be read, or it has ended.
  int descriptor() const { return descriptor_; }

  // Waits for its end.
  std::string report();

 private:
  int descriptor_ = -1;
  pid_t process_ = -1;
};

// In the child.
void write_all(int descriptor, std::string_view text);

}  // namespace assent::simulation
