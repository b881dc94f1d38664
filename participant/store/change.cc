#include "participant/store/change.h"

#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include "assent/result.h"
#include "participant/store/encoding.h"

namespace assent::participant {

namespace {

// SQLite's own numbers of its storage classes.
enum class Tag : std::uint8_t { kInteger = 1, kReal = 2, kText = 3, kBlob = 4, kNull = 5 };

void append_value(std::string& bytes, const Value& value) {
  const auto tag = [&bytes](Tag tag) { bytes.push_back(static_cast<char>(tag)); };
  std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::nullptr_t>) {
          tag(Tag::kNull);
        } else if constexpr (std::is_same_v<Content, std::int64_t>) {
          tag(Tag::kInteger);
          const auto bits = static_cast<std::uint64_t>(content);
          append_number(bytes, (bits << 1U) ^ (content < 0 ? ~std::uint64_t{0} : 0));  // small negatives stay short
        } else if constexpr (std::is_same_v<Content, double>) {
          tag(Tag::kReal);
          append_number(bytes, std::bit_cast<std::uint64_t>(content));
        } else if constexpr (std::is_same_v<Content, std::string>) {
          tag(Tag::kText);
          append_string(bytes, content);
        } else {
          tag(Tag::kBlob);
          append_string(bytes, {reinterpret_cast<const char*>(content.bytes.data()), content.bytes.size()});
        }
      },
      value);
}

[[noreturn]] void malformed() {
  throw ResultError({ErrorKind::kCorrupt, "the captured changes are malformed: they are not what was written"});
}

Value read_value(Decoder& decoder) {
  switch (static_cast<Tag>(decoder.byte())) {
    case Tag::kNull: return nullptr;
    case Tag::kInteger: {
      const std::uint64_t bits = decoder.number();
      return static_cast<std::int64_t>((bits >> 1U) ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0));
    }
    case Tag::kReal: return std::bit_cast<double>(decoder.number());
    case Tag::kText: return std::string(decoder.string());
    case Tag::kBlob: {
      const std::string_view content = decoder.string();
      Blob blob;
      blob.bytes.resize(content.size());
      if (!content.empty()) {
        std::memcpy(blob.bytes.data(), content.data(), content.size());
      }
      return blob;
    }
  }
  malformed();
}

RowImage read_row(Decoder& decoder, std::uint64_t columns) {
  RowImage row;
  for (std::uint64_t column = 0; column < columns; ++column) {
    row.push_back(read_value(decoder));
    if (!decoder.is_intact()) {
      malformed();
    }
  }
  return row;
}

}  // namespace

void append_change(Changes& changes, const Change& change) {
  changes.bytes.push_back(static_cast<char>(change.kind));
  append_string(changes.bytes, change.table);
  append_number(changes.bytes, change.kind == ChangeKind::kDelete ? change.old_row.size() : change.new_row.size());
  for (const RowImage* row : {&change.old_row, &change.new_row}) {
    for (const Value& value : *row) {
      append_value(changes.bytes, value);
    }
  }
  ++changes.rows;
}

std::vector<Change> read_changes(const Changes& changes) {
  std::vector<Change> read;
  Decoder decoder(changes.bytes);
  while (!decoder.at_end()) {
    Change change;
    change.kind = static_cast<ChangeKind>(decoder.byte());
    if (change.kind < ChangeKind::kInsert || change.kind > ChangeKind::kDelete) {
      malformed();
    }
    change.table = decoder.string();
    const std::uint64_t columns = decoder.number();
    if (change.kind != ChangeKind::kInsert) {
      change.old_row = read_row(decoder, columns);
    }
    if (change.kind != ChangeKind::kDelete) {
      change.new_row = read_row(decoder, columns);
    }
    read.push_back(std::move(change));
  }
  if (!decoder.is_intact() || read.size() != changes.rows) {
    malformed();
  }
  return read;
}

}  // namespace assent::participant
