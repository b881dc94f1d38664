#include "daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <utility>

namespace bank {

namespace {

constexpr auto kStartTimeout = std::chrono::seconds(30);
constexpr auto kStopTimeout = std::chrono::seconds(60);
constexpr std::string_view kListening = "listening on ";

}  // namespace

DaemonProcess::DaemonProcess(std::string name, std::filesystem::path program, const std::filesystem::path& logs)
    : name_(std::move(name)), program_(std::move(program)), log_(logs / (name_ + ".log")) {}

DaemonProcess::~DaemonProcess() {
  kill();
}

void DaemonProcess::start(const std::vector<std::string>& arguments) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error(name_ + ": no pipe for its output");
  std::vector<std::string> words{program_.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error(name_ + ": cannot fork");
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with this program, however that ends
    if (::getppid() != parent) ::_exit(1);
    const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);  // no copies of this program's sockets: they shall end with its own
    ::execv(program_.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(output[1]);
  address_ = read_address(output[0]);
  ::close(output[0]);
  if (address_.empty()) {
    kill();
    throw std::runtime_error(name_ + " did not start; see " + log_.string());
  }
}

// The daemon prints one line when it serves: `NAME: listening on HOST:PORT`.
std::string DaemonProcess::read_address(int output) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  std::string text;
  while (text.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd readable{output, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) return {};
    char bytes[256];
    const auto count = ::read(output, bytes, sizeof bytes);
    if (count <= 0) return {};
    text.append(bytes, static_cast<std::size_t>(count));
  }
  const auto at = text.find(kListening);
  if (at == std::string::npos) return {};
  const auto begin = at + kListening.size();
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

void DaemonProcess::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

int DaemonProcess::terminate() {
  if (process_ <= 0) return -1;
  ::kill(process_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  kill();
  return -1;
}

}  // namespace bank
