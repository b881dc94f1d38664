#include "report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace bank {

namespace {

constexpr int kBarWidth = 30;
constexpr double kSecondsPerLine = 5;

void row(const char* what, const std::string& value, bool is_right = true) {
  std::printf("  %-38s %s%s\n", what, value.c_str(), is_right ? "" : "   <-- WRONG");
}

void row(const char* what, std::uint64_t value, bool is_right = true) {
  row(what, std::to_string(value), is_right);
}

bool is_in_time(const Kill& kill) {
  return kill.commits_after.count() >= 0;
}

}  // namespace

void compare(const std::vector<Ledger>& ledgers, const std::vector<std::map<std::int64_t, std::int64_t>>& stored,
             Report& report) {
  std::map<std::int64_t, std::vector<std::int64_t>> amounts;  // of each transfer, one from each store that holds it
  for (const auto& store : stored) {
    for (const auto& [transfer, amount] : store) amounts[transfer].push_back(amount);
  }
  for (const auto& [transfer, both] : amounts) {
    if (both.size() != 2 || both[0] + both[1] != 0) ++report.one_sided;
  }
  for (const auto& ledger : ledgers) {
    for (const auto transfer : ledger.committed) report.lost += amounts.count(transfer) == 0 ? 1U : 0U;
    for (const auto transfer : ledger.aborted) report.undead += amounts.count(transfer);
  }
}

bool Report::is_right(const Tally& tally) const {
  const bool survived =
      !has_crashes || (has_killed_every_process && std::all_of(kills.begin(), kills.end(), is_in_time));
  return survived && sum_before == kTotal && sum_after == kTotal && tally.wrong_audits == 0 && tally.audits > 0 &&
         tally.committed > 0 && lost == 0 && undead == 0 && one_sided == 0 && leftovers.is_nothing() && has_clean_stop;
}

void Report::print(const Tally& tally, const Cluster& cluster) const {
  std::printf("\n");
  row("transfers per second", static_cast<std::uint64_t>(transfers_per_second));
  row("committed", tally.committed, tally.committed > 0);
  for (const auto& [reason, count] : client.aborted) row(("aborted: " + std::string(to_string(reason))).c_str(), count);
  row("of these, run again", client.reruns);
  row("refused (nobody there)", tally.refused);
  row("unknown outcomes resolved", client.lost_answers - client.unknown_outcomes + unknown_resolved);
  if (has_crashes) {
    row("kills survived", kills.size(), has_killed_every_process);
    for (std::size_t process = 0; process < cluster.size(); ++process) {
      std::string text;
      bool is_right = true;
      for (const auto& kill : kills) {
        if (kill.process != process) continue;
        is_right = is_right && is_in_time(kill);
        if (!text.empty()) text += ", ";
        text += is_in_time(kill) ? std::to_string(kill.commits_after.count()) + " ms" : "never in time";
      }
      row(("  " + cluster.name(process) + ", commits went on after").c_str(), text.empty() ? "not killed" : text,
          is_right && !text.empty());
    }
    row("in-doubt branches resolved", resolved_in_doubt);
  }
  row("sum before", static_cast<std::uint64_t>(sum_before), sum_before == kTotal);
  row("sum after", static_cast<std::uint64_t>(sum_after), sum_after == kTotal);
  row("audits, all with that sum", tally.audits, tally.wrong_audits == 0 && tally.audits > 0);
  row("told committed, but not in both stores", lost, lost == 0);
  row("told aborted, but in a store", undead, undead == 0);
  row("in one store only", one_sided, one_sided == 0);
  row("transactions left undecided", leftovers.undecided + leftovers.unacknowledged,
      leftovers.undecided + leftovers.unacknowledged == 0);
  row("log records left without an end", leftovers.unended_records, leftovers.unended_records == 0);
  row("branches left", leftovers.branches, leftovers.branches == 0);
  row("locks left", leftovers.locks, leftovers.locks == 0);
  row("every process stopped cleanly", has_clean_stop ? "yes" : "no", has_clean_stop);
  std::printf("\n%s\n", is_right(tally) ? "The books balance." : "NOT RIGHT: see above.");
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
              static_cast<unsigned long long>(tally.committed), static_cast<unsigned long long>(tally.audits),
              is_terminal ? "   " : "\n");
  std::fflush(stdout);
}

void end_progress() {
  if (::isatty(STDOUT_FILENO) == 1) std::printf("\n");
}

}  // namespace bank
