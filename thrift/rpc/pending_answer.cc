#include "thrift/rpc/pending_answer.h"

#include <utility>

#include "thrift/rpc/faults.h"
#include "thrift/rpc/server_connection.h"

namespace assent::rpc {

PendingAnswer::PendingAnswer(std::weak_ptr<ServerConnection> connection, const ServedMethod& method, std::int32_t seqid)
    : connection_(std::move(connection)), method_(method), seqid_(seqid) {}

PendingAnswer::~PendingAnswer() {
  internal_error("the call was given up without an answer; it may have happened");
}

std::shared_ptr<ServerConnection> PendingAnswer::claim() {
  return std::exchange(answered_, true) ? nullptr : connection_.lock();
}

void PendingAnswer::answer(const apache::thrift::TBase& answer) {
  if (const auto connection = claim()) {
    connection->send_answer(method_, seqid_, answer);
  }
}

void PendingAnswer::fault(wire::FaultCode::type code, const std::string& message) {
  if (const auto connection = claim()) {
    connection->send_fault(method_, seqid_, code, message);
  }
}

void PendingAnswer::fault(const Error& error) {
  if (const auto code = fault_code_of(error.kind)) {
    fault(*code, error.message);
  } else {
    internal_error(error.message);
  }
}

void PendingAnswer::internal_error(const std::string& message) {
  if (const auto connection = claim()) {
    connection->send_internal_error(method_, seqid_, message);
  }
}

}  // namespace assent::rpc
