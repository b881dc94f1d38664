// Names as SQL takes them, whatever is in them.
#pragma once

#include <string>
#include <string_view>

#include "participant/store/catalog.h"

namespace assent::participant {

inline std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char letter : name) {
    text += letter;
    if (letter == '"') {
      text += letter;
    }
  }
  return text + "\"";
}

inline std::string_view name_of(Collation collation) {
  switch (collation) {
    case Collation::kBinary: return "BINARY";
    case Collation::kNoCase: return "NOCASE";
    case Collation::kTrimRight: return "RTRIM";
  }
  return "BINARY";
}

}  // namespace assent::participant
