// What may be bound, what comes back, and what a mismatch says. No network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assent/batch.h"
#include "assent/errors.h"
#include "assent/parameter.h"
#include "assent/result_set.h"

namespace assent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Error, typename Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

ResultSet sample() {
  StatementResult result;
  result.columns = {"id", "name", "share", "photo", "nothing"};
  result.rows.push_back(
      {Value{std::int64_t{300}}, Value{std::string("ann")}, Value{0.5}, Value{Blob{{std::byte{7}}}}, Value{nullptr}});
  result.rows.push_back({Value{std::int64_t{1}}, Value{nullptr}, Value{1.5}, Value{Blob{}}, Value{nullptr}});
  result.changed_rows = 4;
  return ResultSet(std::move(result));
}

TEST(Parameters, EveryKindOfValueCanBeBound) {
  const std::string text = "text";
  const std::optional<int> none;
  const auto values =
      to_values(1, std::uint8_t{2}, true, 2.5F, 3.5, "c", text, std::string_view("view"), Blob{{std::byte{1}}}, nullptr,
                std::nullopt, none, std::optional<std::string>("some"), Value{std::int64_t{9}});
  EXPECT_THAT(values, ElementsAre(Value{std::int64_t{1}}, Value{std::int64_t{2}}, Value{std::int64_t{1}}, Value{2.5},
                                  Value{3.5}, Value{std::string("c")}, Value{text}, Value{std::string("view")},
                                  Value{Blob{{std::byte{1}}}}, Value{nullptr}, Value{nullptr}, Value{nullptr},
                                  Value{std::string("some")}, Value{std::int64_t{9}}));
}

TEST(Parameters, AnUnsignedIntegerThatSqliteCannotHoldIsRefused) {
  EXPECT_EQ(to_value(std::uint64_t{1}), Value{std::int64_t{1}});
  EXPECT_THAT(message_of<InvalidArgument>([] { to_value(std::numeric_limits<std::uint64_t>::max()); }),
              HasSubstr("18446744073709551615 is larger than SQLite's largest integer"));
}

TEST(Parameters, ANullPointerToTextIsRefused) {
  const char* text = nullptr;
  EXPECT_THAT(message_of<InvalidArgument>([text] { to_value(text); }), HasSubstr("bind nullptr for NULL"));
}

TEST(ResultSets, ColumnsAreReadByNameAndByNumber) {
  const auto results = sample();
  const auto row = results[0];
  EXPECT_EQ(row.get<std::int64_t>("id"), 300);
  EXPECT_EQ(row.get<int>(0), 300);
  EXPECT_EQ(row.get<std::string>("name"), "ann");
  EXPECT_EQ(row.get<double>(2), 0.5);
  EXPECT_EQ(row.get<Blob>("photo").bytes.size(), 1U);
  EXPECT_EQ(row.get<Value>("nothing"), Value{nullptr});
  EXPECT_EQ(row["id"], Value{std::int64_t{300}});
  EXPECT_TRUE(results[1].get<bool>("id"));
  EXPECT_EQ(results.changed_rows(), 4U);
}

TEST(ResultSets, AnOptionalIsEmptyForNull) {
  const auto results = sample();
  EXPECT_EQ(results[0].get<std::optional<std::string>>("name"), "ann");
  EXPECT_EQ(results[1].get<std::optional<std::string>>("name"), std::nullopt);
}

TEST(ResultSets, AMismatchNamesTheColumnTheTypeFoundAndTheTypeWanted) {
  const auto row = sample()[0];
  EXPECT_EQ(message_of<InvalidArgument>([&] { row.get<std::int64_t>("name"); }),
            "column name holds text, wanted was integer");
  EXPECT_EQ(message_of<InvalidArgument>([&] { row.get<double>("id"); }),
            "column id holds integer 300, wanted was real");
  EXPECT_EQ(message_of<InvalidArgument>([&] { row.get<std::string>("nothing"); }),
            "column nothing holds NULL, wanted was text");
  EXPECT_EQ(message_of<InvalidArgument>([&] { row.get<std::optional<Blob>>("share"); }),
            "column share holds real, wanted was blob");
  EXPECT_EQ(message_of<InvalidArgument>([&] { row.get<std::uint8_t>("id"); }),
            "column id holds integer 300, wanted was integer from 0 to 255");
  EXPECT_EQ(message_of<InvalidArgument>([&] { row.get<bool>("id"); }),
            "column id holds integer 300, wanted was boolean: 0 or 1");
}

TEST(ResultSets, AColumnOrARowThatIsNotThereIsNamed) {
  const auto results = sample();
  EXPECT_EQ(message_of<InvalidArgument>([&] { results[0].get<int>("balance"); }),
            "the result has no column balance; it has: id, name, share, photo, nothing");
  EXPECT_THAT(message_of<InvalidArgument>([&] { results[0].get<int>(5); }), HasSubstr("no column number 5; it has 5"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { results[2]; }), HasSubstr("no row number 2; it has 2"));
}

TEST(ResultSets, RowsAreIteratedInOrderAndOutliveTheirResultSet) {
  std::vector<Row> rows;
  {
    const auto results = sample();
    for (const Row& row : results) rows.push_back(row);
  }
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].get<int>("id"), 1);
}

TEST(Batches, RememberTheOrderTheParametersAndTheExpectedRows) {
  Batch batch;
  batch.execute("a", "UPDATE t SET x = ?", 1).expect_rows(1);
  EXPECT_EQ(batch.query("b", "SELECT 1").index(), 1U);
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch.entries()[0].store, "a");
  EXPECT_EQ(batch.entries()[0].statement.expected_rows, 1U);
  EXPECT_THAT(batch.entries()[0].statement.parameters, ElementsAre(Value{std::int64_t{1}}));
  EXPECT_EQ(batch.entries()[1].statement.expected_rows, std::nullopt);
}

TEST(Errors, NameTheTransactionTheStoreAndTheReason) {
  const TransactionId id{LogIdentity{1}, Epoch{2}, 3};
  AbortCause cause;
  cause.reason = AbortReason::kLockTimeout;
  cause.store = "bank-a";
  cause.detail = "waited 10 s for accounts";
  const Aborted aborted(id, cause);
  EXPECT_STREQ(aborted.what(),
               "transaction 0000000000000001-2-3 was aborted: lock timeout at store bank-a: waited 10 s for accounts");
  EXPECT_TRUE(aborted.worth_another_run());
  EXPECT_THAT(OutcomeUnknown(id, "nobody answers").what(), HasSubstr("0000000000000001-2-3 is not known"));
}

}  // namespace
}  // namespace assent
