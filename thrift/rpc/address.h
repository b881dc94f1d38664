// host:port, as configuration and registration name a peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "assent/result.h"

namespace assent::rpc {

struct Address {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
};

// As text. The name of a host has at most 253.
inline constexpr std::size_t kMostAddressBytes = 255;

// `127.0.0.1:7400`, `[::1]:7400`, `db.example:7400`.
std::string to_string(const Address& address);

// The inverse; an error names the text and says what is expected.
Result<Address> parse_address(std::string_view text);

}  // namespace assent::rpc
