// What an error of one side is to the other: faults for those after which nothing has happened, and Thrift's
// application exceptions for the rest.
#pragma once

#include <thrift/TApplicationException.h>

#include <optional>

#include "assent/result.h"
#include "assent_types.h"

namespace assent::rpc {

// Nothing for the kinds after which something may have happened: they must not be answered as a Fault.
std::optional<wire::FaultCode::type> fault_code_of(ErrorKind kind);

Error error_from(const wire::Fault& fault);

// A method that is unknown has done nothing; after any other exception it is unknown what happened.
Error error_from(const apache::thrift::TApplicationException& exception);

}  // namespace assent::rpc
