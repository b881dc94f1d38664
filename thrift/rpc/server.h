// Server: accepts connections and hands each call to the handler of its method.
//
// Answers may come in any order and at any time; those that are ready together leave in one system call. A
// connection with too many outstanding calls is not read until some are answered. Bad frames close the connection.
// One thread uses it: the one that runs its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "assent/result.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/methods.h"

namespace assent::rpc {

// Answers one call, once. Copies stand for the same call. If all of them are gone unanswered, the caller gets a
// Fault. Harmless when the caller has gone. On the server's thread only.
template <typename Answer>
class Responder {
 public:
  void operator()(const Answer& answer) const;
  void fault(wire::FaultCode::type code, const std::string& message) const;
  // With the code that stands for error.kind.
  void fault(const Error& error) const;
};

class Server {
 public:
  // `hello` is what callers are answered; their version must be its own.
  Server(boost::asio::io_context& io, Limits limits, wire::HelloAnswer hello);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // REQUIRES: before listen(), once for each method. An exception from the handler is answered as a Fault.
  template <typename Method>
  void on(const Method& method,
          std::function<void(typename Method::Request&&, Responder<typename Method::Answer>)> handler);

  // Port 0 takes any free one. Returns the address that it really listens on; kConflict if it is in use.
  Result<Address> listen(const Address& address);

  // Stops accepting and closes every connection whose calls have all been answered and written, the others then.
  void stop_accepting();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace assent::rpc
