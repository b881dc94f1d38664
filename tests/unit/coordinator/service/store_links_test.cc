// Messages to a participant that a server on loopback stands for, and what comes back as events.
#include "coordinator/service/store_links.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <vector>

#include "tests/unit/rpc/loop.h"

namespace assent::coordinator {
namespace {

using VoteResponder = rpc::Responder<wire::VoteAnswer>;

class StoreLinksTest : public rpc::Loop {
 protected:
  StoreLinksTest() {
    server_.on(rpc::methods::kExecuteAndPrepare, [this](wire::ExecuteAndPrepareRequest&&, VoteResponder respond) {
      votes_.push_back(std::move(respond));
    });
    server_.on(rpc::methods::kDecide,
               [this](wire::DecideRequest&& request, const rpc::Responder<wire::DecideAnswer>& respond) {
                 decided_.push_back(request.decisions.size());
                 wire::DecideAnswer answer;
                 for (const auto& decision : request.decisions) {
                   wire::Acknowledgement acknowledgement;
                   acknowledgement.id = decision.id;
                   acknowledgement.kind = wire::AcknowledgementKind::DONE;
                   answer.acknowledgements.push_back(std::move(acknowledgement));
                 }
                 respond(answer);
               });
    address_ = to_string(server_.listen(rpc::kAnyPort).value());
  }

  StoreLinks links(LinkSettings settings = {}) {
    return {io_, std::move(settings), [this](Event event) { events_.push_back(std::move(event)); },
            std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_st>())};
  }

  static TransactionId id(std::uint64_t number) { return {LogIdentity{1}, Epoch{1}, number}; }

  static SendExecuteAndPrepare batch(std::uint64_t number, const std::string& sql = "SELECT 1") {
    const auto statements = std::make_shared<const std::vector<Statement>>(1, Statement{sql, {}, {}});
    return {"accounts", id(number), 7, statements, rpc::kLong, {"accounts"}};
  }

  static std::vector<SendDecision> decisions(std::size_t count) {
    std::vector<SendDecision> decisions;
    for (std::size_t each = 0; each < count; ++each) {
      decisions.push_back({"accounts", id(each), {1, each + 1}, Decision::kCommit, Position{each + 1}});
    }
    return decisions;
  }

  template <typename Kind>
  std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        events_.begin(), events_.end(), [](const Event& event) { return std::holds_alternative<Kind>(event); }));
  }

  rpc::Server server_{io_, {}, rpc::hello_of()};
  std::string address_;
  std::vector<VoteResponder> votes_;
  std::vector<std::size_t> decided_;
  std::vector<Event> events_;
};

TEST_F(StoreLinksTest, ADecisionFindsRoomWhereNoMoreVotesDo) {
  LinkSettings settings;
  settings.channel.limits.outstanding_calls = 2;
  auto links = this->links(settings);
  for (std::uint64_t each = 0; each < 3; ++each) links.send(address_, batch(each), {});
  run_until([&] { return votes_.size() == 2 && count<VoteLost>() == 1; });
  links.send(address_, decisions(1), {});
  run_until([&] { return count<Acknowledged>() == 1; });
  EXPECT_EQ(count<VoteLost>(), 1U);
}

TEST_F(StoreLinksTest, ALostVoteSaysWhetherAnotherRunMayHelp) {
  LinkSettings settings;
  settings.channel.limits.outstanding_calls = 1;
  settings.channel.limits.frame_bytes = 1000;
  auto links = this->links(settings);
  links.send(address_, batch(0, std::string(2000, 'x')), {});
  links.send(address_, batch(1), {});
  links.send(address_, batch(2), {});
  links.send("127.0.0.1:1", batch(3), {});
  run_until([&] { return count<VoteLost>() == 3; });
  std::map<std::uint64_t, AbortReason> reasons;
  for (const auto& event : events_) reasons[std::get<VoteLost>(event).id.number] = std::get<VoteLost>(event).reason;
  EXPECT_EQ(reasons[0], AbortReason::kStatementFailed) << "it will never fit";
  EXPECT_EQ(reasons[2], AbortReason::kOverloaded);
  EXPECT_EQ(reasons[3], AbortReason::kStoreUnavailable);
}

TEST_F(StoreLinksTest, AVoteThatTimesOutTakesNoAcknowledgementWithIt) {
  LinkSettings settings;
  settings.vote_grace = {};
  auto links = this->links(settings);
  auto late = batch(0);
  late.timeout = std::chrono::milliseconds(20);
  links.send(address_, late, {});
  run_until([&] { return count<VoteLost>() == 1; });
  links.send(address_, decisions(1), {});
  run_until([&] { return count<Acknowledged>() == 1; });
  EXPECT_EQ(server_.counters().connections, 2U) << "the one for decisions was not closed";
}

TEST_F(StoreLinksTest, MoreDecisionsThanOneCallMayHoldLeaveInSeveral) {
  LinkSettings settings;
  settings.decisions_per_call = 3;
  auto links = this->links(settings);
  links.send(address_, decisions(7), {});
  run_until([&] { return count<Acknowledged>() == 7; });
  EXPECT_THAT(decided_, testing::ElementsAre(3, 3, 1));
}

}  // namespace
}  // namespace assent::coordinator
