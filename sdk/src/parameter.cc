#include "assent/parameter.h"

#include <string>

#include "assent/errors.h"

namespace assent {

void throw_integer_too_large(std::uint64_t value) {
  throw InvalidArgument("the parameter " + std::to_string(value) +
                        " is larger than SQLite's largest integer, 9223372036854775807: bind it as text");
}

void throw_null_text() {
  throw InvalidArgument("a parameter is a null pointer to text: bind nullptr for NULL");
}

}  // namespace assent
