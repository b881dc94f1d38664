#include "coordinator/ctl/console.h"

#include "thrift/rpc/methods.h"

namespace assent::ctl {

Result<std::string> Console::locate(const std::string& store) {
  if (!participant().empty()) return participant();
  wire::LocateRequest request;
  request.store = store;
  const auto location = call(coordinator(), rpc::methods::kLocate, request);
  if (location) return location->address;
  auto error = location.error();
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kUnknown) {
    error.message += "; name the participant of the store with --participant HOST:PORT";
  }
  return error;
}

}  // namespace assent::ctl
