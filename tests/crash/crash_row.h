// A row of a table of crashes: where a process ends, and how the transfer under way must end.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "tests/crash/cluster.h"

namespace assent::tests {

struct CrashRow {
  std::string name;  // a sentence, without what the row is called in a name of a test: letters, digits, `_`
  std::string failpoint;
  std::uint32_t skip = 0;
  End end = End::kAborted;
  std::vector<Mode> modes = {Mode::kInteractive, Mode::kOneShot};
};

// One parameter of a test: a row, in one mode.
struct CrashCase {
  CrashRow row;
  Mode mode = Mode::kOneShot;
};

// For messages of failed tests.
inline void PrintTo(const CrashCase& crash, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << crash.row.name << " at " << crash.row.failpoint << ", skip " << crash.row.skip;
}

inline std::vector<CrashCase> each_mode(const std::vector<CrashRow>& rows) {
  std::vector<CrashCase> cases;
  for (const auto& row : rows) {
    for (const auto mode : row.modes) cases.push_back({row, mode});
  }
  return cases;
}

inline std::string name_of(const testing::TestParamInfo<CrashCase>& info) {
  return info.param.row.name + (info.param.mode == Mode::kOneShot ? "__one_shot" : "__interactive");
}

}  // namespace assent::tests
