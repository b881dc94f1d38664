#include "report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace bank {

namespace {

constexpr int kBarWidth = 30;
constexpr double kSecondsPerLine = 5;

// Prints rows, and remembers whether all of them were right.
class Table {
 public:
  void row(const std::string& what, const std::string& value, bool is_right = true) {
    std::printf("  %-42s %s%s\n", what.c_str(), value.c_str(), is_right ? "" : "   <-- WRONG");
    is_right_ = is_right_ && is_right;
  }
  void row(const std::string& what, std::uint64_t value, bool is_right = true) {
    row(what, std::to_string(value), is_right);
  }
  void none(const std::string& what, std::uint64_t value) { row(what, value, value == 0); }
  void total(const std::string& what, std::int64_t value) { row(what, std::to_string(value), value == kTotal); }

  bool is_right() const { return is_right_; }

 private:
  bool is_right_ = true;
};

// All kills of one process.
void print_kills(Table& table, const std::string& name, std::size_t process, const std::vector<Kill>& kills) {
  std::string in_flight;
  std::string commits_after;
  bool is_right = true;
  bool was_busy = false;
  for (const auto& kill : kills) {
    if (kill.process != process) continue;
    const auto* const comma = in_flight.empty() ? "" : ", ";
    in_flight += comma + std::to_string(kill.in_flight);
    commits_after +=
        comma + (kill.commits_after ? std::to_string(kill.commits_after->count()) + " ms" : "never in time");
    was_busy = was_busy || kill.in_flight > 0;
    is_right = is_right && kill.commits_after;
  }
  table.row("  " + name + ": in flight when killed", in_flight.empty() ? "not killed" : in_flight, was_busy);
  if (!in_flight.empty()) table.row("  " + name + ": commits went on after", commits_after, is_right);
}

void print_settled(Table& table, const Settled& settled) {
  const auto& findings = settled.findings;
  table.none("told committed, but not in its two stores", findings.lost);
  table.none("told aborted, but in a store", findings.undead);
  table.none("in a store, but nobody was told", findings.strays);
  table.none("in one store only", findings.one_sided);
  table.none("stores that differ from their transfers", findings.unbalanced);
  table.none("transactions left undecided", settled.leftovers.undecided + settled.leftovers.unacknowledged);
  table.none("log records left without an end", settled.leftovers.unended_records);
  table.none("branches left", settled.leftovers.branches);
  table.none("locks left", settled.leftovers.locks);
}

}  // namespace

bool Report::print(const Tally& tally, const Cluster& cluster) const {
  Table table;
  std::printf("\n");
  table.row("transfers per second", static_cast<std::uint64_t>(static_cast<double>(tally.committed()) / seconds));
  table.row("committed", tally.committed(), tally.committed() > 0);
  for (const auto& [reason, count] : client.aborted) table.row("aborted: " + std::string(to_string(reason)), count);
  table.row("of these, run again", client.reruns);
  table.row("refused (nobody there)", tally.refused);
  const auto resolved_at_once = client.lost_answers - client.unknown_outcomes;
  table.row("unknown outcomes resolved", resolved_at_once + (settled ? settled->unknown_resolved : 0));
  if (has_crashes) {
    table.row("kills survived", kills.size());
    for (std::size_t process = 0; process < cluster.size(); ++process) {
      print_kills(table, cluster.name(process), process, kills);
    }
    if (settled) table.row("in-doubt branches resolved", settled->resolved_in_doubt);
  }
  table.total("sum before", sum_before);
  table.row("audits, all with that sum", tally.audits, tally.wrong_audits == 0 && tally.audits > 0);
  if (settled) {
    table.total("sum after", settled->sum);
    print_settled(table, *settled);
  } else {
    table.row("what the stores hold", "not known", false);
  }
  table.row("every process stopped cleanly", has_clean_stop ? "yes" : "no", has_clean_stop);
  for (const auto& problem : problems) table.row("problem", problem, false);
  std::printf("\n%s\n", table.is_right() ? "The books balance." : "NOT RIGHT: see above.");
  return table.is_right();
}

void show_progress(double seconds, double of_seconds, const Tally& tally) {
  static const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  static double next_line = kSecondsPerLine;
  if (!is_terminal && seconds < next_line) return;
  next_line = seconds + kSecondsPerLine;
  const int filled = static_cast<int>(std::min(1.0, seconds / of_seconds) * kBarWidth);
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(kBarWidth - filled), '.');
  std::printf("%s[%s] %3.0f s  %llu committed, %llu audits%s", is_terminal ? "\r" : "", bar.c_str(), seconds,
              static_cast<unsigned long long>(tally.committed()), static_cast<unsigned long long>(tally.audits),
              is_terminal ? "   " : "\n");
  std::fflush(stdout);
}

void end_progress() {
  if (::isatty(STDOUT_FILENO) == 1) std::printf("\n");
}

}  // namespace bank
