// call(): a call over the simulated network. The request reaches the callee never, once or twice, and so does each of
// its answers the caller. A callee that is down does not answer, and one that died meanwhile neither.
#pragma once

#include <string>

#include "tests/simulation/describe.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

template <typename Node, typename Request, typename Heard>
void call(World& world, const std::string& caller, Node& callee, const Request& request, const Heard& heard) {
  world.send(
      caller, callee.name(), [&request] { return describe(request); },
      [&world, caller, &callee, request, heard] {
        callee.ask(request, [&world, caller, &callee, heard](const auto& answer) {
          world.send(
              callee.name(), caller, [&answer] { return describe(answer); }, [heard, answer] { heard(answer); });
        });
      });
}

}  // namespace assent::simulation
