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
                   for (const auto& inquiry : request.inquiries) numbers.insert(inquiry.id.number);
                   respond({});
                   if (numbers.size() == 2500) io.stop();
                 });
  LinkSettings settings;
  settings.coordinator = coordinator.listen(rpc::parse_address("127.0.0.1:0").value()).value();
  StoreRunners stores;
  CoordinatorLink link(io, settings, stores, silent());
  std::vector<SendInquiry> inquiries(2500, SendInquiry{kFive, {.start = 1, .counter = 1}, {}, {}});
  for (std::size_t index = 0; index < inquiries.size(); ++index) inquiries[index].id.number = index + 1;
  link.send("a", inquiries);
  io.run();
  EXPECT_EQ(calls, (std::vector<std::size_t>{1000, 1000, 500}));
}

TEST(CoordinatorLink, ABusyStoreDoesNotKeepTheOthersFromRegistering) {
  boost::asio::io_context io;
  std::vector<std::set<std::string>> registrations;
  wire::HelloAnswer hello;
  hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
  rpc::Server coordinator(io, {}, hello);
  coordinator.on(rpc::methods::kRegisterStores,
                 [&](wire::Registration&& registration, rpc::Responder<wire::RegistrationAnswer> respond) {
                   auto& names = registrations.emplace_back();
                   for (const auto& store : registration.stores) names.insert(store.store);
                   wire::RegistrationAnswer answer;
                   if (names.contains("a")) {
                     answer.refused.emplace_back();
                     answer.refused.back().store = "a";
                     answer.refused.back().reason = "it is too old";
                   }
                   respond(answer);
                   io.stop();
                 });
  LinkSettings settings;
  settings.coordinator = coordinator.listen(rpc::parse_address("127.0.0.1:0").value()).value();
  settings.registration_interval = 10ms;
  StoreRunners stores;
  for (const char* name : {"a", "b"}) {
    stores[name] = std::make_unique<StoreRunner>(
        name, [] { return fake_store(Health::kFine); }, RunnerSettings(), [](const StoreOutput&) {}, silent());
    ASSERT_TRUE(stores[name]->start());
  }
  CoordinatorLink link(io, settings, stores, silent());
  link.start(settings.coordinator, [] {});
  const auto run_until = [&](const std::set<std::string>& names) {
    do {
      io.restart();
      io.run();
    } while (registrations.back() != names);
  };
  run_until({"a", "b"});
  EXPECT_EQ(registrations.size(), 1U) << "the first waits for all";
  std::promise<void> go_on;
  ASSERT_TRUE(stores["a"]->ask([&](const BranchTable&, const StoreReport&, Time) { go_on.get_future().wait(); }));
  run_until({"b"});
  run_until({"b"});
  EXPECT_EQ(link.refusal(LogIdentity{}, "a"), "it is too old") << "the others' answer says nothing of it";
  go_on.set_value();
  run_until({"a", "b"});
}

}  // namespace
}  // namespace assent::participant
