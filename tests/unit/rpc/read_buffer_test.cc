#include "thrift/rpc/read_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/unit/rpc/wire_text.h"

namespace assent::rpc {
namespace {

constexpr std::uint32_t kMost = 1U << 20U;

// Puts bytes in, at most `piece` in one read, and takes the frames out as they become whole.
std::vector<std::string> through(ReadBuffer& buffer, const std::string& bytes, std::size_t piece) {
  std::vector<std::string> frames;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto room = buffer.room();
    const std::size_t size = std::min({room.size(), piece, bytes.size() - at});
    std::memcpy(room.data(), bytes.data() + at, size);
    buffer.filled(size);
    at += size;
    while (const auto frame = buffer.next_frame(kMost).value()) {
      frames.emplace_back(frame->begin(), frame->end());
    }
  }
  return frames;
}

TEST(ReadBufferTest, FramesComeOutWholeHoweverTheyArrive) {
  std::vector<std::string> frames;
  std::string bytes;
  for (const std::size_t size :
       {0U, 1U, 3U, 4U, 5U, 100U, 4091U, 4092U, 4093U, 5000U, 70000U, 300000U, 2U, 200000U, 9U}) {
    frames.emplace_back(size, static_cast<char>('a' + frames.size()));
    bytes += wire_text::frame(frames.back());
  }
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U, 4096U, 65536U, 1U << 30U}) {
    ReadBuffer buffer;
    EXPECT_EQ(through(buffer, bytes, piece), frames) << piece;
  }
}

TEST(ReadBufferTest, AFrameMayBeAsLargeAsAllowedAndNotOneByteLarger) {
  ReadBuffer buffer;
  EXPECT_EQ(through(buffer, wire_text::frame(std::string(kMost, 'x')), 1U << 16U).size(), 1U);
  const std::string length = wire_text::number32(kMost + 1);
  std::memcpy(buffer.room().data(), length.data(), length.size());
  buffer.filled(length.size());
  EXPECT_EQ(buffer.next_frame(kMost).error().kind, ErrorKind::kCorrupt);
}

TEST(ReadBufferTest, ItTakesMemoryForWhatHasArrivedAndGivesItBack) {
  ReadBuffer buffer;
  through(buffer, wire_text::number32(kMost), kMost);
  EXPECT_LE(buffer.room().size(), 4096U) << "a frame is announced, and nothing of it is there";
  through(buffer, std::string(kMost, 'x'), kMost);
  EXPECT_LE(buffer.room().size(), 64U << 10U) << "a large frame has gone";
}

}  // namespace
}  // namespace assent::rpc
