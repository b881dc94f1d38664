// A log record as bytes: one byte for its kind, then its fields, as README.md lists them. Pure; any thread.
//
// An encoding of our own, because the log outlives every release: it depends on no version of a library, reads
// strictly, and is small.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "coordinator/core/records.h"
#include "coordinator/log/byte_codec.h"

namespace assent::coordinator {

void encode(const LogRecord& record, ByteWriter& writer);

// One kind of record, without a copy of it.
template <typename Record>
void encode_one(const Record& record, ByteWriter& writer);

// Exactly `count` records that take up all of `bytes`, or nothing.
std::optional<std::vector<LogRecord>> decode_records(std::span<const std::byte> bytes, std::uint32_t count);

}  // namespace assent::coordinator
