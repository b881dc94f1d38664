#include "thrift/daemon/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "thrift/daemon/child.h"

namespace assent::daemon {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int reading = -1;
  int writing = -1;
};

// Neither end is left open in other children.
Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error{ErrorKind::kIo, std::string("no pipe: ") + std::strerror(errno)};
  return Pipe{ends[0], ends[1]};
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

// What can be read now is added to `text`; false at the end of the pipe, or when the time is up.
bool read_some(int descriptor, Clock::time_point until, std::string& text) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd event{descriptor, POLLIN, 0};
  if (left <= 0 || poll(&event, 1, static_cast<int>(left)) <= 0) return false;
  std::array<char, 4096> bytes{};
  const auto count = read(descriptor, bytes.data(), bytes.size());
  if (count <= 0) return false;
  text.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> address_behind(const std::string& text, std::string_view words) {
  const auto found = text.find(words);
  if (found == std::string::npos) return std::nullopt;
  const auto begin = found + words.size();
  const auto end = text.find('\n', begin);
  if (end == std::string::npos) return std::nullopt;
  return text.substr(begin, end - begin);
}

}  // namespace

std::string own_loopback() {
  const auto process = static_cast<unsigned>(getpid());  // below 2^22 (proc(5), pid_max)
  return "127." + std::to_string(100 + (process >> 16U)) + "." + std::to_string((process >> 8U) & 0xFFU) + "." +
         std::to_string(process & 0xFFU) + ":0";
}

DaemonProcess::~DaemonProcess() {
  kill();
}

Result<void> DaemonProcess::start_without_waiting(const Launch& launch) {
  auto pipe = make_pipe();
  if (!pipe) return pipe.error();
  int log = STDERR_FILENO;
  if (!launch.log.empty()) {
    log = open(launch.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) return Error{ErrorKind::kIo, launch.log.string() + ": " + std::strerror(errno)};
  }
  auto with_failpoints = launch;
  with_failpoints.environment.emplace("ASSENT_FAILPOINTS_LISTEN", "127.0.0.1:0");
  const auto process = spawn(with_failpoints, pipe->writing, log);
  close(pipe->writing);
  if (log != STDERR_FILENO) close(log);
  close_if_open(output_);
  if (!process) {
    close(pipe->reading);
    return process.error();
  }
  output_ = pipe->reading;
  process_ = *process;
  program_ = launch.program.filename();
  address_.clear();
  failpoints_.clear();
  return {};
}

Result<void> DaemonProcess::start(const Launch& launch, Duration patience) {
  if (auto started = start_without_waiting(launch); !started) return started;
  return read_addresses(patience);
}

Result<void> DaemonProcess::read_addresses(Duration patience) {
  const auto until = Clock::now() + patience;
  std::string text;
  for (;;) {
    if (const auto address = address_behind(text, ": listening on ")) {
      address_ = *address;
      failpoints_ = address_behind(text, ": failpoints on ").value_or("");
      return {};
    }
    if (read_some(output_, until, text)) continue;
    const bool has_ended = !is_running();
    kill();
    return Error{ErrorKind::kUnavailable, program_ + (has_ended ? " ended" : " was silent") +
                                              " before it said where it listens; its stderr says why"};
  }
}

bool DaemonProcess::is_running() {
  if (process_ < 0) return false;
  siginfo_t state{};
  return waitid(P_PID, static_cast<id_t>(process_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 && state.si_pid == 0;
}

void DaemonProcess::kill() {
  if (process_ >= 0) kill_and_wait(std::exchange(process_, -1));
  close_if_open(output_);
}

void DaemonProcess::signal(int number) const {
  if (process_ >= 0) ::kill(process_, number);
}

Result<int> DaemonProcess::wait(Duration patience) {
  if (process_ < 0) return Error{ErrorKind::kNotFound, program_ + " does not run"};
  auto code = wait_for(process_, patience);
  if (code) {
    process_ = -1;
    close_if_open(output_);
  }
  return code;
}

Result<int> DaemonProcess::terminate(Duration patience) {
  signal(SIGTERM);
  return wait(patience);
}

Result<Finished> run_to_end(const Launch& launch, Duration patience) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  const auto process = spawn(launch, out->writing, err->writing);
  close(out->writing);
  close(err->writing);
  if (!process) return process.error();
  const auto until = Clock::now() + patience;
  Finished finished;
  // Few lines go to stderr, less than a pipe holds: they can wait until stdout is read.
  while (read_some(out->reading, until, finished.out)) {
  }
  while (read_some(err->reading, until, finished.err)) {
  }
  close(out->reading);
  close(err->reading);
  const auto code = wait_for(*process, std::max<Duration>(until - Clock::now(), std::chrono::milliseconds(100)));
  if (!code) {
    kill_and_wait(*process);
    return Error{code.error().kind, launch.program.string() + " did not end in time; it said: " + finished.err};
  }
  finished.code = *code;
  return finished;
}

}  // namespace assent::daemon
