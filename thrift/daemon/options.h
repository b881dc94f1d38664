// Options: what a daemon can be told, each listed once, as a flag and as a key of the same name in a TOML file.
//
// Flags win over the file. An unknown flag or key is an error that names the nearest known one. Errors are one or two
// lines on stderr: what is wrong, and what to do. Used once, at start, on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "assent/result.h"
#include "assent/time.h"

namespace assent::daemon {

inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

class Options {
 public:
  // `program` is the daemon's name, `summary` a sentence for --help.
  Options(std::string program, std::string version, std::string summary);

  // Each of these adds `--name` and the key `name`. What `target` holds is the default; it must outlive parse().
  // REQUIRES: a name is added once, and is none of help, version and config.
  void text(const std::string& name, std::string& target, const std::string& value_name, const std::string& help);
  void flag(const std::string& name, bool& target, const std::string& help);
  // Given several times, as an array in the file. The flags together win over the file's array.
  void texts(const std::string& name, std::vector<std::string>& target, const std::string& value_name,
             const std::string& help);
  void duration(const std::string& name, Duration& target, Duration least, Duration most, const std::string& help);
  // Bytes. Number is an unsigned integer.
  template <typename Number>
  void size(const std::string& name, Number& target, std::uint64_t least, std::uint64_t most, const std::string& help) {
    add_number(
        name, Kind::kSize, target, least, most, [&target](std::uint64_t n) { target = Number(n); }, help);
  }
  template <typename Number>
  void number(const std::string& name, Number& target, std::uint64_t least, std::uint64_t most,
              const std::string& help) {
    add_number(
        name, Kind::kNumber, target, least, most, [&target](std::uint64_t n) { target = Number(n); }, help);
  }

  // Without a value for this option, parse() fails. REQUIRES: it was added.
  void require(const std::string& name);

  // Reads the flags, then the file that --config names. Nothing: go on. Else the exit code to end with: the help or
  // version was asked for and is on `out`, or something is wrong and is on `err`.
  std::optional<int> parse(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

 private:
  enum class Kind : std::uint8_t { kText, kFlag, kTexts, kDuration, kSize, kNumber };

  struct Option {
    std::string name;
    Kind kind = Kind::kText;
    std::string value_name;
    std::string help;
    std::string preset;  // as it is shown by --help; empty: not shown
    // Takes every value that was given in one place: one, or of kTexts any number.
    std::function<Result<void>(const std::vector<std::string>&)> set;
    bool is_required = false;
    bool is_given = false;
  };

  void add(Option option);
  void add_number(const std::string& name, Kind kind, std::uint64_t preset, std::uint64_t least, std::uint64_t most,
                  std::function<void(std::uint64_t)> set, const std::string& help);
  // Nothing, or the end of the process: --help or --version was on the line.
  Result<std::optional<int>> read_flags(int argc, const char* const* argv, std::string& config, std::ostream& out);
  Result<void> read_file(const std::string& path);
  Result<void> check_required() const;
  Option* find(std::string_view name);
  // The known name that is the fewest changed letters away from this one.
  std::string nearest(std::string_view name) const;

  std::string program_;
  std::string version_;
  std::string summary_;
  std::vector<Option> options_;
};

}  // namespace assent::daemon
