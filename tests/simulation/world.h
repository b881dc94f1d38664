// World: virtual time, one seed, and everything that is going to happen. One thread and no clock, so that the same
// seed gives the same run. It carries messages (losing, repeating, delaying and so reordering them) and decides what
// goes wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assent/time.h"
#include "tests/simulation/incidents.h"
#include "tests/simulation/violation.h"

namespace assent::simulation {

using namespace std::chrono_literals;

// A decision that something happens, by its number in the run.
using DecisionNumber = std::uint64_t;

// How a run is told and cut down.
struct Telling {
  std::ostream* transcript = nullptr;            // null: nothing is written down
  std::optional<std::set<DecisionNumber>> only;  // what may happen; absent: everything
  std::function<void(DecisionNumber)> struck;    // is told at once what came to pass, if it is there
};

class World {
 public:
  World(std::uint64_t seed, Telling telling) : random_(seed), telling_(std::move(telling)) {}

  Time now() const { return now_; }
  bool is_transcribed() const { return telling_.transcript != nullptr; }

  std::uint64_t below(std::uint64_t limit);  // evenly from [0, limit)
  bool chance(double probability);
  Duration between(Duration least, Duration most);
  Duration latency(Duration least, Duration most);  // the same, or a long one if the faults say so
  // Up to so many times the longest that anything takes.
  Duration long_while(int times = 1) { return between(Duration{}, faults.longest * times); }

  // Whether this comes to pass, here and now.
  bool strikes(Incident incident);
  // What has struck so far.
  const std::vector<std::pair<DecisionNumber, Incident>>& incidents() const { return incidents_; }

  void after(Duration delay, std::function<void()> action);

  // Does all that is due within `length` from now.
  void run(Duration length);

  // Delivers never, once or twice, after a while. The receiver is whoever has the name by then. A name is that of a
  // process, or PROCESS.STORE.
  void send(const std::string& from, const std::string& to, const std::function<std::string()>& what,
            const std::function<void()>& deliver);
  // What is on its way arrives all the same.
  void cut(const std::string& from, const std::string& to, Duration length);
  // What is sent meanwhile arrives at the end.
  void clog(const std::string& one, const std::string& other, Duration length);

  // Something worth knowing came to pass: counted, to show at the end that it really did.
  void count(std::string_view what);

  template <typename... Parts>
  void say(const Parts&... parts) {
    if (telling_.transcript == nullptr) return;
    write_time();
    (*telling_.transcript << ... << parts) << '\n';
  }

  Faults faults;
  std::map<std::string, std::uint64_t, std::less<>> counts;

 private:
  using Link = std::pair<std::string, std::string>;

  std::uint64_t draw();
  void write_time();

  std::uint64_t random_;
  const Telling telling_;
  Time now_{};
  DecisionNumber decisions_ = 0;
  std::vector<std::pair<DecisionNumber, Incident>> incidents_;
  std::uint64_t planned_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> plan_;
  std::map<Link, Time> cut_until_;      // from, to
  std::map<Link, Time> clogged_until_;  // in either direction
};

// The process that has the name.
std::string process_of(const std::string& name);

}  // namespace assent::simulation
