// The decision log on disk.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <vector>

#include "coordinator/log/file_log.h"
#include "tests/bench/measure/work_folder.h"

namespace assent::coordinator {
namespace {

constexpr LogIdentity kLog{1};

// So many transactions over two stores in each forced block: the commits of some, and the ends of those before, which
// are forgotten soon.
void append(benchmark::State& state) {
  const bench::WorkFolder folder(std::filesystem::temp_directory_path());
  FileLogOptions options;
  options.create = true;
  options.identity = kLog;
  options.nonce = Nonce{1};
  const auto log = open_file_log(folder.path() / "log", options).value();
  const auto epoch = log->state().epoch();
  auto next = static_cast<std::uint64_t>(log->state().last) + 1;
  std::vector<CommitRecord> committed;
  std::uint64_t transactions = 0;
  for (auto _ : state) {
    const Position first{next};
    std::vector<LogRecord> records;
    for (const auto& commit : committed) {
      records.emplace_back(
          EndRecord{commit.commit, {{"bank-a", StorePosition{next}}, {"bank-b", StorePosition{next}}}});
    }
    if (!committed.empty()) records.emplace_back(ForgottenRecord{committed.back().id});
    committed.clear();
    for (auto transaction = state.range(0); transaction > 0; --transaction) {
      const Position position{next + records.size()};
      CommitRecord commit{
          position,
          {kLog, epoch, ++transactions},
          {{"bank-a", StoreIdentity{1}, {1, transactions}}, {"bank-b", StoreIdentity{2}, {1, transactions}}}};
      committed.push_back(commit);
      records.emplace_back(std::move(commit));
    }
    next += records.size();
    log->append(first, records).value();
    log->claim_ahead();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append)->Name("log/append")->Arg(1)->Arg(8)->Arg(64)->Arg(256)->UseRealTime();

}  // namespace
}  // namespace assent::coordinator
