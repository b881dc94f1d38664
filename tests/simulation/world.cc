#include "tests/simulation/world.h"

#include <algorithm>
#include <iomanip>

namespace assent::simulation {

namespace {

// Far more than any run needs: a core that re-arms a timer that is due spins for ever.
constexpr std::uint64_t kMostActions = 3'000'000;

// Its name, and of a decision also which.
std::string kind_of(const std::string& what) {
  const auto name = what.substr(0, what.find(' '));
  return name != "DecisionReceived" ? name : what.find(" commit") == std::string::npos ? "abort" : "commit";
}

}  // namespace

std::string process_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

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
  return strikes(Incident::kDelay) ? least + long_while() : between(least, most);
}

bool World::strikes(Incident incident) {
  const DecisionNumber number = ++decisions_;
  if (!chance(faults[incident])) return false;
  if (telling_.only && !telling_.only->contains(number)) return false;
  incidents_.emplace_back(number, incident);
  if (telling_.struck) telling_.struck(number);
  count(kIncidentNames.at(static_cast<std::size_t>(incident)));
  return true;
}

void World::count(std::string_view what) {
  const auto found = counts.find(what);
  ++(found == counts.end() ? counts.emplace(what, 0).first : found)->second;
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

void World::send(const std::string& from, const std::string& to, const std::function<std::string()>& what,
                 const std::function<void()>& deliver) {
  const Link link{process_of(from), process_of(to)};
  const auto cut = cut_until_.find(link);
  const bool lost = strikes(Incident::kLoss) || (cut != cut_until_.end() && cut->second > now_);
  const bool twice = !lost && strikes(Incident::kRepetition);
  if (is_transcribed()) say(from, " -> ", to, ": ", what(), lost ? "  LOST" : twice ? "  TWICE" : "");
  count("messages");
  if (lost || twice) count((lost ? "lost: " : "repeated: ") + kind_of(what()));
  if (lost) {
    const auto back = cut_until_.find({link.second, link.first});
    const bool is_open_back = back == cut_until_.end() || back->second <= now_;
    if (cut != cut_until_.end() && cut->second > now_ && is_open_back) count("lost in one direction");
    return;
  }
  const auto clog = clogged_until_.find(std::minmax(link.first, link.second));
  const Duration kept = clog == clogged_until_.end() ? Duration{} : std::max(Duration{}, clog->second - now_);
  after(kept + latency(1ms, 4ms), deliver);
  if (twice) after(kept + 1ms + long_while(), deliver);
}

void World::cut(const std::string& from, const std::string& to, Duration length) {
  say("nothing comes from ", from, " to ", to, " any more");
  cut_until_[{from, to}] = now_ + length;
}

void World::clog(const std::string& one, const std::string& other, Duration length) {
  say("the link between ", one, " and ", other, " is clogged");
  clogged_until_[std::minmax(one, other)] = now_ + length;
}

void World::write_time() {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count();
  *telling_.transcript << std::setw(3) << microseconds / 1'000'000 << '.' << std::setw(6) << std::setfill('0')
                       << microseconds % 1'000'000 << std::setfill(' ') << "  ";
}

}  // namespace assent::simulation
