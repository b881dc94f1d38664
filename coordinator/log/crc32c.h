// CRC-32C (Castagnoli), the checksum of everything in the decision log: reflected polynomial 0x82f63b78, initial value
// and final xor 0xffffffff (RFC 3720, appendix B.4). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace assent::coordinator {

// The checksum of `bytes`; of `before` followed by `bytes`, if `before_crc` is the checksum of `before`.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before_crc = 0);

// The same without the processor's instruction for it, which tests compare.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t before_crc = 0);

}  // namespace assent::coordinator
