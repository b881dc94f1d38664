// What a store may be called, and how many of them one message may name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

inline constexpr std::size_t kMostStoreNameBytes = 64;

// In one registration, and so of one participant; also of inquiries in one call.
inline constexpr std::size_t kMostStoresInMessage = 1024;

// Why this cannot be the name of a store, and what can; nothing if it can. Names stand in logs, in journals and in
// every message, so they are short and have no characters that would have to be quoted anywhere.
std::optional<std::string> wrong_store_name(std::string_view name);

}  // namespace assent
