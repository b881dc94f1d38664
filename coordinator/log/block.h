// The two things that a segment file is made of: one segment header, and blocks. README.md shows both with an example.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "coordinator/core/records.h"

namespace assent::coordinator {

inline constexpr std::uint32_t kLogVersion = 3;
inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kBlockHeaderBytes = 28;
inline constexpr std::uint32_t kMaxPayloadBytes = 256U << 20U;

// Stands at offset 0. It and the snapshot behind it are complete on disk before the file gets its name.
struct SegmentHeader {
  std::uint32_t version = kLogVersion;
  LogIdentity log{};
  std::uint64_t number = 0;        // also in the file's name
  Position snapshot_last{};        // the position up to which the snapshot stands for everything
  std::uint64_t snapshot_end = 0;  // the offset behind the last snapshot block, where appending begins
  std::uint64_t file_bytes = 0;    // the size of the file, which never changes

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

std::vector<std::byte> encode(const SegmentHeader& header);

// Nothing if these are not the bytes of a segment header of any version. Of another version than kLogVersion only
// `version` is told.
std::optional<SegmentHeader> decode_segment_header(std::span<const std::byte> bytes);

enum class BlockKind : std::uint32_t {
  kAppended = 1,  // records of one append, in consecutive positions
  kSnapshot = 2,  // records without positions of their own
};

// What one forced write puts down, or a part of a snapshot.
struct Block {
  BlockKind kind{};
  Position position{};      // of the first record; in a snapshot, the one up to which it stands for everything
  std::uint32_t count = 0;  // of records
  std::span<const std::byte> payload;

  std::size_t size() const { return kBlockHeaderBytes + payload.size(); }
};

// REQUIRES: the payload is at most kMaxPayloadBytes long.
std::vector<std::byte> encode(const Block& block);

// The block that `bytes` begins with, if it is whole and its checksum is right. Its payload points into `bytes`.
std::optional<Block> decode_block(std::span<const std::byte> bytes);

}  // namespace assent::coordinator
