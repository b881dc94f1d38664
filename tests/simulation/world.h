// World: virtual time, one seed, and everything that is going to happen. One thread and no clock, so that the same
// seed gives the same run. It carries messages (losing, repeating, delaying and so reordering them) and says when a
// process dies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "assent/time.h"

namespace assent::simulation {

using namespace std::chrono_literals;

// A rule of the protocol was broken: the run ends here, and its seed is to be replayed.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What goes wrong, and how often. All zeros: a clean network, quick disks, no crashes.
struct Faults {
  double loss = 0;    // of one message
  double repeat = 0;  // of one message: a copy of it arrives late
  double delay = 0;   // of one message or one forced write: it takes up to `longest`
  double crash = 0;   // before, or after, a process performs any one effect
  double cut = 0;     // every 100 ms: one link carries nothing for up to `longest`
  Duration longest = 0s;
};

class World {
 public:
  // `transcript` may be null: then nothing is written down.
  World(std::uint64_t seed, std::ostream* transcript) : random_(seed), transcript_(transcript) {}

  Time now() const { return now_; }

  // Evenly from [0, limit). SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t mixed = random_ += 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
    return (mixed ^ (mixed >> 31U)) % limit;
  }
  bool chance(double probability) {
    return probability > 0 && static_cast<double>(below(1ULL << 53U)) * 0x1p-53 < probability;
  }
  Duration between(Duration least, Duration most) {
    return least + Duration{below(static_cast<std::uint64_t>((most - least).count()) + 1)};
  }
  // The same, or a long one if the faults say so.
  Duration latency(Duration least, Duration most) {
    return chance(faults.delay) ? between(least, faults.longest) : between(least, most);
  }

  void after(Duration delay, std::function<void()> action) {
    // Far more than any run needs: a core that re-arms a timer that is due spins for ever.
    if (planned_ == 1'000'000) throw Violation("no end: a million actions in one run");
    plan_.emplace(std::pair{now_ + std::max(delay, Duration{}), planned_++}, std::move(action));
  }

  // Does all that is due within `length` from now.
  void run(Duration length) {
    const Time end = now_ + length;
    while (!plan_.empty() && plan_.begin()->first.first <= end) {
      auto next = plan_.extract(plan_.begin());
      now_ = next.key().first;
      next.mapped()();
    }
    now_ = end;
  }

  // Delivers never, once or twice, after a while. The receiver is whoever has the name by then.
  void send(const std::string& from, const std::string& to, const std::function<void()>& deliver) {
    const auto cut = cut_until_.find(std::minmax(from, to));
    const bool lost = chance(faults.loss) || (cut != cut_until_.end() && cut->second > now_);
    const bool twice = !lost && chance(faults.repeat);
    count(lost ? "messages lost" : twice ? "messages repeated" : "messages");
    if (lost || twice) say(from, " to ", to, ": a message is ", lost ? "lost" : "repeated");
    if (!lost) after(latency(1ms, 4ms), deliver);
    if (twice) after(between(1ms, faults.longest), deliver);
  }
  void cut(const std::string& one, const std::string& other, Duration length) {
    say("the link between ", one, " and ", other, " is cut");
    cut_until_[std::minmax(one, other)] = now_ + length;
  }

  // A process dies now. It asks around every effect, and where it waits for a disk.
  bool strikes() { return chance(faults.crash); }
  bool strikes_at_disk() { return chance(faults.crash * 5); }

  // Something worth knowing came to pass: counted, to show at the end that it really did.
  void count(std::string_view what) { ++counts[what]; }

  // Writes a line of the transcript. A part may be a function that makes the text: it is called only if need be.
  template <typename... Parts>
  void say(const Parts&... parts) {
    if (transcript_ == nullptr) return;
    const std::chrono::duration<double> seconds = now_.time_since_epoch();
    *transcript_ << std::fixed << std::setprecision(6) << std::setw(10) << seconds.count() << "  ";
    const auto write = [this](const auto& part) {
      if constexpr (std::is_invocable_v<decltype(part)>) {
        *transcript_ << part();
      } else {
        *transcript_ << part;
      }
    };
    (write(parts), ...);
    *transcript_ << '\n';
  }

  Faults faults;
  std::map<std::string_view, std::uint64_t> counts;

 private:
  std::uint64_t random_;
  std::ostream* transcript_;
  Time now_{};
  std::uint64_t planned_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> plan_;
  std::map<std::pair<std::string, std::string>, Time> cut_until_;
};

}  // namespace assent::simulation
