#include "participant/service/wire.h"

#include <gmock/gmock.h>

namespace assent::participant {
namespace {

using testing::HasSubstr;

// What a prepare and an execute-and-prepare that name these stores are refused with.
std::string refusal(const std::vector<std::string>& stores) {
  wire::PrepareRequest prepare;
  prepare.stores = stores;
  wire::ExecuteAndPrepareRequest whole;
  whole.stores = stores;
  const auto one = to_event(prepare, CallId{1}, CoordinatorView{});
  const auto other = to_event(std::move(whole), CallId{1}, CoordinatorView{});
  EXPECT_EQ(one.has_error(), other.has_error());
  if (!one.has_error() || !other.has_error()) return "";
  EXPECT_EQ(one.error().message, other.error().message);
  return one.error().message;
}

TEST(Wire, TheStoresThatAreKeptWithABranchAreBounded) {
  EXPECT_EQ(refusal(std::vector<std::string>(1024, "a")), "");
  EXPECT_THAT(refusal(std::vector<std::string>(1025, "a")), HasSubstr("stores: the transaction names 1025"));
  EXPECT_THAT(refusal({"a", std::string(65, 'x')}), HasSubstr("cannot be the name of a store"));
}

TEST(Wire, TheDecisionsOfOneMessageShareTheWordOfTheirCoordinator) {
  const auto coordinator = std::make_shared<const CoordinatorView>();
  wire::Decision decision;
  decision.kind = wire::DecisionKind::ABORT;
  const auto one = to_event(decision, coordinator, CallId{1}).value();
  const auto other = to_event(decision, coordinator, CallId{2}).value();
  EXPECT_EQ(one.coordinator, other.coordinator);
}

}  // namespace
}  // namespace assent::participant
