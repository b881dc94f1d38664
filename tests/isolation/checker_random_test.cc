// The checker on random histories: it finds nothing in those that are strictly serializable, and the anomaly in those
// that are not; and large ones cost it little.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/isolation/checker.h"
#include "tests/isolation/dependency_graph.h"
#include "tests/isolation/serial_history.h"
#include "tests/isolation/version_orders.h"

namespace assent::isolation {
namespace {

constexpr std::uint64_t kSeeds = 100;
constexpr std::int64_t kLists = 8;
constexpr std::size_t kTransactions = 150;  // before the anomaly, and behind it

TEST(RandomSerialHistories, ShowNothing) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SerialHistory serial(seed, kLists);
    serial.run(2 * kTransactions);
    serial.read_all();
    const auto findings = check(serial.history());
    EXPECT_TRUE(findings.empty()) << "seed " << seed << "\n" << report(findings, serial.history());
  }
}

class InjectedAnomaly : public testing::TestWithParam<Anomaly> {};

TEST_P(InjectedAnomaly, IsFound) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SerialHistory serial(seed, kLists);
    serial.run(kTransactions);
    serial.inject(GetParam());
    serial.run(kTransactions);
    serial.read_all();
    const auto findings = check(serial.history());
    const auto found =
        std::count_if(findings.begin(), findings.end(), [](const Finding& one) { return one.anomaly == GetParam(); });
    EXPECT_EQ(found, 1) << "seed " << seed << "\n" << report(findings, serial.history());
  }
}

INSTANTIATE_TEST_SUITE_P(Each, InjectedAnomaly,
                         testing::Values(Anomaly::kG0, Anomaly::kG1a, Anomaly::kG1b, Anomaly::kG1c, Anomaly::kGSingle,
                                         Anomaly::kG2, Anomaly::kRealTime, Anomaly::kLostAppend, Anomaly::kDuplicate,
                                         Anomaly::kIncompatibleOrder, Anomaly::kFromNowhere, Anomaly::kInternal),
                         [](const auto& info) { return "number_" + std::to_string(info.index); });

TEST(LargeHistories, AreCheckedAndHaveFewDependenciesForEachOperation) {
  constexpr std::size_t kMany = 100'000;
  constexpr std::int64_t kManyLists = 1'000;
  SerialHistory serial(1, kManyLists);
  serial.run(kMany);
  serial.inject(Anomaly::kRealTime);
  serial.read_all();
  const auto findings = check(serial.history());
  ASSERT_EQ(findings.size(), 1U) << report(findings, serial.history());
  EXPECT_EQ(findings[0].anomaly, Anomaly::kRealTime);

  std::size_t operations = 0;
  for (const auto& transaction : serial.history()) operations += transaction.operations.size();
  std::vector<Finding> others;
  const auto graph = build_graph(VersionOrders(serial.history()), others);
  // Each append follows one; each read follows one and is followed by one; three for real time.
  EXPECT_LE(graph.edges().size(), 2 * operations + 3 * serial.history().size());
}

}  // namespace
}  // namespace assent::isolation
