// PendingCalls: who waits for which answer of a store. On the network thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "participant/core/events.h"
#include "thrift/rpc/server.h"

namespace assent::participant {

class PendingCalls {
 public:
  // Each registers a caller that waits for an answer of `store`, and gives the call its number.
  CallId add(const std::string& store, rpc::Responder<wire::ExecuteAnswer> respond);
  CallId add(const std::string& store, rpc::Responder<wire::VoteAnswer> respond);
  CallId add(const std::string& store, rpc::Responder<wire::BranchStatus> respond);
  CallId add(const std::string& store, rpc::Responder<wire::SchemaAnswer> respond);
  CallId add(const std::string& store, rpc::Responder<wire::AcknowledgeWriteAnswer> respond);
  CallId add(const std::string& store, rpc::Responder<wire::Testimony> respond);
  // Many decisions travel in one call: one number for each, one answer when all have theirs.
  std::vector<CallId> add(const std::string& store, rpc::Responder<wire::DecideAnswer> respond, std::size_t decisions);

  void answer(const ExecuteAnswered& effect);
  void answer(const VoteAnswered& effect);
  void answer(const DecisionAnswered& effect);
  void answer(const ResolveAnswered& effect);
  void answer(const SchemaAnswered& effect);
  void answer(const AcknowledgeWriteAnswered& effect);
  void answer(const TestimonyGiven& effect);

  // The call was not served, nothing happened.
  void refuse(const CallRefused& effect);
  void refuse(CallId call, const Error& error);

  // Everybody who waits for the store waits in vain, and does not learn what has happened: its last journal transaction
  // may be on the disk or not.
  void drop(const std::string& store, const std::string& reason);

  std::size_t size() const { return calls_.size(); }

 private:
  struct Decisions {
    rpc::Responder<wire::DecideAnswer> respond;
    wire::DecideAnswer answer;
    std::size_t missing = 0;
  };
  struct DecisionSlot {
    std::shared_ptr<Decisions> decisions;
    std::size_t index = 0;
  };
  using Waiting =
      std::variant<rpc::Responder<wire::ExecuteAnswer>, rpc::Responder<wire::VoteAnswer>,
                   rpc::Responder<wire::BranchStatus>, rpc::Responder<wire::SchemaAnswer>,
                   rpc::Responder<wire::AcknowledgeWriteAnswer>, rpc::Responder<wire::Testimony>, DecisionSlot>;
  struct Call {
    std::string store;
    Waiting waiting;
  };

  // Takes the call out and answers it with a fault.
  template <typename Fault>
  void end_with(CallId call, const Fault& fault);
  CallId next(const std::string& store, Waiting waiting);
  // Takes the call out; nothing if it has been dropped.
  std::optional<Waiting> take(CallId call);

  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Call> calls_;
};

}  // namespace assent::participant
