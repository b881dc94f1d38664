#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rpc/loop.h"

namespace assent::rpc {
namespace {

using testing::HasSubstr;

class ChannelTest : public Loop {};

TEST_F(ChannelTest, ACallIsAnswered) {
  const auto server = make_server();
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  EXPECT_EQ(locate(channel, "accounts").value().address, "for accounts");
  EXPECT_EQ(server->counters().connections, 1U);
}

TEST_F(ChannelTest, ItFindsAPeerByName) {
  const auto server = make_server();
  Channel channel(io_, {"localhost", server->listen(kAnyPort).value().port}, {});
  EXPECT_EQ(locate(channel, "accounts").value().store, "accounts");
}

TEST_F(ChannelTest, CallsOfOneTurnLeaveInOneWriteAndSoDoTheirAnswers) {
  const auto server = make_server();
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  locate(channel, "warm up");
  const Counters before = channel.counters();
  const Counters server_before = server->counters();
  int answered = 0;
  constexpr int kCalls = 20;
  call_often(channel, kCalls, answered);
  run_until([&] { return answered == kCalls; });
  EXPECT_EQ(channel.counters().frames_out - before.frames_out, kCalls);
  EXPECT_EQ(channel.counters().writes - before.writes, 1U);
  EXPECT_EQ(server->counters().reads - server_before.reads, 1U);
  EXPECT_EQ(server->counters().writes - server_before.writes, 1U);
  EXPECT_EQ(channel.counters().reads - before.reads, 1U);
  EXPECT_EQ(channel.counters().frames_in - before.frames_in, kCalls);
}

TEST_F(ChannelTest, CallsMadeWhileConnectingLeaveTogetherOnceHelloWasAnswered) {
  const auto server = make_server();
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  int answered = 0;
  call_often(channel, 10, answered);
  EXPECT_EQ(channel.outstanding_calls(), 10U);
  run_until([&] { return answered == 10; });
  EXPECT_EQ(channel.counters().writes, 2U) << "hello, and everything else";
  EXPECT_EQ(channel.outstanding_calls(), 0U);
}

TEST_F(ChannelTest, BothSidesCountTheMessagesOfEachMethod) {
  const auto server = make_server();
  const auto address = server->listen(kAnyPort).value();
  ChannelOptions options;
  options.counters = std::make_shared<Counters>();
  const Counters& counters = *options.counters;
  Channel one(io_, address, options);
  Channel another(io_, address, options);
  locate(one, "accounts");
  locate(another, "accounts");
  one.call(methods::kLease, {}, kLong, [](const auto&) {});  // the server has no such method
  run_until([&] { return one.outstanding_calls() == 0; });
  for (const Counters* const side : {&counters, &server->counters()}) {
    EXPECT_EQ(side->connections, 2U);
    const MethodCounters& hello = side->methods.at("hello");
    const MethodCounters& located = side->methods.at("locate");
    for (const MethodCounters* const method : {&hello, &located}) {
      EXPECT_EQ(method->requests, 2U);
      EXPECT_EQ(method->answers, 2U);
    }
  }
  EXPECT_EQ(counters.methods.at("lease").requests, 1U);
  EXPECT_EQ(counters.methods.at("lease").answers, 1U);
  EXPECT_EQ(server->counters().methods.count("lease"), 0U) << "what a stranger may name takes no memory";
  std::uint64_t requested = 0;
  std::uint64_t answered = 0;
  for (const auto& [name, method] : counters.methods) {
    requested += method.request_bytes;
    answered += method.answer_bytes;
  }
  EXPECT_EQ(requested, counters.bytes_out);
  EXPECT_EQ(answered, counters.bytes_in);
}

TEST_F(ChannelTest, ACallThatNeverLeftIsNotCounted) {
  Channel channel(io_, {"127.0.0.1", 1}, {});  // nobody listens there
  bool ended = false;
  channel.call(methods::kLocate, locate_request("accounts"), kLong, [&](const Located& located) {
    EXPECT_EQ(located.error().kind, ErrorKind::kUnavailable);
    ended = true;
  });
  run_until([&] { return ended; });
  EXPECT_EQ(channel.counters().methods.at("locate").requests, 0U);
}

TEST_F(ChannelTest, AFaultIsAnAnswer) {
  Server server(io_, {}, hello_of());
  server.on(methods::kLocate, [](wire::LocateRequest&&, const LocateResponder& respond) {
    respond.fault(wire::FaultCode::NOT_FOUND, "none");
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  bool ended = false;
  channel.call(methods::kLocate, locate_request("accounts"), kLong, [&](const Located&) { ended = true; });
  run_until([&] { return ended; });
  EXPECT_EQ(channel.counters().methods.at("locate").answers, 1U);
  EXPECT_EQ(server.counters().methods.at("locate").answers, 1U);
}

TEST_F(ChannelTest, AnswersMayComeInAnyOrder) {
  Server server(io_, {}, hello_of());
  std::vector<std::pair<wire::LocateRequest, LocateResponder>> waiting;
  server.on(methods::kLocate, [&](wire::LocateRequest&& request, LocateResponder respond) {
    waiting.emplace_back(std::move(request), std::move(respond));
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  std::vector<std::string> asked;
  for (const char* store : {"a", "b", "c"}) {
    channel.call(methods::kLocate, locate_request(store), kLong, [&, store](const Located& located) {
      EXPECT_EQ(located.value().store, store);
      asked.emplace_back(store);
    });
  }
  run_until([&] { return waiting.size() == 3; });
  for (const std::size_t index : {2U, 0U, 1U}) {
    waiting[index].second(location_of(waiting[index].first));
  }
  run_until([&] { return asked.size() == 3; });
  EXPECT_THAT(asked, testing::ElementsAre("c", "a", "b"));
}

TEST_F(ChannelTest, NoCallIsAnsweredFromInsideCall) {
  Limits limits;
  limits.outstanding_calls = 0;
  std::optional<Located> answer;
  Channel channel(io_, {"127.0.0.1", 1}, {limits, "test"});
  channel.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  EXPECT_FALSE(answer.has_value());
  run_until([&] { return answer.has_value(); });
  EXPECT_EQ(answer->error().kind, ErrorKind::kOverloaded);
}

TEST_F(ChannelTest, ACallWithoutAnAnswerInTimeIsUnknownAndTheConnectionIsClosed) {
  Server server(io_, {}, hello_of());
  std::vector<LocateResponder> waiting;
  server.on(methods::kLocate, [&](wire::LocateRequest&& request, LocateResponder respond) {
    if (request.store == "answer") {
      respond(location_of(request));
    } else {
      waiting.push_back(std::move(respond));
    }
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  EXPECT_TRUE(locate(channel, "answer").has_value());
  std::optional<Located> patient;
  std::optional<Located> hasty;
  channel.call(methods::kLocate, locate_request("patient"), kLong, into(patient));
  channel.call(methods::kLocate, locate_request("hasty"), std::chrono::milliseconds(30), into(hasty));
  run_until([&] { return hasty && patient; });
  EXPECT_EQ(hasty->error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(hasty->error().message, HasSubstr("its deadline has passed"));
  EXPECT_EQ(patient->error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(patient->error().message, HasSubstr("another call timed out"));
  run_until([&] { return server.open_connections() == 0; });
  // The late answers meet nobody; the next call uses a new connection.
  for (const LocateResponder& respond : waiting) {
    respond(wire::StoreLocation());
  }
  EXPECT_TRUE(locate(channel, "answer").has_value());
  EXPECT_EQ(channel.counters().connections, 2U);
}

TEST_F(ChannelTest, APeerThatRefusesTheConnectionIsUnavailable) {
  Channel channel(io_, {"127.0.0.1", 1}, {});
  const Located located = locate(channel, "x");
  EXPECT_EQ(located.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(located.error().message, HasSubstr("`locate` was not sent to 127.0.0.1:1"));
}

TEST_F(ChannelTest, APeerThatDoesNotAnswerHelloInTimeIsUnavailable) {
  boost::asio::ip::tcp::acceptor silent(io_, {boost::asio::ip::address_v4::loopback(), 0});
  Limits limits;
  limits.connect_timeout = std::chrono::milliseconds(30);
  Channel channel(io_, {"127.0.0.1", silent.local_endpoint().port()}, {limits, "test"});
  EXPECT_EQ(locate(channel, "x").error().kind, ErrorKind::kUnavailable);
}

TEST_F(ChannelTest, ADeadlineThatPassesBeforeTheConnectionIsMadeIsUnavailableForThatCallOnly) {
  boost::asio::ip::tcp::acceptor silent(io_, {boost::asio::ip::address_v4::loopback(), 0});
  std::optional<Located> patient;  // outlives the channel, which answers all calls when it ends
  Channel channel(io_, {"127.0.0.1", silent.local_endpoint().port()}, {});
  channel.call(methods::kLocate, locate_request("x"), kLong, into(patient));
  EXPECT_EQ(locate(channel, "y", std::chrono::milliseconds(20)).error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(patient.has_value());
  EXPECT_EQ(channel.outstanding_calls(), 1U);
}

TEST_F(ChannelTest, APeerOfAnotherVersionIsRefused) {
  Server server(io_, {}, hello_of(99));
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  const Located located = locate(channel, "x");
  EXPECT_EQ(located.error().kind, ErrorKind::kWrongVersion);
  EXPECT_THAT(located.error().message, HasSubstr("upgrade the older one"));
}

TEST_F(ChannelTest, AFaultIsTheErrorThatItNames) {
  Server server(io_, {}, hello_of());
  auto code = wire::FaultCode::NOT_FOUND;
  server.on(methods::kLocate, [&](wire::LocateRequest&&, const LocateResponder& respond) {
    respond.fault(code, "no store `x`; create it");
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  const std::vector<std::pair<wire::FaultCode::type, ErrorKind>> kinds = {
      {wire::FaultCode::INVALID_ARGUMENT, ErrorKind::kInvalidInput},
      {wire::FaultCode::NOT_FOUND, ErrorKind::kNotFound},
      {wire::FaultCode::OVERLOADED, ErrorKind::kOverloaded},
      {wire::FaultCode::UNAVAILABLE, ErrorKind::kUnavailable},
      {wire::FaultCode::WRONG_VERSION, ErrorKind::kWrongVersion},
      {wire::FaultCode::FENCED, ErrorKind::kFenced},
      {wire::FaultCode::CONFLICT, ErrorKind::kConflict},
      {static_cast<wire::FaultCode::type>(0), ErrorKind::kUnknown}};
  for (const auto& [sent, expected] : kinds) {
    code = sent;
    const Located located = locate(channel, "x");
    EXPECT_EQ(located.error().kind, expected) << sent;
    EXPECT_EQ(located.error().message, "no store `x`; create it");
  }
}

TEST_F(ChannelTest, TooManyOutstandingCallsAreRefusedAndTheOthersGoOn) {
  const auto server = make_server();
  Limits limits;
  limits.outstanding_calls = 3;
  Channel channel(io_, server->listen(kAnyPort).value(), {limits, "test"});
  std::vector<std::optional<Located>> answers(5);
  for (auto& answer : answers) {
    channel.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  }
  run_until([&] { return answers[0] && answers[1] && answers[2] && answers[3] && answers[4]; });
  EXPECT_TRUE(answers[2]->has_value());
  EXPECT_EQ(answers[3]->error().kind, ErrorKind::kOverloaded);
  EXPECT_EQ(answers[4]->error().kind, ErrorKind::kOverloaded);
  EXPECT_TRUE(locate(channel, "x").has_value());
}

TEST_F(ChannelTest, TooManyQueuedBytesAreRefused) {
  const auto server = make_server();
  Limits limits;
  limits.output_bytes = 1000;
  std::optional<Located> first;
  Channel channel(io_, server->listen(kAnyPort).value(), {limits, "test"});
  std::optional<Located> second;
  channel.call(methods::kLocate, locate_request(std::string(2000, 'x')), kLong, into(first));
  channel.call(methods::kLocate, locate_request("y"), kLong, into(second));
  run_until([&] { return first && second; });
  EXPECT_TRUE(first->has_value());
  EXPECT_EQ(second->error().kind, ErrorKind::kOverloaded);
}

TEST_F(ChannelTest, ARequestThatIsLargerThanAFrameIsNotSent) {
  const auto server = make_server();
  Limits limits;
  limits.frame_bytes = 1000;
  Channel channel(io_, server->listen(kAnyPort).value(), {limits, "test"});
  EXPECT_EQ(locate(channel, std::string(2000, 'x')).error().kind, ErrorKind::kInvalidInput);
  EXPECT_TRUE(locate(channel, "x").has_value());
}

TEST_F(ChannelTest, ItConnectsAgainAfterTheServerWasRestarted) {
  auto server = make_server();
  const Address address = server->listen(kAnyPort).value();
  Limits limits;
  limits.backoff_first = std::chrono::milliseconds(1);
  Channel channel(io_, address, {limits, "test"});
  EXPECT_TRUE(locate(channel, "x").has_value());
  server.reset();
  // Sent into a connection that ends, or refused: either way it is not answered.
  EXPECT_TRUE(locate(channel, "x").has_error());
  EXPECT_EQ(locate(channel, "x").error().kind, ErrorKind::kUnavailable);
  server = make_server();
  ASSERT_EQ(server->listen(address).value(), address);
  EXPECT_TRUE(locate(channel, "x").has_value());
}

TEST_F(ChannelTest, TheEndOfAConnectionIsToldOnceAndThatOfAnAttemptIsNot) {
  auto server = make_server();
  int breaks = 0;
  {
    Channel channel(io_, server->listen(kAnyPort).value(), {});
    channel.on_break([&] { ++breaks; });
    EXPECT_TRUE(locate(channel, "x").has_value());
    EXPECT_EQ(breaks, 0);
    server.reset();
    run_until([&] { return breaks == 1; });
    EXPECT_TRUE(locate(channel, "x").has_error()) << "there is nobody to connect to";
  }
  EXPECT_EQ(breaks, 1);
}

TEST_F(ChannelTest, AfterAFailureItWaitsBeforeItConnectsAgain) {
  auto server = make_server();
  const Address address = server->listen(kAnyPort).value();
  server.reset();
  Limits limits;
  limits.backoff_first = std::chrono::milliseconds(100);
  limits.backoff_ceiling = limits.backoff_first;
  Channel channel(io_, address, {limits, "test"});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(locate(channel, "x").error().kind, ErrorKind::kUnavailable);
  server = make_server();
  ASSERT_TRUE(server->listen(address).has_value());
  EXPECT_TRUE(locate(channel, "x").has_value());
  EXPECT_GT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(50));
}

TEST_F(ChannelTest, TheEndOfTheChannelEndsItsCalls) {
  Server server(io_, {}, hello_of());
  std::vector<LocateResponder> waiting;
  server.on(methods::kLocate, [&](wire::LocateRequest&&, LocateResponder respond) { waiting.push_back(respond); });
  const Address address = server.listen(kAnyPort).value();
  std::optional<Located> sent;
  std::optional<Located> unsent;
  {
    Channel channel(io_, address, {});
    channel.call(methods::kLocate, locate_request("x"), kLong, into(sent));
    run_until([&] { return !waiting.empty(); });
    channel.call(methods::kLocate, locate_request("y"), kLong, into(unsent));
  }
  EXPECT_EQ(sent->error().kind, ErrorKind::kUnknown);
  EXPECT_EQ(unsent->error().kind, ErrorKind::kUnavailable);
  run_until([&] { return server.open_connections() == 0; });
}

TEST_F(ChannelTest, AnAnswerMayDestroyTheChannel) {
  const auto server = make_server();
  auto channel = std::make_unique<Channel>(io_, server->listen(kAnyPort).value(), ChannelOptions());
  int answered = 0;
  for (int i = 0; i < 3; ++i) {
    channel->call(methods::kLocate, locate_request("x"), kLong, [&](const Located&) {
      ++answered;
      channel.reset();
    });
  }
  run_until([&] { return answered == 3; });
}

TEST_F(ChannelTest, AnAnswerMayCallAgain) {
  const auto server = make_server();
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  int answered = 0;
  std::function<void(const Located&)> again = [&](const Located& located) {
    EXPECT_TRUE(located.has_value());
    if (++answered < 100) {
      channel.call(methods::kLocate, locate_request("x"), kLong, again);
    }
  };
  channel.call(methods::kLocate, locate_request("x"), kLong, again);
  run_until([&] { return answered == 100; });
}

}  // namespace
}  // namespace assent::rpc
