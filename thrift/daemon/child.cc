#include "thrift/daemon/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace assent::daemon {

namespace {

constexpr int kCannotExec = 127;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment(const Launch& launch) {
  std::vector<std::string> words;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string word = *entry;
    if (!launch.environment.contains(word.substr(0, word.find('=')))) words.push_back(word);
  }
  for (const auto& [name, value] : launch.environment) words.push_back(name + "=" + value);
  return words;
}

int result_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int wait_in_full(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return result_of(status);
}

}  // namespace

Result<pid_t> spawn(const Launch& launch, int out, int err) {
  // Everything is made ready before the fork: behind it, in a process with threads, only system calls are safe.
  std::vector<std::string> words{launch.program.string()};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  auto variables = environment(launch);
  const auto arguments = pointers(words);
  const auto entries = pointers(variables);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) {
    return Error{ErrorKind::kIo, "cannot start " + launch.program.string() + ": " + std::strerror(errno)};
  }
  if (process > 0) return process;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotExec);  // the parent died before it could be watched
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  // Nothing else of the parent's: a socket of which the child keeps a copy stays open when the parent closes it.
  syscall(SYS_close_range, 3U, ~0U, 0U);
  execve(arguments.front(), arguments.data(), entries.data());
  _exit(kCannotExec);
}

Result<int> wait_for(pid_t process, Duration patience) {
  // By number: this C library's own declaration of it lacks C linkage.
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, process, 0U));
  if (descriptor >= 0) {
    pollfd event{descriptor, POLLIN, 0};
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    const int ready = poll(&event, 1, static_cast<int>(milliseconds));
    close(descriptor);
    if (ready == 0) {
      return Error{ErrorKind::kUnavailable,
                   "process " + std::to_string(process) + " still runs after " + std::to_string(milliseconds) + " ms"};
    }
  }
  return wait_in_full(process);
}

void kill_and_wait(pid_t process) {
  ::kill(process, SIGKILL);
  wait_in_full(process);
}

}  // namespace assent::daemon
