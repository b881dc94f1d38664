#include "coordinator/log/segment_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "coordinator/log/record_codec.h"

namespace assent::coordinator {
namespace {

constexpr std::string_view kPrefix = "segment-";
constexpr std::size_t kNumberDigits = 10;

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (!name.starts_with(kPrefix) || name.size() < kPrefix.size() + kNumberDigits) {
    return std::nullopt;
  }
  const char* const end = name.data() + name.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, number);
  return error == std::errc{} && stop == end && segment_name(number) == name ? std::optional(number) : std::nullopt;
}

class SegmentReader {
 public:
  SegmentReader(std::string path, std::span<const std::byte> bytes, const RecordVisitor& visit)
      : path_(std::move(path)), bytes_(bytes), visit_(visit) {}

  Result<SegmentContents> read(std::uint64_t number) {
    if (auto header = read_header(number); !header) {
      return header.error();
    }
    if (auto snapshot = read_snapshot(); !snapshot) {
      return snapshot.error();
    }
    if (auto appended = read_appended(); !appended) {
      return appended.error();
    }
    return std::move(contents_);
  }

 private:
  Error corrupt(std::uint64_t offset, const std::string& what) const {
    return {ErrorKind::kCorrupt, path_ + " at offset " + std::to_string(offset) + ": " + what +
                                     "; the decision log is damaged and nothing was changed: keep a copy of its "
                                     "directory, and repair the disk or restore the log"};
  }

  Result<void> read_header(std::uint64_t number) {
    const auto header = decode_segment_header(bytes_);
    if (!header) {
      return corrupt(0, "this is not the header of a segment");
    }
    if (header->version != kLogVersion) {
      return Error{ErrorKind::kWrongVersion, path_ + " is of version " + std::to_string(header->version) +
                                                 " of the decision log's format, this program reads version " +
                                                 std::to_string(kLogVersion) + ": use the release that wrote it"};
    }
    if (header->number != number) {
      return corrupt(0, "the header is that of segment " + std::to_string(header->number));
    }
    if (header->file_bytes != bytes_.size()) {
      return corrupt(bytes_.size(),
                     "the file ends here, and was made " + std::to_string(header->file_bytes) + " bytes long");
    }
    contents_.header = *header;
    contents_.used_bytes = kSegmentHeaderBytes;
    return {};
  }

  Result<void> read_snapshot() {
    const auto& header = contents_.header;
    while (contents_.used_bytes < header.snapshot_end) {
      const auto offset = contents_.used_bytes;
      const auto block = decode_block(bytes_.subspan(offset));
      if (!block || block->kind != BlockKind::kSnapshot || block->position != header.snapshot_last ||
          offset + block->size() > header.snapshot_end) {
        return corrupt(offset, "a block of the snapshot is not valid");
      }
      if (auto added = add(*block, offset); !added) {
        return added;
      }
    }
    contents_.state.last = header.snapshot_last;
    if (contents_.state.log != header.log) {
      return corrupt(0, "the header names another log than the snapshot");
    }
    return {};
  }

  Result<void> read_appended() {
    for (;;) {
      const auto offset = contents_.used_bytes;
      const auto block = decode_block(bytes_.subspan(offset));
      if (!block) {
        return read_end(offset);
      }
      if (block->kind != BlockKind::kAppended) {
        return corrupt(offset, "a block of the snapshot stands among appended ones");
      }
      if (auto added = add(*block, offset); !added) {
        return added;
      }
      contents_.blocks += 1;
      contents_.records += block->count;
    }
  }

  Result<void> add(const Block& block, std::uint64_t offset) {
    const auto records = decode_records(block.payload, block.count);
    if (!records) {
      return corrupt(offset, "the block holds what is not a record");
    }
    const bool appended = block.kind == BlockKind::kAppended;
    auto position = static_cast<std::uint64_t>(block.position);
    for (const auto& record : *records) {
      const auto refused =
          appended ? contents_.state.apply(Position{position}, record) : contents_.state.restore(record);
      if (refused) {
        return corrupt(offset, *refused);
      }
      visit_({record, appended ? std::optional(Position{position}) : std::nullopt, offset});
      ++position;
    }
    contents_.used_bytes = offset + block.size();
    return {};
  }

  // Where no valid block begins: the zeros that wait for the next append, a torn append, or damage.
  Result<void> read_end(std::uint64_t offset) {
    const auto rest = bytes_.subspan(offset);
    const auto last_written =
        std::find_if(rest.rbegin(), rest.rend(), [](std::byte byte) { return byte != std::byte{}; });
    const auto written = rest.first(static_cast<std::size_t>(rest.rend() - last_written));
    if (const auto later = find_later_block(rest, written.size())) {
      return corrupt(
          offset, "the block here is not valid, but a later one at offset " + std::to_string(offset + *later) + " is");
    }
    contents_.torn_bytes = written.size();
    return {};
  }

  // The offset in `rest` of a valid block of a higher position, looked for at every byte of the first `size`.
  std::optional<std::size_t> find_later_block(std::span<const std::byte> rest, std::size_t size) const {
    for (std::size_t at = 0; at < size; ++at) {
      const auto block = decode_block(rest.subspan(at));
      if (block && block->position > contents_.state.last) {
        return at;
      }
    }
    return std::nullopt;
  }

  std::string path_;
  std::span<const std::byte> bytes_;
  const RecordVisitor& visit_;
  SegmentContents contents_;
};

}  // namespace

std::string segment_name(std::uint64_t number) {
  const auto digits = std::to_string(number);
  std::string name(kPrefix);
  name.append(kNumberDigits - std::min(kNumberDigits, digits.size()), '0');
  return name + digits;
}

Result<std::vector<std::uint64_t>> list_segments(const LogDirectory& directory) {
  const auto names = directory.list();
  if (!names) {
    return names.error();
  }
  std::vector<std::uint64_t> numbers;
  for (const auto& name : *names) {
    if (const auto number = segment_number(name)) {
      numbers.push_back(*number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<SegmentContents> read_segment(const LogDirectory& directory, std::uint64_t number, const RecordVisitor& visit) {
  const auto name = segment_name(number);
  const auto bytes = directory.read(name);
  if (!bytes) {
    return bytes.error();
  }
  return SegmentReader(directory.path(name), *bytes, visit).read(number);
}

}  // namespace assent::coordinator
