#include "tests/simulation/world_plan.h"

#include <toml++/toml.h>

#include <algorithm>

namespace assent::simulation {

namespace {

// How often each happens in a world that has it, before it is made rarer or more frequent.
constexpr std::array<std::pair<Incident, double>, kIncidents - 1> kUsual = {
    {{Incident::kLoss, 0.03},      {Incident::kRepetition, 0.1},     {Incident::kDelay, 0.03},
     {Incident::kCrash, 0.003},    {Incident::kDiskCrash, 0.03},     {Incident::kPowerLoss, 0.5},
     {Incident::kDiskError, 0.02}, {Incident::kFullDisk, 0.01},      {Incident::kPartition, 0.01},
     {Incident::kOneWay, 0.01},    {Incident::kClog, 0.01},          {Incident::kPause, 0.003},
     {Incident::kClockJump, 0.01}, {Incident::kFlippedBit, 0.5},     {Incident::kOldCopy, 0.4},
     {Incident::kOldLog, 0.01},    {Incident::kLostLog, 0.1},        {Incident::kResolution, 0.05},
     {Incident::kGuess, 0.05},     {Incident::kSchemaChange, 0.002}, {Incident::kDrain, 0.003},
     {Incident::kBlackout, 0.003}, {Incident::kStandstill, 0.02},    {Incident::kClientDeath, 0.01},
     {Incident::kLostStore, 0.3},  {Incident::kReplacement, 0.1}}};

// What a process that stands still for long needs until it is found out, at least.
constexpr Duration kLengthWithStandstills = 18s;

constexpr std::uint64_t kMost = 20;  // of anything

Error error(const std::string& path, const toml::source_position& place, const std::string& what) {
  return {ErrorKind::kInvalidInput, path + ", line " + std::to_string(place.line) + ": " + what};
}

Duration seconds(double number) {
  return Duration{static_cast<Duration::rep>(number * 1e9)};
}

}  // namespace

WorldPlan draw_world(World& world) {
  WorldPlan plan;
  plan.coordinators = world.chance(0.3) ? 2 : 1;
  plan.participants = std::array<std::uint64_t, 8>{1, 1, 2, 2, 2, 3, 4, 5}.at(world.below(8));
  const bool has_many_stores = plan.participants == 1 || world.chance(0.1);
  plan.stores = has_many_stores ? 1 + world.below(3) : plan.participants < 4 ? 1 + world.below(10) / 7 : 1;
  plan.clients = 1 + world.below(3);
  plan.faults.longest = world.between(20ms, 3s);
  plan.faults[Incident::kTransaction] = 1;
  const bool is_calm = world.chance(0.1);
  for (const auto& [incident, rate] : kUsual) {
    const double times = std::array{0.0, 0.0, 0.3, 1.0, 1.0, 3.0}.at(world.below(6));
    if (!is_calm) plan.faults[incident] = std::min(0.8, rate * times);
  }
  if (world.chance(0.95)) plan.faults[Incident::kStandstill] = 0;
  if (plan.faults[Incident::kStandstill] > 0) plan.length = kLengthWithStandstills;
  return plan;
}

Result<WorldFile> WorldFile::read(const std::string& path) {
  toml::table parsed;
  try {
    parsed = toml::parse_file(path);
  } catch (const toml::parse_error& wrong) {
    return error(path, wrong.source().begin, std::string(wrong.description()));
  }
  WorldFile file;
  Words& words = file.words_;
  const std::array<std::pair<std::string_view, std::optional<std::uint64_t>*>, 4> counts = {
      {{"coordinators", &words.coordinators},
       {"participants", &words.participants},
       {"stores", &words.stores},
       {"clients", &words.clients}}};
  const std::array<std::pair<std::string_view, std::optional<Duration>*>, 2> lengths = {
      {{"seconds", &words.length}, {"longest", &words.longest}}};
  for (const auto& [key, node] : parsed) {
    const auto is_named = [name = key.str()](const auto& each) { return each.first == name; };
    const auto count = std::find_if(counts.begin(), counts.end(), is_named);
    const auto length = std::find_if(lengths.begin(), lengths.end(), is_named);
    if (count != counts.end()) {
      const auto number = node.value<std::int64_t>().value_or(0);
      if (number < 1 || number > static_cast<std::int64_t>(kMost)) {
        return error(path, node.source().begin, std::string(key.str()) + " is a number from 1 to 20");
      }
      *count->second = static_cast<std::uint64_t>(number);
    } else if (length != lengths.end()) {
      const auto number = node.value<double>().value_or(0);
      if (!(number > 0 && number <= 600)) {
        return error(path, node.source().begin, std::string(key.str()) + " is a number of seconds, up to 600");
      }
      *length->second = seconds(number);
    } else if (const auto* faults = node.as_table(); faults != nullptr && key.str() == "faults") {
      for (const auto& [name, rate] : *faults) {
        const auto* known = std::find(kIncidentNames.begin(), kIncidentNames.end(), name.str());
        const auto number = rate.value<double>().value_or(-1);
        if (known == kIncidentNames.end()) {
          return error(path, name.source().begin, "there is no fault `" + std::string(name.str()) + "`");
        }
        if (!(number >= 0 && number <= 1)) {
          return error(path, rate.source().begin, std::string(name.str()) + " is a probability, from 0 to 1");
        }
        words.rates.at(static_cast<std::size_t>(known - kIncidentNames.begin())) = number;
      }
    } else {
      return error(path, key.source().begin, "there is no setting `" + std::string(key.str()) + "`");
    }
  }
  return file;
}

void WorldFile::apply_to(WorldPlan& plan) const {
  plan.coordinators = words_.coordinators.value_or(plan.coordinators);
  plan.participants = words_.participants.value_or(plan.participants);
  plan.stores = words_.stores.value_or(plan.stores);
  plan.clients = words_.clients.value_or(plan.clients);
  plan.length = words_.length.value_or(plan.length);
  plan.faults.longest = words_.longest.value_or(plan.faults.longest);
  for (std::size_t i = 0; i < kIncidents; ++i) {
    plan.faults.rates.at(i) = words_.rates.at(i).value_or(plan.faults.rates.at(i));
  }
}

}  // namespace assent::simulation
