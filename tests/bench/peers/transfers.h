// Transfers: one client that moves money between both servers of a bank, one transfer after the other.
//
// Each is committed in two phases, without any process between the client and the servers:
//   1. begin, change and prepare, in one message to each server, both at once;
//   2. both have prepared: the decision, forced;
//   3. commit, to both at once. The transfer has ended when both have answered: before that, nobody can see it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "tests/bench/measure/recorder.h"
#include "tests/bench/peers/bank.h"
#include "tests/bench/peers/decisions.h"

namespace assent::bench {

class Transfers {
 public:
  Transfers(Bank& bank, Decisions& decisions, Recorder& recorder, std::uint64_t client);

  // Goes on until this time, then ends the transfer under way.
  void run_until(Clock::time_point until);
  bool is_running() const { return is_running_; }

 private:
  using OnReplies = void (Transfers::*)();

  void begin();
  // Sends a message to each server and goes on when both have answered.
  void send(const std::array<std::string, Bank::kServers>& messages, OnReplies then);
  void decide();
  void commit();
  void end_committed();
  void roll_back();
  void end_rolled_back();

  Bank& bank_;
  Decisions& decisions_;
  Recorder& recorder_;
  const std::uint64_t client_;
  std::mt19937_64 random_;
  std::array<std::unique_ptr<Connection>, Bank::kServers> connections_;
  Clock::time_point until_;
  bool is_running_ = false;

  // Of the transfer under way:
  std::uint64_t number_ = 0;
  std::string id_;
  Clock::time_point began_;
  std::array<Reply, Bank::kServers> replies_;
  std::size_t awaited_ = 0;
  std::string failure_;
};

}  // namespace assent::bench
