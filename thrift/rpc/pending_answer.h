// PendingAnswer: a call that a server owes an answer. What Responders share.
#pragma once

#include <thrift/TBase.h>

#include <cstdint>
#include <memory>
#include <string>

#include "assent/result.h"
#include "assent_types.h"

namespace assent::rpc {

class ServerConnection;
struct ServedMethod;

class PendingAnswer {
 public:
  // REQUIRES: the method lives as long as the connection.
  PendingAnswer(std::weak_ptr<ServerConnection> connection, const ServedMethod& method, std::int32_t seqid);
  // Answers INTERNAL_ERROR if nobody has answered.
  ~PendingAnswer();
  PendingAnswer(const PendingAnswer&) = delete;
  PendingAnswer& operator=(const PendingAnswer&) = delete;

  // The first of these is the answer, the others are dropped.
  void answer(const apache::thrift::TBase& answer);
  void fault(wire::FaultCode::type code, const std::string& message);
  void fault(const Error& error);
  void internal_error(const std::string& message);

 private:
  // The connection, if it is there and this is the first answer.
  std::shared_ptr<ServerConnection> claim();

  std::weak_ptr<ServerConnection> connection_;
  const ServedMethod& method_;
  std::int32_t seqid_;
  bool answered_ = false;
};

}  // namespace assent::rpc
