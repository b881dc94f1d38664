#include "coordinator/log/record_codec.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();

std::vector<LogRecord> every_kind() {
  return {
      EpochRecord{Position{kMost}, kTestLog, Epoch{7}, Nonce{kMost}},
      EpochRecord{Position{0}, LogIdentity{0}, Epoch{kMost}, Nonce{0}},
      commit_record(1042),
      CommitRecord{Position{kMost}, {kTestLog, Epoch{kMost}, kMost}, {{"", StoreIdentity{0}, {kMost, 0}}}},
      CommitRecord{},
      end_record(3, true),
      EndRecord{Position{128}, {}},
      forgotten_record(127),
      StoreRecord{"ledger", StoreIdentity{kMost}, std::string(300, 'a'), StorePosition{kMost}},
      StoreRecord{std::string("a\0b", 3), {}, "", {}},
      EndedRecord{{LogIdentity{kMost}, Epoch{kMost}, kMost - kMost % kIdsPerWord}, kMost},
      EndedRecord{},
      MixedRecord{{LogIdentity{1}, Epoch{2}, 3}, {"ledger", "stock"}},
      MixedRecord{},
  };
}

std::vector<std::byte> encoded(const std::vector<LogRecord>& records) {
  ByteWriter writer;
  for (const auto& record : records) {
    encode(record, writer);
  }
  return writer.take();
}

TEST(RecordCodec, EveryKindOfRecordComesBack) {
  const auto records = every_kind();
  const auto decoded = decode_records(encoded(records), static_cast<std::uint32_t>(records.size()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, records);
}

TEST(RecordCodec, NoRecordsAreNoBytes) {
  EXPECT_TRUE(decode_records({}, 0));
  EXPECT_FALSE(decode_records({}, 1));
  EXPECT_FALSE(decode_records(encoded({forgotten_record(1)}), 0));
}

TEST(RecordCodec, WhatWasCutOrHasMoreBehindItIsNotRead) {
  const auto records = every_kind();
  const auto count = static_cast<std::uint32_t>(records.size());
  auto bytes = encoded(records);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_records(std::span(bytes).first(size), count)) << size;
  }
  bytes.push_back({});
  EXPECT_FALSE(decode_records(bytes, count));
}

// A checksum that happens to fit may not lead past the end: what is read of changed bytes is another record or nothing.
TEST(RecordCodec, AChangedByteIsNeverReadAsTheSameRecord) {
  for (const auto& record : every_kind()) {
    const auto bytes = encoded({record});
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        auto changed = bytes;
        changed[at] = static_cast<std::byte>(value);
        const auto decoded = decode_records(changed, 1);
        EXPECT_TRUE(changed == bytes || !decoded || decoded->front() != record) << at << " " << value;
      }
    }
  }
}

TEST(RecordCodec, AnUnknownKindIsNotRead) {
  EXPECT_FALSE(decode_records(std::vector{std::byte{0}}, 1));
  EXPECT_FALSE(decode_records(std::vector{std::byte{6}}, 1));
}

TEST(ByteReader, RefusesAVarintThatIsTooLongTooLargeOrNotTheShortest) {
  const std::vector<std::byte> endless(11, std::byte{0x80});
  ByteReader reader(endless);
  reader.varint();
  EXPECT_FALSE(reader.ok());

  std::vector<std::byte> large(9, std::byte{0xff});
  large.push_back(std::byte{0x02});  // bit 64
  ByteReader too_large(large);
  too_large.varint();
  EXPECT_FALSE(too_large.ok());

  const std::vector<std::byte> padded = {std::byte{0x81}, std::byte{0x00}};
  ByteReader not_shortest(padded);
  not_shortest.varint();
  EXPECT_FALSE(not_shortest.ok());

  large.back() = std::byte{0x01};
  ByteReader most(large);
  EXPECT_EQ(most.varint(), kMost);
  EXPECT_TRUE(most.ok());
}

TEST(ByteReader, RefusesATextThatIsLongerThanWhatIsLeft) {
  ByteWriter writer;
  writer.varint(kMost);
  writer.fixed8('x');
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.fixed8(), 0) << "nothing is read after a failure";
}

}  // namespace
}  // namespace assent::coordinator
