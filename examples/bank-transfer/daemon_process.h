// DaemonProcess: one of Assent's daemons as a child process that can be killed and started again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace bank {

class DaemonProcess {
 public:
  // `name` names the process in messages, and its log: LOGS/name.log.
  DaemonProcess(std::string name, std::filesystem::path program, const std::filesystem::path& logs);
  // Kills it if it runs.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Starts it and waits until it says where it listens. Throws std::runtime_error if it ends or stays silent instead.
  // The process ends with the thread that calls this: that is what Linux ties a child to (PR_SET_PDEATHSIG).
  void start(const std::vector<std::string>& arguments);

  // SIGKILL: no chance to tidy up.
  void kill();

  // SIGTERM, and waits for its end. Returns its exit status, or -1 after a minute.
  int terminate();

  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }  // host:port of the last start

 private:
  std::string read_address(int output);

  const std::string name_;
  const std::filesystem::path program_;
  const std::filesystem::path log_;
  std::string address_;
  pid_t process_ = -1;
};

}  // namespace bank
