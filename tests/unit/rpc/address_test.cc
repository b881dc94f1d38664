#include "thrift/rpc/address.h"

#include <gmock/gmock.h>

namespace assent::rpc {
namespace {

TEST(AddressTest, AddressesAreReadAndWrittenAlike) {
  const std::vector<std::pair<std::string, Address>> pairs = {{"127.0.0.1:7400", {"127.0.0.1", 7400}},
                                                              {"db.example:1", {"db.example", 1}},
                                                              {"localhost:0", {"localhost", 0}},
                                                              {"[::1]:65535", {"::1", 65535}},
                                                              {"[fe80::1%eth0]:7400", {"fe80::1%eth0", 7400}}};
  for (const auto& [text, address] : pairs) {
    EXPECT_EQ(to_string(address), text);
    EXPECT_EQ(parse_address(text).value(), address);
  }
}

TEST(AddressTest, WhatIsNoAddressIsNamedWithTheRemedy) {
  for (const char* text : {"",          ":",          "host",           "host:",   ":7400",   "host:65536",  "host:-1",
                           "host:+1",   "host:7400x", "::1:7400",       "[::1]",   "[]:7400", "[host]:7400", "a b:7400",
                           "host:0x10", "host: 1",    "http://host:80", "a\"b:80", "a=b:80",  "a\x01:80"}) {
    const Result<Address> parsed = parse_address(text);
    ASSERT_TRUE(parsed.has_error()) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalidInput);
    EXPECT_THAT(parsed.error().message, testing::HasSubstr("`" + std::string(text) + "`"));
    EXPECT_THAT(parsed.error().message, testing::HasSubstr("host:port"));
  }
}

TEST(AddressTest, AnAddressHasABound) {
  EXPECT_TRUE(parse_address(std::string(250, 'x') + ":7400").has_value());
  const auto parsed = parse_address(std::string(1U << 20U, 'x') + ":7400");
  ASSERT_TRUE(parsed.has_error());
  EXPECT_LT(parsed.error().message.size(), 600U) << "it is not repeated as a whole";
}

}  // namespace
}  // namespace assent::rpc
