// A blocking call: starts an operation and waits for its end.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "assent/errors.h"
#include "sdk/src/completion.h"
#include "sdk/src/environment.h"

namespace assent::sdk {

// `start` is given the completion. Returns the value, or throws what the operation ended with; InvalidArgument on the
// environment's thread, where it would wait for ever.
template <typename T, typename Start>
T wait_for(Environment& environment, Start&& start) {
  if (environment.is_inside()) {
    throw InvalidArgument(
        "a call that waits was made on the thread that its answer comes to: use its async_ form there");
  }
  auto ended = std::make_shared<std::promise<Attempt<T>>>();
  auto end = ended->get_future();
  start(Completion<T>([&environment, ended](Attempt<T> attempt) {
    if (!environment.is_inside()) return ended->set_value(std::move(attempt));  // there was nothing to wait for
    // Handed over once nothing of the operation is left on the environment's thread: who hears it may be the last to
    // hold the client, and has to wait for that thread when it goes.
    environment.after(Duration::zero(),
                      [ended, attempt = std::move(attempt)]() mutable { ended->set_value(std::move(attempt)); });
  }));
  return end.get().value();
}

}  // namespace assent::sdk
