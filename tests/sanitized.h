// How much a test does in a build with a sanitizer, which looks for other errors than the test does, and is ten times
// slower: the other builds do all of it.
#pragma once

#include <algorithm>
#include <cstddef>

namespace assent {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

// An eighth of the usual, but something.
constexpr std::size_t unless_sanitized(std::size_t usual) {
  constexpr std::size_t kLess = 8;
  return kIsSanitized ? std::max<std::size_t>(1, usual / kLess) : usual;
}

}  // namespace assent
