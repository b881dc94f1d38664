#include "tests/simulation/world.h"

#include <algorithm>
#include <iomanip>

namespace assent::simulation {

namespace {

// Far more than any run needs: a core that re-arms a timer that is due spins for ever.
constexpr std::uint64_t kMostActions = 1'000'000;

}  // namespace

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
std::uint64_t World::draw() {
  random_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = random_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31U);
}

std::uint64_t World::below(std::uint64_t limit) {
  return draw() % limit;
}

bool World::chance(double probability) {
  return probability > 0 && static_cast<double>(draw() >> 11U) * 0x1p-53 < probability;
}

Duration World::between(Duration least, Duration most) {
  return least + Duration{below(static_cast<std::uint64_t>((most - least).count()) + 1)};
}

Duration World::latency(Duration least, Duration most) {
  return chance(faults.delay) ? between(least, faults.longest) : between(least, most);
}

void World::after(Duration delay, std::function<void()> action) {
  if (planned_ == kMostActions) throw Violation("no end: " + std::to_string(planned_) + " actions in one run");
  plan_.emplace(std::pair{now_ + std::max(delay, Duration{}), planned_++}, std::move(action));
}

void World::run(Duration length) {
  const Time end = now_ + length;
  while (!plan_.empty() && plan_.begin()->first.first <= end) {
    auto next = plan_.extract(plan_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
  now_ = end;
}

void World::send(const std::string& from, const std::string& to, const std::string& what,
                 const std::function<void()>& deliver) {
  const auto cut = cut_until_.find(std::minmax(from, to));
  const bool lost = chance(faults.loss) || (cut != cut_until_.end() && cut->second > now_);
  const bool twice = !lost && chance(faults.repeat);
  say(from, " -> ", to, ": ", what, lost ? "  LOST" : twice ? "  TWICE" : "");
  count(lost ? "messages lost" : twice ? "messages repeated" : "messages");
  if (!lost) after(latency(1ms, 4ms), deliver);
  if (twice) after(between(1ms, faults.longest), deliver);
}

void World::cut(const std::string& one, const std::string& other, Duration length) {
  say("the link between ", one, " and ", other, " is cut");
  cut_until_[std::minmax(one, other)] = now_ + length;
}

void World::write_time() {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count();
  *transcript_ << std::setw(3) << microseconds / 1'000'000 << '.' << std::setw(6) << std::setfill('0')
               << microseconds % 1'000'000 << std::setfill(' ') << "  ";
}

}  // namespace assent::simulation
