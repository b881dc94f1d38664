#include "thrift/rpc/address.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace assent::rpc {
namespace {

Error malformed(std::string_view text) {
  const bool is_long = text.size() > kMostAddressBytes;
  return Error{ErrorKind::kInvalidInput,
               "`" + std::string(text.substr(0, kMostAddressBytes)) + (is_long ? "…" : "") +
                   "` is not an address; write host:port with at most 255 bytes and a port of 0 to 65535, and an "
                   "IPv6 host in brackets: 127.0.0.1:7400, db.example:7400, [::1]:7400"};
}

// What names and numbers of hosts are made of: nothing that would have to be quoted in a log.
bool is_of_hosts(char each) {
  return std::isalnum(static_cast<unsigned char>(each)) != 0 ||
         std::string_view(".-_:%").find(each) != std::string_view::npos;
}

}  // namespace

std::string to_string(const Address& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() > kMostAddressBytes) {
    return malformed(text);
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) {
    host = host.substr(1, host.size() - 2);
  }
  const bool has_colon = host.find(':') != std::string_view::npos;
  const bool is_odd = !std::all_of(host.begin(), host.end(), is_of_hosts);
  if (host.empty() || is_odd || has_colon != in_brackets) {
    return malformed(text);
  }
  Address address{std::string(host), 0};
  const char* const end = port_text.data() + port_text.size();
  const auto parsed = std::from_chars(port_text.data(), end, address.port);
  if (port_text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    return malformed(text);
  }
  return address;
}

}  // namespace assent::rpc
