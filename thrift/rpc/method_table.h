// MethodTable: what a server's connections share: who serves which method, the limits, the codec.
#pragma once

#include <boost/assert.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "assent/result.h"
#include "assent_types.h"
#include "thrift/rpc/codec.h"
#include "thrift/rpc/counters.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/pending_answer.h"

namespace assent::rpc {

// Reads the arguments of a call, and serves it. An error says that they were malformed.
using CallHandler = std::function<Result<void>(Decoder&, const std::shared_ptr<PendingAnswer>&)>;

struct ServedMethod {
  std::string name;
  CallHandler handler;
  MethodCounters* counters;  // of the table's counters
};

class MethodTable {
 public:
  MethodTable(const Limits& limits, wire::HelloAnswer hello)
      : limits(limits),
        hello(std::move(hello)),
        encoder(limits, limits.answer_elements),
        decoder(limits, limits.request_elements) {}

  void add(const std::string& method, CallHandler handler) {
    ServedMethod served{method, std::move(handler), &counters->methods[method]};
    const bool is_new = methods_.emplace(method, std::move(served)).second;
    BOOST_VERIFY(is_new);
  }

  // Lives as long as the table.
  const ServedMethod* find(const std::string& method) const {
    const auto found = methods_.find(method);
    return found == methods_.end() ? nullptr : &found->second;
  }

  const Limits limits;
  const wire::HelloAnswer hello;
  Encoder encoder;
  Decoder decoder;
  std::shared_ptr<Counters> counters = std::make_shared<Counters>();

 private:
  std::unordered_map<std::string, ServedMethod> methods_;
};

}  // namespace assent::rpc
