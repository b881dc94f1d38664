#include "thrift/daemon/options.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "thrift/daemon/units.h"

namespace assent::daemon {

namespace {

constexpr const char* kConfig = "config";

Error invalid(std::string message) {
  return {ErrorKind::kInvalidInput, std::move(message)};
}

Result<std::uint64_t> parse_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end) return invalid("`" + text + "` is not a whole number");
  return number;
}

// How many letters must be put in, left out or replaced to make one text of the other (Levenshtein's distance).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const auto replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, replaced});
    }
  }
  return row.back();
}

// A value of the file as it would stand behind the flag; nothing if no flag takes such a value.
std::optional<std::string> as_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

std::optional<std::vector<std::string>> as_texts(const toml::node& node) {
  std::vector<std::string> texts;
  if (const auto* array = node.as_array()) {
    for (const auto& element : *array) {
      const auto text = as_text(element);
      if (!text) return std::nullopt;
      texts.push_back(*text);
    }
    return texts;
  }
  const auto text = as_text(node);
  if (!text) return std::nullopt;
  return std::vector{*text};
}

}  // namespace

Options::Options(std::string program, std::string version, std::string summary)
    : program_(std::move(program)), version_(std::move(version)), summary_(std::move(summary)) {}

// ---- what there is ----

void Options::add(Option option) {
  options_.push_back(std::move(option));
}

void Options::text(const std::string& name, std::string& target, const std::string& value_name,
                   const std::string& help) {
  const auto set = [&target](const std::vector<std::string>& values) -> Result<void> {
    target = values.front();
    return {};
  };
  add({name, Kind::kText, value_name, help, target, set});
}

void Options::flag(const std::string& name, bool& target, const std::string& help) {
  const auto set = [&target](const std::vector<std::string>& values) -> Result<void> {
    if (values.front() != "true" && values.front() != "false") {
      return invalid("`" + values.front() + "` is neither true nor false");
    }
    target = values.front() == "true";
    return {};
  };
  add({name, Kind::kFlag, {}, help, {}, set});
}

void Options::texts(const std::string& name, std::vector<std::string>& target, const std::string& value_name,
                    const std::string& help) {
  const auto set = [&target](const std::vector<std::string>& values) -> Result<void> {
    target = values;
    return {};
  };
  add({name, Kind::kTexts, value_name, help, {}, set});
}

void Options::duration(const std::string& name, Duration& target, Duration least, Duration most,
                       const std::string& help) {
  const auto set = [&target, least, most](const std::vector<std::string>& values) -> Result<void> {
    const auto duration = parse_duration(values.front());
    if (!duration) return duration.error();
    if (*duration < least || *duration > most) {
      return invalid(values.front() + " is out of range: give at least " + to_string(least) + " and at most " +
                     to_string(most));
    }
    target = *duration;
    return {};
  };
  add({name, Kind::kDuration, "DURATION", help, to_string(target), set});
}

void Options::add_number(const std::string& name, Kind kind, std::uint64_t preset, std::uint64_t least,
                         std::uint64_t most, std::function<void(std::uint64_t)> set, const std::string& help) {
  const auto print = [kind](std::uint64_t n) { return kind == Kind::kSize ? size_to_string(n) : std::to_string(n); };
  const auto checked = [=, set = std::move(set)](const std::vector<std::string>& values) -> Result<void> {
    const auto number = kind == Kind::kSize ? parse_size(values.front()) : parse_number(values.front());
    if (!number) return number.error();
    if (*number < least || *number > most) {
      return invalid(values.front() + " is out of range: give at least " + print(least) + " and at most " +
                     print(most));
    }
    set(*number);
    return {};
  };
  add({name, kind, kind == Kind::kSize ? "SIZE" : "NUMBER", help, print(preset), checked});
}

void Options::require(const std::string& name) {
  find(name)->is_required = true;
}

// ---- what was given ----

std::optional<int> Options::parse(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const auto usage = [&](const Error& error) {
    err << program_ << ": " << error.message << "\n"
        << program_ << " --help lists the flags; the file of --config takes the same names\n";
    return kExitUsage;
  };
  std::string config;
  const auto ended = read_flags(argc, argv, config, out);
  if (!ended) return usage(ended.error());
  if (*ended) return *ended;
  if (!config.empty()) {
    if (const auto read = read_file(config); !read) return usage(read.error());
  }
  if (const auto complete = check_required(); !complete) return usage(complete.error());
  return std::nullopt;
}

Result<std::optional<int>> Options::read_flags(int argc, const char* const* argv, std::string& config,
                                               std::ostream& out) {
  CLI::App app(summary_, program_);
  app.get_formatter()->column_width(44);
  app.set_help_flag("--help", "Print this help and exit");
  app.set_version_flag("--version", program_ + " " + version_, "Print the version and exit");
  app.add_option("--" + std::string(kConfig), config, "Read what no flag gives from this TOML file")->type_name("FILE");
  app.allow_extras();
  std::vector<CLI::Option*> flags;
  for (const auto& option : options_) {
    if (option.kind == Kind::kFlag) {
      flags.push_back(app.add_flag("--" + option.name, option.help));
      continue;
    }
    auto* const flag = app.add_option("--" + option.name, CLI::callback_t{}, option.help);
    flag->type_name(option.value_name)->type_size(1)->expected(1)->default_str(option.preset);
    if (option.kind == Kind::kTexts) flag->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    flags.push_back(flag);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return std::optional(kExitSuccess);
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << "\n";
    return std::optional(kExitSuccess);
  } catch (const CLI::ParseError& error) {
    return invalid(error.what());
  }
  if (const auto extras = app.remaining(); !extras.empty()) {
    const auto name = extras.front().substr(0, extras.front().find('='));
    if (name.rfind("--", 0) != 0) return invalid("`" + extras.front() + "` belongs to no flag: leave it out");
    return invalid("unknown flag `" + name + "`: did you mean `--" + nearest(name.substr(2)) + "`?");
  }
  for (std::size_t i = 0; i < options_.size(); ++i) {
    if (flags[i]->count() == 0) continue;
    const auto set = options_[i].set(flags[i]->results());
    if (!set) return invalid("--" + options_[i].name + ": " + set.error().message);
    options_[i].is_given = true;
  }
  return std::optional<int>{};
}

Result<void> Options::read_file(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return invalid(path + (line > 0 ? ":" + std::to_string(line) : "") + ": " + std::string(error.description()));
  }
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto at = path + ":" + std::to_string(key.source().begin.line) + ": ";
    auto* const option = find(name);
    if (option == nullptr) {
      return invalid(at + "unknown key `" + name + "`: did you mean `" + nearest(name) + "`?");
    }
    const auto values = as_texts(node);
    if (!values || values->empty() || (option->kind != Kind::kTexts && node.is_array())) {
      return invalid(at + name + ": write " + (option->kind == Kind::kTexts ? "an array of texts" : "one plain value"));
    }
    if (option->is_given) continue;
    if (const auto set = option->set(*values); !set) return invalid(at + name + ": " + set.error().message);
    option->is_given = true;
  }
  return {};
}

Result<void> Options::check_required() const {
  for (const auto& option : options_) {
    if (option.is_required && !option.is_given) {
      return invalid("--" + option.name + " " + option.value_name + " is missing: " + option.help);
    }
  }
  return {};
}

Options::Option* Options::find(std::string_view name) {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [name](const Option& option) { return option.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

std::string Options::nearest(std::string_view name) const {
  std::string best = kConfig;
  for (const auto& option : options_) {
    if (distance(name, option.name) < distance(name, best)) best = option.name;
  }
  return best;
}

}  // namespace assent::daemon
