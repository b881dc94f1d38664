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

// How a statement and an execute-and-prepare of this level are read: the level, or why it is refused.
std::string level_of(int level) {
  wire::ExecuteRequest statement;
  statement.level = static_cast<wire::IsolationLevel::type>(level);
  wire::ExecuteAndPrepareRequest whole;
  whole.level = static_cast<wire::IsolationLevel::type>(level);
  const auto text = [](const auto& event) {
    return event ? std::string(to_string(event->level)) : event.error().message;
  };
  std::string one = text(to_event(std::move(statement), CallId{1}, ""));
  const auto other = text(to_event(std::move(whole), CallId{1}, CoordinatorView{}));
  EXPECT_EQ(one, other);
  return one;
}

TEST(Wire, ALevelIsSerializableIfItWasLeftOutAndRefusedIfThereIsNoSuch) {
  EXPECT_EQ(level_of(0), "serializable");
  EXPECT_EQ(level_of(1), "serializable");
  EXPECT_EQ(level_of(2), "read-committed");
  EXPECT_THAT(level_of(3), HasSubstr("level: 3 is not a value that this version knows"));
}

TEST(Wire, TheDecisionsOfOneMessageShareTheWordOfTheirCoordinator) {
  const auto coordinator = std::make_shared<const CoordinatorView>();
  wire::Decision decision;
  decision.kind = wire::DecisionKind::ABORT;
  const auto one = to_event(decision, Opening{1}, coordinator, CallId{1}).value();
  const auto other = to_event(decision, Opening{1}, coordinator, CallId{2}).value();
  EXPECT_EQ(one.coordinator, other.coordinator);
}

TEST(SharedWord, TheFirstPartOfAMessageBringsItsReleases) {
  const CoordinatorView view{.line = {.log = LogIdentity{1}, .epoch = Epoch{2}, .nonce = Nonce{3}, .durable = {}},
                             .address = "there:1",
                             .released = {.through = Position{9}, .except = {Position{4}}}};
  const SharedWord word(view);
  EXPECT_EQ(*word.of_part(0), view);
  EXPECT_EQ(*word.of_part(1), (CoordinatorView{view.line, view.address, {}}));
  EXPECT_EQ(word.of_part(1), word.of_part(2)) << "it is not copied for each";
}

}  // namespace
}  // namespace assent::participant
