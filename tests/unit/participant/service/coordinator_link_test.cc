// What a participant does about a coordinator that says nothing.
#include "participant/service/coordinator_link.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assent_constants.h"
#include "tests/unit/participant/service/fake_store.h"
#include "thrift/rpc/server.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

TEST(CoordinatorLink, WhatIsOutstandingWhenItGoesIsNotTakenForAnAnswer) {
  boost::asio::io_context io;
  tcp::acceptor coordinator(io, {boost::asio::ip::address_v4::loopback(), 0});
  const auto address = "127.0.0.1:" + std::to_string(coordinator.local_endpoint().port());
  LinkSettings settings;
  settings.coordinator = rpc::parse_address(address).value();
  settings.call_timeout = 1h;
  StoreRunners stores;
  bool has_attempted = false;
  bool is_told = false;
  std::optional<CoordinatorLink> link(std::in_place, io, settings, stores, silent());
  link->start(settings.coordinator, [&] { has_attempted = true; });
  link->can_answer("a", SendInquiry{kFive, {.start = 1, .counter = 1}, address, {}}, [&](bool) { is_told = true; });
  coordinator.async_accept([&](const boost::system::error_code&, const tcp::socket&) { io.stop(); });
  io.run();
  link.reset();
  io.restart();
  io.poll();
  EXPECT_FALSE(has_attempted);
  EXPECT_FALSE(is_told);
}

TEST(CoordinatorLink, ACoordinatorThatHasNotAcceptedTheStoreYetCanStillAnswer) {
  boost::asio::io_context io;
  wire::HelloAnswer hello;
  hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  rpc::Server coordinator(io, {}, hello);
  coordinator.on(rpc::methods::kInquire, [&](wire::InquiryRequest&&, rpc::Responder<wire::InquiryAnswers> respond) {
    wire::InquiryAnswers answers;
    answers.answers.emplace_back().result = wire::InquiryResult::NOT_ACCEPTED;
    respond(answers);
  });
  LinkSettings settings;
  settings.coordinator = coordinator.listen(rpc::parse_address("127.0.0.1:0").value()).value();
  StoreRunners stores;
  CoordinatorLink link(io, settings, stores, silent());
  std::optional<bool> can_answer;
  link.can_answer("a", SendInquiry{kFive, {.start = 1, .counter = 1}, {}, {}}, [&](bool can) {
    can_answer = can;
    io.stop();
  });
  io.run();
  EXPECT_EQ(can_answer, true);
}

TEST(CoordinatorLink, WhatAStoreAsksAtOneTimeTakesFewCalls) {
  boost::asio::io_context io;
  wire::HelloAnswer hello;
  hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  rpc::Server coordinator(io, {}, hello);
  std::vector<std::size_t> calls;
  std::set<std::int64_t> numbers;
  coordinator.on(rpc::methods::kInquire,
                 [&](wire::InquiryRequest&& request, const rpc::Responder<wire::InquiryAnswers>& respond) {
                   calls.push_back(request.inquiries.size());
                   EXPECT_EQ(request.seen_epoch, 3);
                   EXPECT_EQ(request.seen_nonce, 33);
                   EXPECT_EQ(request.seen_position, 40);
                   for (const auto& inquiry : request.inquiries) numbers.insert(inquiry.id.number);
                   respond({});
                   if (numbers.size() == 2500) io.stop();
                 });
  LinkSettings settings;
  settings.coordinator = coordinator.listen(rpc::parse_address("127.0.0.1:0").value()).value();
  StoreRunners stores;
  CoordinatorLink link(io, settings, stores, silent());
  const CoordinatorLine seen{kFive.log, Epoch{3}, Nonce{33}, Position{40}};
  std::vector<SendInquiry> inquiries(2500, SendInquiry{kFive, {.start = 1, .counter = 1}, {}, seen});
  for (std::size_t index = 0; index < inquiries.size(); ++index) inquiries[index].id.number = index + 1;
  link.send("a", inquiries);
  io.run();
  EXPECT_EQ(calls, (std::vector<std::size_t>{1000, 1000, 500}));
}

TEST(CoordinatorLink, ABusyStoreIsRegisteredBesideTheOthersAndOneThatIsOfflineIsNot) {
  boost::asio::io_context io;
  std::vector<std::set<std::string>> registrations;
  wire::HelloAnswer hello;
  hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  rpc::Server coordinator(io, {}, hello);
  coordinator.on(rpc::methods::kRegisterStores,
                 [&](wire::Registration&& registration, const rpc::Responder<wire::RegistrationAnswer>& respond) {
                   auto& names = registrations.emplace_back();
                   for (const auto& store : registration.stores) {
                     names.insert(store.store);
                     EXPECT_EQ(store.start_number, 2);
                     EXPECT_NE(store.opening, 0);
                   }
                   wire::RegistrationAnswer answer;
                   answer.refused.emplace_back();
                   answer.refused.back().store = "a";
                   answer.refused.back().reason = "it is too old";
                   respond(answer);
                   if (registrations.size() == 2) io.stop();
                 });
  LinkSettings settings;
  settings.coordinator = coordinator.listen(rpc::parse_address("127.0.0.1:0").value()).value();
  settings.registration_interval = 10ms;
  StoreRunners stores;
  for (const char* name : {"a", "b", "offline"}) {
    const bool is_online = name != std::string("offline");
    RunnerSettings runner;
    runner.reopen_first = 1h;
    stores[name] = std::make_unique<StoreRunner>(
        name,
        [is_online]() -> Result<std::unique_ptr<Store>> {
          if (!is_online) return Error{ErrorKind::kUnavailable, "a reader is in the way"};
          return fake_store(Health::kFine);
        },
        runner, [](const StoreOutput&) {}, silent());
    ASSERT_TRUE(stores[name]->start());
  }
  std::promise<void> go_on;
  ASSERT_TRUE(stores["b"]->ask([&](const BranchTable&, const StoreReport&, Time) { go_on.get_future().wait(); }));
  CoordinatorLink link(io, settings, stores, silent());
  link.start(settings.coordinator, [] {});
  io.run();
  EXPECT_EQ(registrations, (std::vector<std::set<std::string>>(2, {"a", "b"})));
  EXPECT_EQ(link.refusal(LogIdentity{}, "a"), "it is too old");
  EXPECT_EQ(link.refusal(LogIdentity{}, "b"), std::nullopt);
  go_on.set_value();
}

}  // namespace
}  // namespace assent::participant
