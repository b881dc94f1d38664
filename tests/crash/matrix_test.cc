// Which rows of the failure matrix the tests of this program exercise: a row without a test is a gap.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <regex>
#include <string>

namespace assent {
namespace {

// `C12` of `ends_as_the_coordinators_log_says/C12_a_store_was_told_of_an_abort`; empty for a name without a row.
std::string row_of(const std::string& name) {
  static const std::regex row("(?:^|/)([CPM][0-9]+)_");
  std::smatch found;
  return std::regex_search(name, found, row) ? found[1].str() : std::string();
}

TEST(FailureMatrix, EveryRowHasATest) {
  std::map<std::string, int> tests;
  const auto* const all = testing::UnitTest::GetInstance();
  for (int suite = 0; suite < all->total_test_suite_count(); ++suite) {
    const auto* const in = all->GetTestSuite(suite);
    for (int each = 0; each < in->total_test_count(); ++each) ++tests[row_of(in->GetTestInfo(each)->name())];
  }
  const auto check = [&tests](char kind, int last) {
    for (int number = 1; number <= last; ++number) {
      const auto row = kind + std::to_string(number);
      // Flipped bits: decision_log_test. A full disk: process_test.
      if (row == "C16" || row == "C17") continue;
      std::cout << row << ": " << tests[row] << " tests\n";
      EXPECT_GT(tests[row], 0) << row;
    }
  };
  check('C', 18);
  check('P', 16);
  check('M', 22);
}

}  // namespace
}  // namespace assent
