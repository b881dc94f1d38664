// Console: whom assentctl asks. Every call blocks; one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "assent/result.h"
#include "assent/time.h"
#include "coordinator/ctl/json.h"
#include "thrift/daemon/caller.h"
#include "thrift/rpc/address.h"

namespace assent::ctl {

// What a command says: to programs, and to people.
struct Report {
  Json json;
  std::string text;
  std::optional<Error> problem = {};  // that the command met after it had something to say
};

struct Addresses {
  std::string coordinator = "127.0.0.1:7400";
  std::string participant;  // asked instead of the one that the coordinator names; empty: none was given
};

class Console {
 public:
  Console(Addresses addresses, Duration patience) : addresses_(std::move(addresses)), patience_(patience) {}

  // Calls a daemon by its address, and waits no longer than the operator's patience.
  template <typename Method>
  Result<typename Method::Answer> call(const std::string& address, const Method& method,
                                       const typename Method::Request& request) {
    auto& caller = callers_[address];
    if (!caller) {
      auto parsed = rpc::parse_address(address);
      if (!parsed) return parsed.error();
      caller.emplace(std::move(*parsed), "assentctl");
    }
    auto answer = caller->call(method, request, patience_);
    if (!answer) return Error{answer.error().kind, address + ": " + answer.error().message};
    return answer;
  }

  const std::string& coordinator() const { return addresses_.coordinator; }
  const std::string& participant() const { return addresses_.participant; }

  // Where the store's participant is: as given, or as the coordinator says.
  Result<std::string> locate(const std::string& store);

 private:
  const Addresses addresses_;
  const Duration patience_;
  std::map<std::string, std::optional<daemon::Caller>> callers_;
};

}  // namespace assent::ctl
