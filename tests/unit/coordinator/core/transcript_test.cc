// Transcripts: the message traffic of one situation, in a file that reads like a protocol trace.
//
// Lines that begin with `>` are commands to the stage (stage.h), the indented lines below are the effects that the core
// must give, `#` is for people. Setting ASSENT_REWRITE_TRANSCRIPTS=1 writes the effects anew; a person reads the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "stage.h"

namespace assent::coordinator {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(ASSENT_SOURCE_DIR) / "tests/unit/coordinator/core/transcripts";

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(kFolder)) names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The transcript with the effects that the core gives now.
std::string perform(const std::string& transcript) {
  Stage stage;
  std::istringstream lines(transcript);
  std::string performed;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) continue;
    performed += line + "\n";
    if (!line.starts_with("> ")) continue;
    for (const auto& effect : stage.run(line.substr(2))) performed += "  " + effect + "\n";
  }
  return performed;
}

class Transcript : public testing::TestWithParam<std::string> {};

TEST_P(Transcript, IsWhatTheCoreDoes) {
  const fs::path path = kFolder / (GetParam() + ".txt");
  const std::string expected = read(path);
  const std::string performed = perform(expected);
  if (std::getenv("ASSENT_REWRITE_TRANSCRIPTS") != nullptr) {
    std::ofstream(path) << performed;
    return;
  }
  EXPECT_EQ(performed, expected);
}

INSTANTIATE_TEST_SUITE_P(All, Transcript, testing::ValuesIn(names()), [](const auto& each) {
  std::string name = each.param;
  std::replace_if(
      name.begin(), name.end(), [](char letter) { return std::isalnum(letter) == 0; }, '_');
  return name;
});

TEST(Transcripts, AreThere) {
  EXPECT_GE(names().size(), 12U);
}

}  // namespace
}  // namespace assent::coordinator
