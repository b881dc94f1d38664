// One coordinator and two participants, all fakes, and a client of theirs.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "assent/assent.h"
#include "tests/unit/sdk/fake_coordinator.h"

namespace assent::sdk {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SdkTest : public ::testing::Test {
 protected:
  SdkTest() {
    coordinator_.place("a", a_.address());
    coordinator_.place("b", b_.address());
    options_.coordinator = coordinator_.address();
    options_.backoff_first = 1ms;
    options_.backoff_ceiling = 20ms;
    options_.store_retry_time = 300ms;
    options_.outcome_time_limit = 300ms;
    options_.commit_timeout = 300ms;
    options_.run_time_limit = 3s;
  }

  // Calls the function, which throws an Error, and returns it.
  template <typename Error, typename Function>
  static Error thrown(Function function) {
    try {
      function();
    } catch (const Error& error) {
      return error;
    }
    throw std::logic_error("nothing was thrown");
  }

  FakeCoordinator coordinator_;
  FakeParticipant a_;
  FakeParticipant b_;
  ClientOptions options_;
};

}  // namespace assent::sdk
