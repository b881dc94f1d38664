#include "coordinator/ctl/table.h"

#include <gtest/gtest.h>

namespace assent::ctl {
namespace {

TEST(TableTest, ColumnsAreAlignedNumbersToTheRight) {
  Table table({"STORE", "OWED"});
  table.add({"bank-a", "7"});
  table.add({"b", "1042"});
  EXPECT_EQ(table.to_string(),
            "STORE   OWED\n"
            "------  ----\n"
            "bank-a     7\n"
            "b       1042\n");
}

TEST(TableTest, ACharacterOfSeveralBytesTakesOnePlace) {
  Table table({"A", "B"});
  table.add({"é", "x"});
  table.add({"ab", "y"});
  EXPECT_EQ(table.to_string(),
            "A   B\n"
            "--  -\n"
            "é   x\n"
            "ab  y\n");
}

TEST(TableTest, ALineBreakStaysWithinItsRow) {
  Table table({"A"});
  table.add({"one\ntwo"});
  EXPECT_EQ(table.to_string(), "A\n-------\none two\n");
}

}  // namespace
}  // namespace assent::ctl
