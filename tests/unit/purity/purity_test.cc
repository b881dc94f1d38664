// The cores are values in and effects out: this test reads their sources and finds nothing else in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace assent {
namespace {

namespace fs = std::filesystem;

struct Line {
  std::string where;
  std::string text;
};

std::vector<Line> lines_of(const std::string& folder) {
  std::vector<Line> lines;
  for (const auto& file : fs::directory_iterator(fs::path(ASSENT_SOURCE_DIR) / folder)) {
    const auto extension = file.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    std::ifstream stream(file.path());
    int number = 0;
    for (std::string text; std::getline(stream, text);) {
      lines.push_back({file.path().filename().string() + ":" + std::to_string(++number), text});
    }
  }
  return lines;
}

class CoreFolder : public testing::TestWithParam<std::string> {};

TEST_P(CoreFolder, IncludesTheStandardLibraryAndTheVocabularyOnly) {
  // What the standard library has besides these reads clocks, draws lots, starts threads or touches files.
  const std::set<std::string> standard{
      "<algorithm>",     "<array>",         "<chrono>",     "<compare>",     "<concepts>",        "<cstddef>",
      "<cstdint>",       "<deque>",         "<functional>", "<iterator>",    "<limits>",          "<list>",
      "<map>",           "<memory>",        "<numeric>",    "<optional>",    "<queue>",           "<set>",
      "<span>",          "<stdexcept>",     "<string>",     "<string_view>", "<tuple>",           "<type_traits>",
      "<unordered_map>", "<unordered_set>", "<utility>",    "<variant>",     "<vector>",          "<cstring>",
      "<exception>",     "<cassert>",       "<charconv>",   "<bit>",         "<initializer_list>"};
  const std::set<std::string> vocabulary{"\"assent/coordinator_view.h\"", "\"assent/isolation_level.h\"",
                                         "\"assent/outcome.h\"",          "\"assent/time.h\"",
                                         "\"assent/transaction_id.h\"",   "\"assent/value.h\""};
  const std::regex include(R"(\s*#\s*include\s*([<"][^>"]+[>"]).*)");
  std::size_t includes = 0;
  for (const auto& [where, text] : lines_of(GetParam())) {
    std::smatch match;
    if (!std::regex_match(text, match, include)) continue;
    ++includes;
    const std::string header = match[1];
    const bool is_own = header.starts_with('"' + GetParam() + '/');
    EXPECT_TRUE(is_own || standard.contains(header) || vocabulary.contains(header)) << where << " includes " << header;
  }
  EXPECT_GT(includes, 0U);
}

TEST_P(CoreFolder, ReadsNoClockAndDrawsNoLots) {
  const std::regex impure(
      R"(_clock::now|std::(thread|mutex|random_device|mt19937|cout|cerr|rand\b|time\b)|\bgetenv\(|\btime\(nullptr|gettimeofday)");
  for (const auto& [where, text] : lines_of(GetParam())) {
    EXPECT_FALSE(std::regex_search(text, impure)) << where << ": " << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, CoreFolder, testing::Values("coordinator/core", "participant/core"),
                         [](const auto& each) { return each.param.substr(0, each.param.find('/')); });

}  // namespace
}  // namespace assent
