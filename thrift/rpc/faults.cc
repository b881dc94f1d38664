#include "thrift/rpc/faults.h"

namespace assent::rpc {
namespace {

ErrorKind kind_of(wire::FaultCode::type code) {
  switch (code) {
    case wire::FaultCode::INVALID_ARGUMENT: return ErrorKind::kInvalidInput;
    case wire::FaultCode::NOT_FOUND: return ErrorKind::kNotFound;
    case wire::FaultCode::OVERLOADED: return ErrorKind::kOverloaded;
    case wire::FaultCode::UNAVAILABLE: return ErrorKind::kUnavailable;
    case wire::FaultCode::WRONG_VERSION: return ErrorKind::kWrongVersion;
    case wire::FaultCode::FENCED: return ErrorKind::kFenced;
    case wire::FaultCode::CONFLICT: return ErrorKind::kConflict;
  }
  return ErrorKind::kUnknown;  // a code of a later version: it may mean anything
}

}  // namespace

std::optional<wire::FaultCode::type> fault_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput: return wire::FaultCode::INVALID_ARGUMENT;
    case ErrorKind::kNotFound: return wire::FaultCode::NOT_FOUND;
    case ErrorKind::kOverloaded: return wire::FaultCode::OVERLOADED;
    case ErrorKind::kCorrupt:
    case ErrorKind::kUnavailable: return wire::FaultCode::UNAVAILABLE;
    case ErrorKind::kWrongVersion: return wire::FaultCode::WRONG_VERSION;
    case ErrorKind::kFenced: return wire::FaultCode::FENCED;
    case ErrorKind::kConflict: return wire::FaultCode::CONFLICT;
    case ErrorKind::kIo:
    case ErrorKind::kUnknown: return std::nullopt;
  }
  return std::nullopt;
}

Error error_from(const wire::Fault& fault) {
  return Error{kind_of(fault.code), fault.message};
}

Error error_from(const apache::thrift::TApplicationException& exception) {
  const bool nothing_happened = exception.getType() == apache::thrift::TApplicationException::UNKNOWN_METHOD;
  return Error{nothing_happened ? ErrorKind::kInvalidInput : ErrorKind::kUnknown, exception.what()};
}

}  // namespace assent::rpc
