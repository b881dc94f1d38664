#include "tests/bench/peers/transfers.h"

#include <fmt/format.h>

#include <stdexcept>

namespace assent::bench {

namespace {

constexpr std::int64_t kMostMoved = 100;

std::string failure_of(const Reply& reply) {
  if (!reply.error.empty()) return reply.error;
  return reply.changed_rows == 1 ? std::string() : fmt::format("changed {} rows", reply.changed_rows);
}

}  // namespace

Transfers::Transfers(Bank& bank, Decisions& decisions, Recorder& recorder, std::uint64_t client)
    : bank_(bank), decisions_(decisions), recorder_(recorder), client_(client), random_(client) {
  for (std::size_t server = 0; server < Bank::kServers; ++server) connections_[server] = bank.connect(server);
}

void Transfers::run_until(Clock::time_point until) {
  until_ = until;
  is_running_ = true;
  begin();
}

void Transfers::send(const std::array<std::string, Bank::kServers>& messages, OnReplies then) {
  awaited_ = messages.size();
  for (std::size_t server = 0; server < messages.size(); ++server) {
    connections_[server]->run(messages[server], [this, server, then](const Reply& reply) {
      replies_[server] = reply;
      if (--awaited_ == 0) (this->*then)();
    });
  }
}

void Transfers::begin() {
  began_ = Clock::now();
  if (began_ >= until_) {
    is_running_ = false;
    return;
  }
  id_ = fmt::format("{}-{}", client_, ++number_);
  std::uniform_int_distribution<std::uint64_t> any_account(1, bank_.accounts());
  std::uniform_int_distribution<std::int64_t> any_amount(1, kMostMoved);
  const auto moved = any_amount(random_) * (random_() % 2 == 0 ? 1 : -1);
  send({bank_.peer().change_and_prepare(id_, any_account(random_), moved),
        bank_.peer().change_and_prepare(id_, any_account(random_), -moved)},
       &Transfers::decide);
}

void Transfers::decide() {
  failure_ = failure_of(replies_[0]);
  if (failure_.empty()) failure_ = failure_of(replies_[1]);
  if (!failure_.empty()) return roll_back();
  decisions_.commit(id_, [this] { commit(); });
}

void Transfers::commit() {
  const auto message = bank_.peer().commit_prepared(id_);
  send({message, message}, &Transfers::end_committed);
}

void Transfers::end_committed() {
  for (const auto& reply : replies_) {
    if (!reply.error.empty()) throw std::runtime_error("a prepared transaction was not committed: " + reply.error);
  }
  recorder_.committed(0, began_, Clock::now());
  begin();
}

void Transfers::roll_back() {
  std::array<std::string, Bank::kServers> messages;
  for (std::size_t server = 0; server < messages.size(); ++server) {
    messages[server] =
        replies_[server].error.empty() ? bank_.peer().roll_back_prepared(id_) : bank_.peer().roll_back_failed(id_);
  }
  send(messages, &Transfers::end_rolled_back);
}

void Transfers::end_rolled_back() {
  for (const auto& reply : replies_) {
    if (!reply.error.empty()) throw std::runtime_error("a transaction was not rolled back: " + reply.error);
  }
  recorder_.failed(failure_, Clock::now());
  begin();
}

}  // namespace assent::bench
