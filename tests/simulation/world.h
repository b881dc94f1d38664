// World: virtual time, one seed, and everything that is going to happen. One thread and no clock, so that the same
// seed gives the same run. It carries messages (losing, repeating, delaying and so reordering them) and says when a
// process dies.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
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
  double repeat = 0;  // of one message: it arrives twice
  double delay = 0;   // of one message or one forced write: it takes up to `longest`
  double crash = 0;   // before, or after, a process performs any one effect
  double disk = 0;    // of one run, journal transaction or opening: an operation on the disk fails, once or for good
  double cut = 0;     // every 100 ms: one link carries nothing for up to `longest`
  Duration longest = 0s;
};

class World {
 public:
  // `transcript` may be null: then nothing is written down.
  World(std::uint64_t seed, std::ostream* transcript) : random_(seed), transcript_(transcript) {}

  Time now() const { return now_; }
  bool is_transcribed() const { return transcript_ != nullptr; }

  std::uint64_t below(std::uint64_t limit);  // evenly from [0, limit)
  bool chance(double probability);
  Duration between(Duration least, Duration most);
  Duration latency(Duration least, Duration most);  // the same, or a long one if the faults say so

  void after(Duration delay, std::function<void()> action);

  // Does all that is due within `length` from now.
  void run(Duration length);

  // Delivers never, once or twice, after a while. The receiver is whoever has the name by then.
  void send(const std::string& from, const std::string& to, const std::string& what,
            const std::function<void()>& deliver);
  void cut(const std::string& one, const std::string& other, Duration length);

  // A process dies now. It asks around every effect, and where it waits for a disk.
  bool strikes() { return chance(faults.crash); }
  bool strikes_at_disk() { return chance(faults.crash * 5); }

  // Something worth knowing came to pass: counted, to show at the end that it really did.
  void count(std::string_view what) { ++counts[what]; }

  template <typename... Parts>
  void say(const Parts&... parts) {
    if (transcript_ == nullptr) return;
    write_time();
    (*transcript_ << ... << parts) << '\n';
  }

  Faults faults;
  std::map<std::string_view, std::uint64_t> counts;

 private:
  std::uint64_t draw();
  void write_time();

  std::uint64_t random_;
  std::ostream* transcript_;
  Time now_{};
  std::uint64_t planned_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> plan_;
  std::map<std::pair<std::string, std::string>, Time> cut_until_;
};

}  // namespace assent::simulation
