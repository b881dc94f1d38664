// The format on disk, byte by byte: logs that exist must stay readable, and the README must show what is written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "coordinator/log/block.h"
#include "coordinator/log/record_codec.h"
#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

// As `hexdump -C` prints it, without the offset and the characters.
std::string hex_dump(std::span<const std::byte> bytes) {
  std::string dump;
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    if (index > 0) {
      dump += index % 16 == 0 ? "\n" : " ";
    }
    dump += to_hex(static_cast<std::uint64_t>(bytes[index])).substr(14);
  }
  return dump;
}

std::vector<std::byte> block_of(Position position, const std::vector<LogRecord>& records) {
  ByteWriter payload;
  for (const auto& record : records) {
    encode(record, payload);
  }
  return encode(Block{BlockKind::kAppended, position, static_cast<std::uint32_t>(records.size()), payload.bytes()});
}

std::string readme() {
  std::ifstream file(ASSENT_SOURCE_DIR "/coordinator/log/README.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::vector<LogRecord> kExample = {
    EndRecord{Position{1041}, {{"ledger", StorePosition{7}, false}}},
    CommitRecord{Position{1043}, {kTestLog, Epoch{7}, 42}, {{"stock", StoreIdentity{0xb2}, {3, 9}}}}};

TEST(Format, ABlockIsWrittenAsTheReadmeShows) {
  const auto dump = hex_dump(block_of(Position{1042}, kExample));
  EXPECT_EQ(dump,
            "41 42 4c 4b 2b 00 00 00 12 04 00 00 00 00 00 00\n"
            "02 00 00 00 01 00 00 00 6c d7 2f e5 03 91 08 01\n"
            "06 6c 65 64 67 65 72 07 00 02 93 08 10 4e d3 b7\n"
            "22 1a 0c 9f 07 2a 01 05 73 74 6f 63 6b b2 00 00\n"
            "00 00 00 00 00 03 09");
  EXPECT_THAT(readme(), testing::HasSubstr(dump));
}

TEST(Format, ASegmentHeaderIsWrittenAsTheReadmeShows) {
  const auto dump = hex_dump(encode(SegmentHeader{kLogVersion, kTestLog, 7, Position{1041}, 0x1c0, 0x10001c0}));
  EXPECT_EQ(dump,
            "41 53 53 45 4e 54 4c 47 03 00 00 00 00 00 00 00\n"
            "10 4e d3 b7 22 1a 0c 9f 07 00 00 00 00 00 00 00\n"
            "11 04 00 00 00 00 00 00 c0 01 00 00 00 00 00 00\n"
            "c0 01 00 01 00 00 00 00 00 00 00 00 8b 65 ea 4b");
  EXPECT_THAT(readme(), testing::HasSubstr(dump));
}

TEST(Format, EveryRecordIsWrittenAsBefore) {
  ByteWriter writer;
  for (const LogRecord& record : std::vector<LogRecord>{epoch_record(129, 300, 5), end_record(2, true),
                                                        forgotten_record(128), store_record("ledger", 0xa1)}) {
    encode(record, writer);
  }
  EXPECT_EQ(hex_dump(writer.bytes()),
            "01 81 01 10 4e d3 b7 22 1a 0c 9f ac 02 05 00 00\n"
            "00 00 00 00 00 03 02 02 06 6c 65 64 67 65 72 04\n"
            "01 05 73 74 6f 63 6b 02 00 04 10 4e d3 b7 22 1a\n"
            "0c 9f 01 80 01 05 06 6c 65 64 67 65 72 a1 00 00\n"
            "00 00 00 00 00 13 6c 65 64 67 65 72 2e 65 78 61\n"
            "6d 70 6c 65 3a 37 30 30 31 00");
}

}  // namespace
}  // namespace assent::coordinator
