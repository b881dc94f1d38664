// The lock table of a busy store.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "participant/core/lock_table.h"

namespace assent::participant {
namespace {

Priority owner(std::uint64_t number) {
  return {.begin_stamp = number, .id = {LogIdentity{1}, Epoch{1}, number}};
}

Locks one_row(std::uint64_t row) {
  return {{.name = {"accounts", std::to_string(row)}, .mode = LockMode::kExclusive}};
}

// One row is locked and let go again, while so many others hold one each.
void free_row(benchmark::State& state) {
  LockTable table;
  const auto others = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t other = 1; other <= others; ++other) table.request(owner(other), one_row(other));
  const auto mine = owner(others + 1);
  const auto wanted = one_row(others + 1);
  for (auto _ : state) {
    if (!table.request(mine, wanted).granted) state.SkipWithError("the row is not free");
    benchmark::DoNotOptimize(table.release(mine));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(free_row)->Name("locks/request_release")->Arg(0)->Arg(64)->Arg(4096);

// So many stand in line for one row: the oldest holds it, lets it go, and comes back as the youngest.
void contended_row(benchmark::State& state) {
  LockTable table;
  const auto wanted = one_row(1);
  const auto line = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t oldest = 1;
  for (std::uint64_t number = oldest; number <= line; ++number) table.request(owner(number), wanted);
  for (auto _ : state) {
    if (table.release(owner(oldest)).size() != 1) state.SkipWithError("nobody took over the row");
    table.request(owner(oldest + line), wanted);
    ++oldest;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(contended_row)->Name("locks/hand_over")->Arg(2)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace assent::participant
