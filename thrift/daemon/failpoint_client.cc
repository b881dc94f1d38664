#include "thrift/daemon/failpoint_client.h"

#include <thread>

#include "thrift/daemon/caller.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/methods.h"

namespace assent::daemon {

namespace {

constexpr auto kPatience = std::chrono::minutes(1);

}  // namespace

FailpointClient::FailpointClient(const std::string& address)
    : caller_(std::make_unique<Caller>(rpc::parse_address(address).value(), "failpoint client")) {}

FailpointClient::~FailpointClient() = default;

Result<void> FailpointClient::arm(const std::string& name, FailpointAction action, std::uint32_t skip) {
  wire::FailpointRequest request;
  request.name = name;
  request.action = static_cast<wire::FailpointAction::type>(action);
  request.skip = static_cast<std::int32_t>(skip);
  const auto armed = caller_->call(rpc::methods::kArm, request, kPatience);
  if (!armed) return armed.error();
  return {};
}

Result<std::uint64_t> FailpointClient::passes(const std::string& name) {
  const auto statuses = caller_->call(rpc::methods::kFailpoints, {}, kPatience);
  if (!statuses) return statuses.error();
  for (const auto& status : statuses->failpoints) {
    if (status.name == name) return static_cast<std::uint64_t>(status.passes);
  }
  return std::uint64_t{0};
}

Result<void> FailpointClient::wait_for_passes(const std::string& name, std::uint64_t passes, Duration patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto now = this->passes(name);
    if (!now) return now.error();
    if (*now >= passes) return {};
    if (std::chrono::steady_clock::now() > until) {
      return Error{ErrorKind::kUnavailable, "failpoint " + name + " was passed " + std::to_string(*now) +
                                                " times, and " + std::to_string(passes) + " were waited for"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace assent::daemon
