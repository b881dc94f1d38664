// Plays every file of transcripts/: commands of script.h at the left, their effects below them, indented.
// ASSENT_REWRITE_TRANSCRIPTS=1 writes the effects anew; a person reads the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/participant/core/script.h"

namespace assent::participant {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(ASSENT_SOURCE_DIR) / "tests/unit/participant/core/transcripts";

std::vector<std::string> files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The file with the effects that the branch table has today.
std::string play(const std::string& transcript) {
  Script script({}, /*knows_coordinator=*/transcript.find("# a new store\n") == std::string::npos);
  std::string played;
  std::istringstream lines(transcript);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    ")) continue;
    played += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    for (const std::string& effect : script.run(line)) played += "    " + effect + "\n";
  }
  return played;
}

class Transcript : public testing::TestWithParam<std::string> {};

TEST_P(Transcript, StandsAsItIsWritten) {
  const auto path = kFolder / (GetParam() + ".txt");
  const std::string expected = read(path);
  const std::string played = play(expected);
  if (std::getenv("ASSENT_REWRITE_TRANSCRIPTS") != nullptr) {
    std::ofstream(path) << played;
    return;
  }
  EXPECT_EQ(expected, played);
}

INSTANTIATE_TEST_SUITE_P(OfTheStore, Transcript, testing::ValuesIn(files()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace assent::participant
