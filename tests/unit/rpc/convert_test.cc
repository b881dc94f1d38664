#include "thrift/rpc/convert.h"

#include <gmock/gmock.h>

#include <limits>

namespace assent::rpc {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

Blob blob_of(const std::string& bytes) {
  Blob blob;
  for (const char byte : bytes) {
    blob.bytes.push_back(static_cast<std::byte>(byte));
  }
  return blob;
}

template <typename T>
void expect_invalid(const Result<T>& result, const std::string& field) {
  ASSERT_TRUE(result.has_error()) << field;
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(result.error().message, testing::StartsWith(field + ": "));
}

// The enumerator of this number. The wire's enums have four bits at least.
template <typename WireEnum>
WireEnum wire_enum(int number) {
  return static_cast<WireEnum>(number);
}

TEST(ConvertTest, NamesKeepEveryBit) {
  const TransactionId id{LogIdentity{kLargest}, Epoch{1ULL << 63U}, kLargest - 1};
  EXPECT_EQ(from_wire(to_wire(id)), id);
  EXPECT_EQ(to_wire(id).log, -1);
  const BranchNumber branch{kLargest, 7};
  EXPECT_EQ(from_wire(to_wire(branch)), branch);
  EXPECT_EQ(from_wire(wire::BranchNumber()), kNoBranch);
}

TEST(ConvertTest, ValuesOfEveryClassComeBack) {
  const std::vector<Value> values = {nullptr,
                                     std::int64_t{0},
                                     std::numeric_limits<std::int64_t>::min(),
                                     0.0,
                                     -1.5,
                                     std::numeric_limits<double>::infinity(),
                                     std::string(),
                                     std::string("a\0b", 3),
                                     Blob(),
                                     blob_of(std::string("\0\xff", 2))};
  for (const Value& value : values) {
    EXPECT_EQ(from_wire(to_wire(value), "value").value(), value) << value.index();
  }
}

TEST(ConvertTest, AValueWithTwoFieldsIsRefused) {
  wire::Value value;
  value.__set_integer(1);
  value.__set_text("1");
  expect_invalid(from_wire(value, "parameters[3]"), "parameters[3]");
}

TEST(ConvertTest, StatementsComeBack) {
  const std::vector<Statement> statements = {{"SELECT 1", {}, std::nullopt},
                                             {"UPDATE t SET a = ?1", {Value(nullptr), Value(std::string("x"))}, 0},
                                             {"DELETE FROM t", {}, 1ULL << 62U}};
  EXPECT_EQ(from_wire(to_wire(statements), "statements").value(), statements);
}

TEST(ConvertTest, AnErrorInAListNamesTheElement) {
  std::vector<wire::Statement> statements(3);
  statements[2].parameters.resize(2);
  statements[2].parameters[1].__set_real(1);
  statements[2].parameters[1].__set_blob("1");
  expect_invalid(from_wire(statements, "branches[0].statements"), "branches[0].statements[2].parameters[1]");
  statements[1].__set_expected_rows(-1);
  expect_invalid(from_wire(statements, "statements"), "statements[1].expected_rows");
}

TEST(ConvertTest, ResultsComeBack) {
  const std::vector<StatementResult> results = {
      {{}, {}, kLargest},
      {{"a", "b"}, {{Value(std::int64_t{1}), Value(nullptr)}, {Value(2.0), Value(blob_of("x"))}}, 0}};
  EXPECT_EQ(from_wire(to_wire(results), "results").value(), results);
}

TEST(ConvertTest, ARowThatDoesNotFitItsColumnsIsRefused) {
  wire::StatementResult result;
  result.columns = {"a"};
  result.rows.resize(2);
  result.rows[0].values.resize(1);
  expect_invalid(from_wire(result, "result"), "result.rows[1]");
  result.rows[1].values.resize(1);
  result.rows[1].values[0].__set_text("x");
  result.rows[1].values[0].__set_integer(1);
  expect_invalid(from_wire(result, "result"), "result.rows[1][0]");
}

TEST(ConvertTest, EveryEnumeratorComesBackAndOthersAreRefused) {
  for (int number = 0; number <= 11; ++number) {
    const auto reason = static_cast<AbortReason>(number);
    EXPECT_EQ(from_wire(to_wire(reason), "reason").value(), reason);
  }
  expect_invalid(from_wire(wire_enum<wire::AbortReason::type>(12), "cause.reason"), "cause.reason");
  for (int number = 1; number <= 4; ++number) {
    const auto kind = static_cast<OutcomeKind>(number);
    EXPECT_EQ(from_wire(to_wire(kind), "kind").value(), kind);
    const auto vote = static_cast<Vote>(number);
    EXPECT_EQ(from_wire(to_wire(vote), "vote").value(), vote);
  }
  expect_invalid(from_wire(wire_enum<wire::OutcomeKind::type>(0), "kind"), "kind");
  expect_invalid(from_wire(wire_enum<wire::OutcomeKind::type>(5), "kind"), "kind");
  expect_invalid(from_wire(wire_enum<wire::Vote::type>(0), "vote"), "vote");
  expect_invalid(from_wire(wire::Vote::COMMITTED, "vote"), "vote");
  for (const Decision decision : {Decision::kCommit, Decision::kAbort}) {
    EXPECT_EQ(from_wire(to_wire(decision), "decision").value(), decision);
  }
  expect_invalid(from_wire(wire_enum<wire::DecisionKind::type>(0), "decision"), "decision");
  expect_invalid(from_wire(wire_enum<wire::DecisionKind::type>(3), "decision"), "decision");
}

TEST(ConvertTest, ALevelThatWasLeftOutIsSerializableAndOneThatDoesNotExistIsRefused) {
  for (const IsolationLevel level : {IsolationLevel::kSerializable, IsolationLevel::kReadCommitted}) {
    EXPECT_EQ(from_wire(to_wire(level), "level").value(), level);
  }
  EXPECT_EQ(from_wire(wire::SubmitRequest().level, "level").value(), IsolationLevel::kSerializable);
  const auto refused = from_wire(wire_enum<wire::IsolationLevel::type>(3), "level");
  expect_invalid(refused, "level");
  EXPECT_THAT(refused.error().message, HasSubstr("use one of 1 to 2"));
}

TEST(ConvertTest, CausesComeBack) {
  const AbortCause cause{AbortReason::kConstraint, "accounts", "it says no", 2067, 4};
  EXPECT_EQ(from_wire(to_wire(cause), "cause").value(), cause);
  wire::AbortCause wrong;
  wrong.reason = wire_enum<wire::AbortReason::type>(15);
  expect_invalid(from_wire(wrong, "failure"), "failure.reason");
}

TEST(ConvertTest, ACoordinatorsViewComesBack) {
  const CoordinatorView view{{LogIdentity{kLargest}, Epoch{2}, Nonce{kLargest}, Position{40}},
                             "127.0.0.1:7400",
                             {Position{30}, {Position{3}, Position{30}}}};
  EXPECT_EQ(from_wire(to_wire(view), "coordinator").value(), view);
}

TEST(ConvertTest, ReleasedExceptionsMustAscendAndNotPassTheEnd) {
  wire::CoordinatorView view;
  view.released_through = 10;
  view.address = std::string(256, 'x');
  expect_invalid(from_wire(view, "coordinator"), "coordinator.address");
  view.address.clear();
  view.released_except = {3, 3};
  expect_invalid(from_wire(view, "coordinator"), "coordinator.released_except[1]");
  view.released_except = {3, 11};
  expect_invalid(from_wire(view, "coordinator"), "coordinator.released_except[1]");
  view.released_except = {3, 10};
  EXPECT_TRUE(from_wire(view, "coordinator").has_value());
}

TEST(ConvertTest, DurationsAreRoundedUpAndChecked) {
  using std::chrono::milliseconds;
  EXPECT_EQ(to_milliseconds(milliseconds(5)), 5);
  EXPECT_EQ(to_milliseconds(Duration(1)), 1);
  EXPECT_EQ(to_milliseconds(Duration(0)), 0);
  EXPECT_EQ(from_milliseconds(1500, "timeout_ms").value(), milliseconds(1500));
  EXPECT_EQ(from_milliseconds(0, "timeout_ms").value(), Duration(0));
  expect_invalid(from_milliseconds(-1, "timeout_ms"), "timeout_ms");
  expect_invalid(from_milliseconds(std::numeric_limits<std::int64_t>::max(), "timeout_ms"), "timeout_ms");
  EXPECT_THAT(from_milliseconds(-1, "timeout_ms").error().message, HasSubstr("out of range"));
}

TEST(ConvertTest, CountsAreNotNegative) {
  EXPECT_EQ(count_from_wire(0, "count").value(), 0U);
  EXPECT_EQ(count_from_wire(7, "count").value(), 7U);
  expect_invalid(count_from_wire(-1, "count"), "count");
}

}  // namespace
}  // namespace assent::rpc
