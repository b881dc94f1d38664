// A client by itself: its options, its leases, and servers that are not there.
#include <memory>
#include <utility>

#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {
namespace {

using Clients = SdkTest;

TEST_F(Clients, SayWhichOptionIsWrong) {
  EXPECT_THAT(thrown<InvalidArgument>([] { Client({.coordinator = "no port"}); }).what(),
              HasSubstr("ClientOptions::coordinator"));
  options_.lease_ids = 0;
  EXPECT_THAT(thrown<InvalidArgument>([&] { Client{options_}; }).what(), HasSubstr("lease_ids is 0"));
  options_.lease_ids = 1;
  options_.call_timeout = -1ms;
  EXPECT_THAT(thrown<InvalidArgument>([&] { Client{options_}; }).what(), HasSubstr("call_timeout is -1 ms"));
}

TEST_F(Clients, CanBeMadeBeforeTheirCoordinator) {
  coordinator_.server().stop();
  Client client(options_);
  EXPECT_THROW(client.begin(), Unavailable);
  coordinator_.server().start();
  EXPECT_TRUE(client.begin().is_active());
}

TEST_F(Clients, TakeIdsFromOneLease) {
  Client client(options_);
  const auto first = client.begin().id();
  const auto second = client.begin().id();
  EXPECT_EQ(second.number, first.number + 1);
  EXPECT_EQ(coordinator_.leases.requests().size(), 1U);
  EXPECT_EQ(coordinator_.leases.requests().at(0).count, 256);
}

TEST_F(Clients, SayThatTheCoordinatorIsOverloadedOrHasNoSenseToOffer) {
  coordinator_.leases.then_fault(wire::FaultCode::OVERLOADED, "65536 leases");
  coordinator_.leases.then([](const auto&, const auto& respond) {
    wire::Lease lease;
    lease.count = -5;
    respond(lease);
  });
  Client client(options_);
  EXPECT_THAT(thrown<Overloaded>([&] { client.begin(); }).what(), HasSubstr("65536 leases"));
  EXPECT_THROW(client.begin(), Unavailable);
  EXPECT_TRUE(client.begin().is_active());
}

TEST_F(Clients, OutliveTheirMoves) {
  Client first(options_);
  Client second = std::move(first);
  EXPECT_TRUE(second.begin().is_active());
  EXPECT_THROW(first.begin(), InvalidArgument);  // NOLINT(bugprone-use-after-move): what is left of it is defined
}

TEST_F(Clients, MayGoBeforeTheirTransactions) {
  auto client = std::make_unique<Client>(options_);
  auto transaction = client->begin();
  client.reset();
  transaction.execute("a", "UPDATE t");
  EXPECT_TRUE(transaction.commit().committed());
}

}  // namespace
}  // namespace assent::sdk
