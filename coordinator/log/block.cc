#include "coordinator/log/block.h"

#include "coordinator/log/byte_codec.h"
#include "coordinator/log/crc32c.h"

namespace assent::coordinator {
namespace {

constexpr std::uint64_t kSegmentMagic = 0x474c544e45535341;  // `ASSENTLG`
constexpr std::uint32_t kBlockMagic = 0x4b4c4241;            // `ABLK`
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kBlockChecksumAt = kBlockHeaderBytes - kChecksumBytes;

}  // namespace

std::vector<std::byte> encode(const SegmentHeader& header) {
  ByteWriter writer;
  writer.fixed64(kSegmentMagic);
  writer.fixed32(header.version);
  writer.fixed32(0);
  writer.fixed64(static_cast<std::uint64_t>(header.log));
  writer.fixed64(header.number);
  writer.fixed64(static_cast<std::uint64_t>(header.snapshot_last));
  writer.fixed64(header.snapshot_end);
  writer.fixed64(header.file_bytes);
  writer.fixed32(0);
  writer.fixed32(crc32c(writer.bytes()));
  return writer.take();
}

std::optional<SegmentHeader> decode_segment_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return std::nullopt;
  }
  const auto covered = bytes.first(kSegmentHeaderBytes - kChecksumBytes);
  if (ByteReader(bytes.subspan(covered.size(), kChecksumBytes)).fixed32() != crc32c(covered)) {
    return std::nullopt;
  }
  ByteReader reader(covered);
  SegmentHeader header;
  if (reader.fixed64() != kSegmentMagic) {
    return std::nullopt;
  }
  header.version = reader.fixed32();
  if (header.version != kLogVersion) {
    return header;
  }
  reader.fixed32();
  header.log = LogIdentity{reader.fixed64()};
  header.number = reader.fixed64();
  header.snapshot_last = Position{reader.fixed64()};
  header.snapshot_end = reader.fixed64();
  header.file_bytes = reader.fixed64();
  return header;
}

std::vector<std::byte> encode(const Block& block) {
  ByteWriter writer;
  writer.fixed32(kBlockMagic);
  writer.fixed32(static_cast<std::uint32_t>(block.payload.size()));
  writer.fixed64(static_cast<std::uint64_t>(block.position));
  writer.fixed32(block.count);
  writer.fixed32(static_cast<std::uint32_t>(block.kind));
  writer.fixed32(crc32c(block.payload, crc32c(writer.bytes())));
  writer.raw(block.payload);
  return writer.take();
}

std::optional<Block> decode_block(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  if (reader.fixed32() != kBlockMagic) {
    return std::nullopt;
  }
  const std::uint32_t payload_bytes = reader.fixed32();
  Block block;
  block.position = Position{reader.fixed64()};
  block.count = reader.fixed32();
  block.kind = BlockKind{reader.fixed32()};
  const std::uint32_t checksum = reader.fixed32();
  if (!reader.ok() || payload_bytes > reader.left()) {
    return std::nullopt;
  }
  block.payload = bytes.subspan(kBlockHeaderBytes, payload_bytes);
  if (crc32c(block.payload, crc32c(bytes.first(kBlockChecksumAt))) != checksum) {
    return std::nullopt;
  }
  return block;
}

}  // namespace assent::coordinator
