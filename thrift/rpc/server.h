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
#include "thrift/rpc/counters.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/method_table.h"
#include "thrift/rpc/methods.h"
#include "thrift/rpc/pending_answer.h"

namespace assent::rpc {

// Answers one call, once; what comes after the first answer is dropped. Copies stand for the same call. If all of
// them are gone unanswered, the caller gets Thrift's INTERNAL_ERROR, for it is unknown what has happened; a Fault says
// that nothing has. Harmless when the caller or the server has gone. On the server's thread only.
template <typename Answer>
class Responder {
 public:
  explicit Responder(std::shared_ptr<PendingAnswer> pending) : pending_(std::move(pending)) {}

  void operator()(const Answer& answer) const { pending_->answer(answer); }
  void fault(wire::FaultCode::type code, const std::string& message) const { pending_->fault(code, message); }
  // With the code that stands for error.kind; INTERNAL_ERROR for kIo and kUnknown.
  void fault(const Error& error) const { pending_->fault(error); }

 private:
  std::shared_ptr<PendingAnswer> pending_;
};

class Server {
 public:
  // `hello` is what callers are answered; their version must be its own.
  Server(boost::asio::io_context& io, Limits limits, wire::HelloAnswer hello);
  // Closes every connection.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // REQUIRES: before listen(), once for each method, and not for hello. An exception from the handler is answered: a
  // Fault or a ResultError as what it says, any other as INTERNAL_ERROR.
  template <typename Method>
  void on(const Method& method,
          std::function<void(typename Method::Request&&, Responder<typename Method::Answer>)> handler);

  // Port 0 takes any free one. Returns the address that it really listens on; kConflict if it is in use.
  Result<Address> listen(const Address& address);

  // Stops accepting and closes every connection whose calls have all been answered and written, the others then.
  // Calls that still arrive are answered with the Fault UNAVAILABLE.
  void stop_accepting();

  const Counters& counters() const;
  std::size_t open_connections() const;

 private:
  class State;
  MethodTable& methods();

  std::shared_ptr<State> state_;
};

template <typename Method>
void Server::on(const Method& method,
                std::function<void(typename Method::Request&&, Responder<typename Method::Answer>)> handler) {
  methods().add(method.name,
                [handler = std::move(handler)](Decoder& decoder, const std::shared_ptr<PendingAnswer>& pending) {
                  typename Method::Args arguments;
                  Result<void> read = decoder.read(arguments);
                  if (read.has_error()) {
                    return read;
                  }
                  if (!arguments.__isset.request) {
                    pending->fault(wire::FaultCode::INVALID_ARGUMENT, "field 1 of the call, `request`, is missing");
                    return read;
                  }
                  handler(std::move(arguments.request), Responder<typename Method::Answer>(pending));
                  return read;
                });
}

}  // namespace assent::rpc
