// OutstandingCalls: the calls of one channel that have no answer yet, by seqid and by deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assent/result.h"
#include "thrift/rpc/codec.h"
#include "thrift/rpc/counters.h"

namespace assent::rpc {

// Takes the answer of a call out of the decoder, or the error that it ended with, and tells the caller. Returns false
// if the answer was malformed.
using AnswerReader = std::function<bool(Result<Decoder*>)>;

struct OutstandingCall {
  std::int32_t seqid = 0;
  std::string method;
  MethodCounters* counters = nullptr;  // of the method
  std::chrono::steady_clock::time_point deadline;
  AnswerReader reader;
  std::optional<std::uint64_t> position;    // of its frame in the output of the connection, once it is there
  std::vector<std::uint8_t> waiting_frame;  // until then
};

class OutstandingCalls {
 public:
  std::size_t size() const { return calls_.size(); }

  // Not in use by any outstanding call; above zero.
  std::int32_t next_seqid();

  // Pointers to calls live until the call is taken.
  OutstandingCall& add(OutstandingCall call);
  OutstandingCall* find(std::int32_t seqid);
  OutstandingCall take(std::int32_t seqid);

  std::optional<std::chrono::steady_clock::time_point> earliest_deadline() const;

  // In the order in which they were made.
  std::vector<OutstandingCall> take_all();
  std::vector<OutstandingCall> take_expired(std::chrono::steady_clock::time_point now);
  std::vector<OutstandingCall*> all();

 private:
  std::unordered_map<std::int32_t, OutstandingCall> calls_;
  std::set<std::pair<std::chrono::steady_clock::time_point, std::int32_t>> deadlines_;
  std::int32_t last_seqid_ = 0;
};

}  // namespace assent::rpc
