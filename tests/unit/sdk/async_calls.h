// A test of async_ calls: fakes, and an io_context that the test itself runs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdint>
#include <future>
#include <utility>

#include "assent/async.h"
#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {

namespace asio = boost::asio;

class AsyncTest : public SdkTest {
 protected:
  AsyncTest() { batch_.execute("a", "UPDATE t"); }

  // Runs the io_context until the future is there, and gets it.
  template <typename T>
  T run_until(std::future<T> future) {
    while (future.wait_for(0s) != std::future_status::ready) io_.run_one_for(10ms);
    return future.get();
  }
  template <typename T>
  T run(asio::awaitable<T> coroutine) {
    return run_until(asio::co_spawn(io_, std::move(coroutine), asio::use_future));
  }

  void abort_next_submit(AbortReason reason) {
    coordinator_.submits.then(answer_outcome<SubmitMethod>(OutcomeKind::kAborted, cause_of(reason)));
  }

  static wire::ExecuteAnswer row_of(std::int64_t id) {
    auto answer = FakeParticipant::changed(0);
    answer.result = rpc::to_wire(StatementResult{{"id"}, {{Value{id}}}, 0});
    return answer;
  }

  asio::io_context io_{1};
  Batch batch_;
};

}  // namespace assent::sdk
