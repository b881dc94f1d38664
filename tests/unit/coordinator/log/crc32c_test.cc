#include "coordinator/log/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <vector>

namespace assent::coordinator {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
TEST(Crc32c, GivesThePublishedValues) {
  const std::vector<std::byte> zeros(32);
  const std::vector<std::byte> ones(32, std::byte{0xff});
  std::vector<std::byte> ascending(32);
  for (std::size_t index = 0; index < ascending.size(); ++index) {
    ascending[index] = static_cast<std::byte>(index);
  }
  for (const auto& checksum : {crc32c, crc32c_by_table}) {
    EXPECT_EQ(checksum(bytes(""), 0), 0U);
    EXPECT_EQ(checksum(bytes("123456789"), 0), 0xe3069283U);
    EXPECT_EQ(checksum(zeros, 0), 0x8a9136aaU);
    EXPECT_EQ(checksum(ones, 0), 0x62a8ab43U);
    EXPECT_EQ(checksum(ascending, 0), 0x46dd794eU);
  }
}

TEST(Crc32c, IsTheSameWithAndWithoutTheInstructionAndInParts) {
  std::vector<std::byte> data(300);
  for (std::size_t index = 0; index < data.size(); ++index) {
    data[index] = static_cast<std::byte>(index * 37 + index / 7);
  }
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const auto whole = std::span<const std::byte>(data).first(size);
    EXPECT_EQ(crc32c(whole), crc32c_by_table(whole)) << size;
    const auto half = size / 2;
    EXPECT_EQ(crc32c(whole.subspan(half), crc32c(whole.first(half))), crc32c(whole)) << size;
  }
}

}  // namespace
}  // namespace assent::coordinator
