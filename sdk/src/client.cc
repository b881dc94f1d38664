#include "assent/client.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "sdk/src/active_transaction.h"
#include "sdk/src/decision.h"
#include "sdk/src/network.h"
#include "sdk/src/reruns.h"
#include "sdk/src/session.h"
#include "sdk/src/submission.h"
#include "sdk/src/wait_for.h"

namespace assent {

using sdk::ActiveTransaction;
using sdk::Reruns;

namespace {

rpc::ChannelOptions channel_options(const ClientOptions& options) {
  rpc::ChannelOptions channel;
  channel.program = "assent-sdk";
  channel.limits.outstanding_calls = options.outstanding_calls;
  channel.limits.frame_bytes = options.message_bytes;
  channel.limits.string_bytes = options.message_bytes;
  channel.limits.output_bytes = std::max<std::size_t>(channel.limits.output_bytes, options.message_bytes);
  return channel;
}

std::shared_ptr<ActiveTransaction> begin_run(const std::shared_ptr<sdk::Session>& session,
                                             std::optional<std::uint64_t> begin_stamp, IsolationLevel level) {
  return sdk::wait_for<std::shared_ptr<ActiveTransaction>>(
      session->environment(), [&](const auto& done) { sdk::begin(session, begin_stamp, level, done); });
}

std::shared_ptr<sdk::Session> make_session(ClientOptions options, std::unique_ptr<sdk::Network> network) {
  auto& io = network->io();
  return sdk::Session::make(std::move(options), std::move(network), &io);
}

}  // namespace

Client::Client(ClientOptions options) {
  sdk::check(options);
  auto network = std::make_unique<sdk::Network>(channel_options(options));
  session_ = make_session(std::move(options), std::move(network));
}

Client::Client(ClientOptions options, boost::asio::io_context& io) {
  sdk::check(options);
  auto network = std::make_unique<sdk::Network>(channel_options(options), io);
  session_ = make_session(std::move(options), std::move(network));
}

Client::~Client() {
  if (session_) session_->end_async_calls();
}

Client::Client(Client&&) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
  if (this == &other) return *this;
  const Client before(std::move(*this));
  session_ = std::move(other.session_);
  return *this;
}

const std::shared_ptr<sdk::Session>& Client::shared_session() const {
  if (!session_) throw InvalidArgument("this client was moved from: use the one it was moved to");
  return session_;
}

sdk::Session& Client::session() const {
  return *shared_session();
}

Transaction Client::begin(IsolationLevel level) {
  return Transaction(begin_run(shared_session(), std::nullopt, level));
}

void Client::run_until_committed(const std::function<void(Transaction&)>& function, Return when, IsolationLevel level) {
  Reruns reruns(session());
  std::optional<std::uint64_t> begin_stamp;  // of the first run
  for (;;) {
    // Outlives the attempt: whether it may be run again depends on how it ended.
    std::optional<Transaction> transaction;
    try {
      transaction.emplace(Transaction(begin_run(session_, begin_stamp, level)));
      begin_stamp = transaction->active().begin_stamp();
      function(*transaction);
      if (!transaction->has_committed()) transaction->commit(when);
      return;
    } catch (const ClientError&) {
      if (transaction && !transaction->ends_without_effect()) throw;
      const auto wait = reruns.after(std::current_exception());
      if (!wait) throw;
      std::this_thread::sleep_for(*wait);
    }
  }
}

Outcome Client::submit(const Batch& batch, Return when, IsolationLevel level) {
  return sdk::wait_for<Outcome>(session().environment(),
                                [&](const auto& done) { sdk::submit(session_, batch, when, level, done); });
}

Outcome Client::outcome(const TransactionId& id) {
  return sdk::wait_for<Outcome>(session().environment(), [&](const auto& done) { sdk::outcome(session_, id, done); });
}

const ClientOptions& Client::options() const {
  return session().options();
}

ClientCounters Client::counters() const {
  return session().counters();
}

}  // namespace assent
