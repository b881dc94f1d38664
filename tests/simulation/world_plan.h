// WorldPlan: what a world is made of, and what goes wrong in it: drawn from the seed, or told by a file.
//
//   coordinators = 1       # each is TOML (https://toml.io); what is left out is drawn
//   participants = 3       # processes
//   stores = 2             # of each of them
//   clients = 2            # of each kind
//   seconds = 4.0          # that they work
//   longest = 1.5          # seconds, of everything that takes long
//   [faults]               # probabilities, by the names in incidents.h
//   loss = 0.05
#pragma once

#include <cstdint>
#include <string>

#include "assent/result.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

struct WorldPlan {
  std::uint64_t coordinators = 1;
  std::uint64_t participants = 2;
  std::uint64_t stores = 1;
  std::uint64_t clients = 2;
  Duration length = 4s;
  Faults faults;
};

// Each run has some kinds of faults only, each rare or frequent: what hides beside everything else shows then
// (Groce et al.: Swarm Testing, 2012).
WorldPlan draw_world(World& world);

// The file's words take the place of what was drawn. Errors: kInvalidInput, kNotFound, naming the file and the place.
class WorldFile {
 public:
  static Result<WorldFile> read(const std::string& path);

  void apply_to(WorldPlan& plan) const;

 private:
  struct Words {
    std::optional<std::uint64_t> coordinators, participants, stores, clients;
    std::optional<Duration> length, longest;
    std::array<std::optional<double>, kIncidents> rates;
  };

  Words words_;
};

}  // namespace assent::simulation
