#include "thrift/daemon/logging.h"

#include <spdlog/common.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <utility>

namespace assent::daemon {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using LogFile = std::unique_ptr<std::FILE, CloseFile>;

namespace {

Result<LogFile> open_file(const std::string& path) {
  LogFile file(std::fopen(path.c_str(), "ae"));
  if (file == nullptr) {
    return Error{ErrorKind::kIo, "the log file " + path + " cannot be opened: " + std::strerror(errno) +
                                     "; name a file in a directory that exists and is writable"};
  }
  return file;
}

}  // namespace

// One write for each line, so that a line is whole whoever else writes to the file.
class DaemonLog::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(std::string path, LogFile file) : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> reopen() {
    if (path_.empty()) return {};
    auto file = open_file(path_);
    if (!file) return file.error();
    const std::lock_guard lock(mutex_);
    file_ = std::move(*file);
    return {};
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::FILE* const file = file_ == nullptr ? stderr : file_.get();
    std::fwrite(line.data(), 1, line.size(), file);
    std::fflush(file);
  }
  void flush_() override {}

  const std::string path_;
  LogFile file_;  // null: stderr
};

Result<DaemonLog> DaemonLog::open(const std::string& program, const LogSettings& settings) {
  const auto level = spdlog::level::from_str(settings.level);
  if (level == spdlog::level::off && settings.level != "off") {  // from_str() says off to what it does not know
    return Error{ErrorKind::kInvalidInput,
                 "`" + settings.level + "` is not a log level: use debug, info, warn, error or off"};
  }
  LogFile file;
  if (!settings.file.empty()) {
    auto opened = open_file(settings.file);
    if (!opened) return opened.error();
    file = std::move(*opened);
  }
  DaemonLog log;
  log.sink_ = std::make_shared<Sink>(settings.file, std::move(file));
  log.logger_ = std::make_shared<spdlog::logger>(program, log.sink_);
  log.logger_->set_level(level);
  log.logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "time=%Y-%m-%dT%H:%M:%S.%fZ level=%l program=%n %v", spdlog::pattern_time_type::utc));
  return log;
}

Result<void> DaemonLog::reopen() {
  return sink_->reopen();
}

std::string quoted(std::string_view value) {
  const bool is_word = !value.empty() && value.find_first_of(" \t\n\r\"\\=") == std::string_view::npos;
  if (is_word) return std::string(value);
  std::string text = "\"";
  for (const char character : value) {
    switch (character) {
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      default: text += character;
    }
  }
  return text + '"';
}

}  // namespace assent::daemon
