#include "tests/simulation/forked.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace assent::simulation {

Forked::Forked(const std::function<void(int descriptor)>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  process_ = fork();
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    work(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  descriptor_ = ends[0];
}

Forked::Forked(Forked&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), process_(std::exchange(other.process_, -1)) {}

Forked::~Forked() {
  if (process_ < 0) return;
  close(descriptor_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::string Forked::report() {
  std::string text;
  char bytes[4096];
  for (ssize_t length = 0; (length = read(descriptor_, static_cast<char*>(bytes), sizeof bytes)) > 0;) {
    text.append(static_cast<const char*>(bytes), static_cast<std::size_t>(length));
  }
  return text;
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t length = write(descriptor, text.data(), text.size());
    if (length < 0) _exit(2);
    text.remove_prefix(static_cast<std::size_t>(length));
  }
}

}  // namespace assent::simulation
