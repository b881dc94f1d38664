#include "sdk/src/throw_error.h"

#include "assent/errors.h"

namespace assent::sdk {

void throw_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalidInput:
    case ErrorKind::kNotFound: throw InvalidArgument(error.message);
    case ErrorKind::kOverloaded: throw Overloaded(error.message);
    case ErrorKind::kConflict:
    case ErrorKind::kCorrupt:
    case ErrorKind::kIo:
    case ErrorKind::kUnavailable:
    case ErrorKind::kUnknown:
    case ErrorKind::kFenced:
    case ErrorKind::kWrongVersion: break;
  }
  throw Unavailable(error.message);
}

}  // namespace assent::sdk
