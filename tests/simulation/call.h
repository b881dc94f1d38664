// call(): a call over the simulated network. The request reaches the callee never, once or twice, and so does each of
// its answers the caller. A callee that is down does not answer, and one that died meanwhile neither.
#pragma once

#include <string>

#include "tests/simulation/describe.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

template <typename Node, typename Request, typename Heard>
void call(World& world, const std::string& caller, Node& callee, const Request& request, const Heard& heard) {
  const auto text = [&world](const auto& message) {
    return world.is_transcribed() ? describe(message) : std::string();
  };
  world.send(caller, callee.name(), text(request), [&world, caller, &callee, request, heard, text] {
    callee.ask(request, [&world, caller, &callee, heard, text](const auto& answer) {
      world.send(callee.name(), caller, text(answer), [heard, answer] { heard(answer); });
    });
  });
}

}  // namespace assent::simulation
