#include "sdk/src/failure_of.h"

#include "assent/errors.h"
#include "sdk/src/completion.h"

namespace assent::sdk {

std::exception_ptr failure_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalidInput:
    case ErrorKind::kNotFound: return failure<InvalidArgument>(error.message);
    case ErrorKind::kOverloaded: return failure<Overloaded>(error.message);
    case ErrorKind::kConflict:
    case ErrorKind::kCorrupt:
    case ErrorKind::kIo:
    case ErrorKind::kUnavailable:
    case ErrorKind::kUnknown:
    case ErrorKind::kFenced:
    case ErrorKind::kWrongVersion: break;
  }
  return failure<Unavailable>(error.message);
}

}  // namespace assent::sdk
