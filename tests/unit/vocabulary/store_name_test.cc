#include "assent/store_name.h"

#include <gmock/gmock.h>

namespace assent {
namespace {

using testing::HasSubstr;

TEST(StoreName, LettersDigitsAndThreeSignsMakeANameOfUpToSixtyFourBytes) {
  for (const std::string& name : {std::string("a"), std::string("Bank-2.accounts_old"), std::string(64, 'x')}) {
    EXPECT_EQ(wrong_store_name(name), std::nullopt) << name;
  }
}

TEST(StoreName, AnythingElseIsNamedWithTheRemedy) {
  for (const std::string name : {"", "a b", "a\"b", "a=b", "a/b", "caf\xc3\xa9", "a\nevent=alarm"}) {
    const auto wrong = wrong_store_name(name);
    ASSERT_TRUE(wrong) << name;
    EXPECT_THAT(*wrong, HasSubstr("1 to 64 letters, digits"));
    EXPECT_EQ(wrong->find('\n'), std::string::npos);
  }
  EXPECT_THAT(*wrong_store_name("a b"), HasSubstr("`a b`"));
}

TEST(StoreName, ALongNameIsNotRepeatedAsAWhole) {
  const auto wrong = wrong_store_name(std::string(1U << 20U, 'x'));
  ASSERT_TRUE(wrong);
  EXPECT_LT(wrong->size(), 300U);
}

}  // namespace
}  // namespace assent
