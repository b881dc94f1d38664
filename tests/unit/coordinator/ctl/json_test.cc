#include "coordinator/ctl/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace assent::ctl {
namespace {

TEST(JsonTest, PlainValuesAreWrittenAsJsonWritesThem) {
  EXPECT_EQ(Json().to_string(), "null");
  EXPECT_EQ(Json(true).to_string(), "true");
  EXPECT_EQ(Json(std::numeric_limits<std::int64_t>::min()).to_string(), "-9223372036854775808");
  EXPECT_EQ(Json(1.5).to_string(), "1.5");
  EXPECT_EQ(Json("text").to_string(), "\"text\"");
}

TEST(JsonTest, WhatJsonHasNoWordForIsNull) {
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).to_string(), "null");
  EXPECT_EQ(Json(std::numeric_limits<double>::quiet_NaN()).to_string(), "null");
}

TEST(JsonTest, CharactersThatMayNotStandInTextsAreEscaped) {
  EXPECT_EQ(Json("a \"b\" \\ \n \t \x01 é").to_string(), "\"a \\\"b\\\" \\\\ \\n \\u0009 \\u0001 é\"");
}

TEST(JsonTest, ObjectsAndArraysAreIndentedInTheOrderOfWriting) {
  const Json json =
      Json::Object{{"z", Json::Array{std::int64_t{1}, "two"}}, {"a", Json::Object{}}, {"b", Json::Array{}}};
  EXPECT_EQ(json.to_string(), "{\n  \"z\": [\n    1,\n    \"two\"\n  ],\n  \"a\": {},\n  \"b\": []\n}");
}

}  // namespace
}  // namespace assent::ctl
