#include "assent/client.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "sdk/src/active_transaction.h"
#include "sdk/src/reruns.h"
#include "sdk/src/session.h"
#include "sdk/src/submission.h"

namespace assent {

using sdk::ActiveTransaction;
using sdk::Reruns;

Client::Client(ClientOptions options) : session_(std::make_shared<sdk::Session>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

sdk::Session& Client::session() const {
  if (!session_) throw InvalidArgument("this client was moved from: use the one it was moved to");
  return *session_;
}

Transaction Client::begin(IsolationLevel level) {
  const auto leased = session().take_id();
  return Transaction(std::make_unique<ActiveTransaction>(session_, leased, leased.begin_stamp, level));
}

void Client::run_until_committed(const std::function<void(Transaction&)>& function, Return when, IsolationLevel level) {
  Reruns reruns(session());
  std::optional<std::uint64_t> first_stamp;
  for (;;) {
    // Outlives the attempt: whether it may be run again depends on how it ended.
    std::optional<Transaction> transaction;
    const auto run_again = [&] { return (!transaction || transaction->ends_without_effect()) && reruns.another(); };
    try {
      const auto leased = session().take_id();
      if (!first_stamp) first_stamp = leased.begin_stamp;
      transaction.emplace(Transaction(std::make_unique<ActiveTransaction>(session_, leased, *first_stamp, level)));
      function(*transaction);
      if (!transaction->has_committed()) transaction->commit(when);
      return;
    } catch (const Aborted& aborted) {
      if (!aborted.worth_another_run() || !run_again()) throw;
    } catch (const Unavailable&) {
      if (!run_again()) throw;
    } catch (const Overloaded&) {
      if (!run_again()) throw;
    }
  }
}

Outcome Client::submit(const Batch& batch, Return when, IsolationLevel level) {
  if (batch.empty()) throw InvalidArgument("the batch is empty: add a statement");
  Reruns reruns(session());
  std::optional<std::uint64_t> first_stamp;
  for (;;) {
    try {
      const auto leased = session().take_id();
      if (!first_stamp) first_stamp = leased.begin_stamp;
      return sdk::submit_once(session(), batch, when, leased, *first_stamp, level);
    } catch (const Aborted& aborted) {
      if (!aborted.worth_another_run() || !reruns.another()) throw;
    } catch (const Unavailable&) {
      if (!reruns.another()) throw;
    } catch (const Overloaded&) {
      if (!reruns.another()) throw;
    }
  }
}

Outcome Client::outcome(const TransactionId& id) {
  auto outcome = session().ask_outcome(id);
  if (outcome) return *std::move(outcome);
  if (outcome.error().kind == ErrorKind::kInvalidInput) throw InvalidArgument(outcome.error().message);
  throw OutcomeUnknown(id, outcome.error().message);
}

const ClientOptions& Client::options() const {
  return session().options();
}

ClientCounters Client::counters() const {
  return session().counters();
}

}  // namespace assent
