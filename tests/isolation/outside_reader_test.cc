// Programs that read a store's file beside its participant: never blocked, and they see what is committed, nothing
// else. Meanwhile the write-ahead log stays short.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "assent/assent.h"
#include "tests/isolation/installation.h"
#include "tests/isolation/workload.h"
#include "thrift/daemon/daemon_process.h"

namespace assent::isolation {
namespace {

constexpr std::size_t kWriters = 6;
constexpr std::int64_t kMostOfTheLog = 12 << 20;  // checkpoints begin at 4 MiB, and readers hold some of them up

// Every transaction writes both rows: they are equal whenever anybody looks.
constexpr const char* kSchema =
    "CREATE TABLE twins(id INTEGER PRIMARY KEY, v INTEGER NOT NULL, pad BLOB);"
    "INSERT INTO twins VALUES (1, 0, zeroblob(4000)), (2, 0, zeroblob(4000));";

std::string read_outside(const std::string& file) {
  const auto read = daemon::run_to_end(
      {"/usr/bin/sqlite3", {"-readonly", file, "SELECT min(v) = max(v), max(v), count(*) FROM twins"}, {}, {}});
  EXPECT_EQ(read.value().code, 0) << read.value().err;
  return read.value().out;
}

TEST(OutsideReaders, SeeCommittedRowsAndAreNeverBlocked) {
  Installation::Plan plan;
  plan.stores = {"a", "b"};
  plan.schema = kSchema;
  Installation installation(plan);
  const std::string file = installation.status("a").file;
  const std::size_t total = amount(160);
  std::size_t reads = 0;
  std::int64_t longest_log = 0;
  run_clients(
      kWriters,
      [&](std::size_t, EndedCount& ended) {
        Client client(installation.client_options());
        for (std::size_t count = 0; count < total; ++count) {
          Batch batch;
          for (const char* store : {"a", "b"}) batch.execute(store, "UPDATE twins SET v = v + 1, pad = zeroblob(4000)");
          client.submit(batch, Return::applied);  // so that the last ones can be seen outside
          ++ended;
        }
      },
      [&](const EndedCount& ended) {
        std::int64_t seen = 0;
        while (ended < kWriters * total) {
          const std::string shown = read_outside(file);
          ASSERT_EQ(shown.substr(0, 2), "1|") << "half of a transaction: " << shown;
          const std::int64_t newest = std::stoll(shown.substr(2));
          ASSERT_GE(newest, seen) << "an older state than before";
          seen = newest;
          longest_log = std::max(longest_log, installation.status("a").wal_bytes);
          ++reads;
        }
      });
  EXPECT_GT(reads, 3U);
  EXPECT_EQ(read_outside(file), "1|" + std::to_string(kWriters * total) + "|2\n");
  // Each transaction writes some 30 KB into the log.
  EXPECT_LT(longest_log, kMostOfTheLog);
  EXPECT_GT(longest_log, 0);
}

}  // namespace
}  // namespace assent::isolation
