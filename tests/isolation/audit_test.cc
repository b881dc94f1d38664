// An audit over all rows of all stores beside 32 writers: both make progress, and neither waits for long.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "tests/isolation/kills.h"
#include "tests/isolation/workload.h"
#include "tests/sanitized.h"

namespace assent::isolation {
namespace {

constexpr std::size_t kWriters = 32;
constexpr std::size_t kAudits = 200;
constexpr std::chrono::seconds kLongestWait{1};
constexpr std::chrono::seconds kLongestSanitizedWait{10};
constexpr std::int64_t kRows = 100;  // of each store, from 1
constexpr std::int64_t kBalanceOfRow = 1000;

std::string rows_schema() {
  return "CREATE TABLE rows (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL) STRICT;\n"
         "WITH RECURSIVE numbers(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM numbers WHERE id < " +
         std::to_string(kRows) + ") INSERT INTO rows SELECT id, " + std::to_string(kBalanceOfRow) + " FROM numbers;\n";
}

// Of any number of threads.
class Latencies {
 public:
  template <typename Function>
  auto measure(Function function) {
    struct Note {
      Latencies& latencies;
      Moment begin = now();
      ~Note() {
        const auto took = now() - begin;
        const std::lock_guard lock(latencies.mutex_);
        latencies.all_.push_back(took);
      }
    } note{*this};
    return function();
  }

  // All but one in a hundred took at most so long.
  std::chrono::milliseconds percentile_99() {
    std::sort(all_.begin(), all_.end());
    return std::chrono::ceil<std::chrono::milliseconds>(all_.at(all_.size() * 99 / 100));
  }

  void print(const char* of_what) {
    const auto p99 = percentile_99();
    std::printf("%s: %zu, 99 of 100 within %lld ms, the longest %lld ms\n", of_what, all_.size(),
                static_cast<long long>(p99.count()),
                static_cast<long long>(std::chrono::ceil<std::chrono::milliseconds>(all_.back()).count()));
  }

 private:
  std::mutex mutex_;
  std::vector<Moment> all_;
};

class AuditTest : public testing::Test {
 protected:
  std::int64_t audit(Client& client) {
    return client.run([&](Transaction& transaction) {
      std::int64_t sum = 0;
      for (const auto& store : installation_.stores()) {
        for (const auto& row : transaction.query(store, "SELECT balance FROM rows")) {
          sum += row.get<std::int64_t>("balance");
        }
      }
      return sum;
    });
  }

  void transfer(Client& client, Choices& choices) {
    const auto store = [&] { return installation_.stores()[static_cast<std::size_t>(choices.below(3))]; };
    const auto from = store();
    const auto to = store();
    const auto row_from = 1 + choices.below(kRows);
    const auto row_to = 1 + choices.below(kRows);
    client.run([&](Transaction& transaction) {
      const auto add = [&](const std::string& at, std::int64_t row, std::int64_t amount) {
        statements_.measure(
            [&] { transaction.execute(at, "UPDATE rows SET balance = balance + ?2 WHERE id = ?1", row, amount); });
      };
      add(from, row_from, -1);
      add(to, row_to, 1);
      statements_.measure([&] { transaction.commit(); });
    });
  }

  Installation installation_{three_stores(rows_schema())};
  Latencies audits_;
  Latencies statements_;
  Latencies transfers_;
};

TEST_F(AuditTest, OfAllRowsBesideManyWritersHindersNobodyForLong) {
  std::atomic<bool> audited = false;
  const auto audits = amount(kAudits);
  const auto longest = kIsSanitized ? kLongestSanitizedWait : kLongestWait;
  std::size_t beside = 0;  // transfers that committed while audits went on
  run_clients(
      kWriters,
      [&](std::size_t number, EndedCount& ended) {
        Client client(installation_.client_options());
        Choices choices(5, number);
        while (!audited) {
          transfers_.measure([&] { transfer(client, choices); });
          ++ended;
        }
      },
      [&](const EndedCount& ended) {
        const struct StopAtEnd {
          std::atomic<bool>& stop;
          ~StopAtEnd() { stop = true; }
        } stop_at_end{audited};
        Client client(installation_.client_options());
        const auto money = static_cast<std::int64_t>(installation_.stores().size()) * kRows * kBalanceOfRow;
        const std::size_t before = ended;
        for (std::size_t number = 0; number < audits; ++number) {
          EXPECT_EQ(audits_.measure([&] { return audit(client); }), money);
        }
        beside = ended - before;
      });
  audits_.print("audits");
  transfers_.print("transfers");
  statements_.print("statements of transfers, and their commits");
  std::printf("%zu transfers beside %zu audits\n", beside, audits);
  EXPECT_LE(audits_.percentile_99(), longest);
  EXPECT_LE(transfers_.percentile_99(), longest) << "with all their runs, and the pauses between them";
  EXPECT_LE(statements_.percentile_99(), longest);
  EXPECT_GE(beside, audits) << "writers got nearly nothing done beside the audits";
  expect_nothing_left(installation_);
}

}  // namespace
}  // namespace assent::isolation
