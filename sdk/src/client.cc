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
#include "sdk/src/failure_of.h"
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
                                             std::optional<std::uint64_t>& first_stamp, IsolationLevel level) {
  const auto leased = sdk::wait_for<sdk::LeasedId>(session->environment(), [&](const auto& done) {
    session->take_id([done](Result<sdk::LeasedId> taken) {
      done(taken ? sdk::Attempt<sdk::LeasedId>(*taken) : sdk::failure_of(taken.error()));
    });
  });
  if (!first_stamp) first_stamp = leased.begin_stamp;
  return std::make_shared<ActiveTransaction>(session, leased, *first_stamp, level);
}

}  // namespace

Client::Client(ClientOptions options) {
  sdk::check(options);
  auto network = std::make_unique<sdk::Network>(channel_options(options));
  session_ = sdk::Session::make(std::move(options), std::move(network));
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

sdk::Session& Client::session() const {
  if (!session_) throw InvalidArgument("this client was moved from: use the one it was moved to");
  return *session_;
}

Transaction Client::begin(IsolationLevel level) {
  session();
  std::optional<std::uint64_t> first_stamp;
  return Transaction(begin_run(session_, first_stamp, level));
}

void Client::run_until_committed(const std::function<void(Transaction&)>& function, Return when, IsolationLevel level) {
  Reruns reruns(session());
  std::optional<std::uint64_t> first_stamp;
  for (;;) {
    // Outlives the attempt: whether it may be run again depends on how it ended.
    std::optional<Transaction> transaction;
    try {
      transaction.emplace(Transaction(begin_run(session_, first_stamp, level)));
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
  if (batch.empty()) throw InvalidArgument("the batch is empty: add a statement");
  return sdk::wait_for<Outcome>(session().environment(),
                                [&](const auto& done) { sdk::submit(session_, batch, when, level, done); });
}

Outcome Client::outcome(const TransactionId& id) {
  return sdk::wait_for<Outcome>(session().environment(), [&](const auto& done) {
    session_->ask_outcome(id, [id, done](Result<Outcome> known) {
      if (known) return done(*std::move(known));
      const Error& error = known.error();
      if (error.kind == ErrorKind::kInvalidInput) return done(sdk::failure<InvalidArgument>(error.message));
      done(sdk::failure<OutcomeUnknown>(id, error.message));
    });
  });
}

const ClientOptions& Client::options() const {
  return session().options();
}

ClientCounters Client::counters() const {
  return session().counters();
}

}  // namespace assent
