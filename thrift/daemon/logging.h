// The one logger of a daemon: one line per event, key=value, to stderr or to a file that can be opened again.
//
//   time=2026-01-31T12:00:00.123456Z level=info program=assent-coordinator event=listening address=127.0.0.1:7400
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>

#include "assent/result.h"

namespace assent::daemon {

struct LogSettings {
  std::string level = "info";  // debug, info, warn, error or off
  std::string file;            // appended to; empty: stderr
};

class DaemonLog {
 public:
  // An error names the level or the file, and the remedy.
  static Result<DaemonLog> open(const std::string& program, const LogSettings& settings);

  // Handed to everything that logs. Any thread.
  const std::shared_ptr<spdlog::logger>& logger() const { return logger_; }

  // Opens the file of this name anew, after whoever rotates logs has moved the old one away. Any thread. If it cannot
  // be opened, lines go on into the old one.
  Result<void> reopen();

 private:
  class Sink;

  std::shared_ptr<Sink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
};

// A value behind `key=`: as it is, or in double quotes with \" \\ and \n if it would not stay one word.
std::string quoted(std::string_view value);

}  // namespace assent::daemon
