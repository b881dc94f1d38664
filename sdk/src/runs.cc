#include "sdk/src/runs.h"

#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

#include "sdk/src/cause.h"
#include "sdk/src/reruns.h"

namespace assent::sdk {

namespace {

// By the function itself.
Outcome committed(const TransactionId& id) {
  Outcome outcome;
  outcome.id = id;
  outcome.kind = OutcomeKind::kCommitted;
  return outcome;
}

class RunLoop : public std::enable_shared_from_this<RunLoop> {
 public:
  RunLoop(std::shared_ptr<Session> session, RunFunction function, Return when, IsolationLevel level,
          Completion<Outcome> done)
      : session_(std::move(session)),
        function_(std::move(function)),
        when_(when),
        level_(level),
        done_(std::move(done)),
        reruns_(*session_) {}

  void run() {
    begin(session_, begin_stamp_, level_,
          [self = shared_from_this()](const Attempt<std::shared_ptr<ActiveTransaction>>& begun) {
            if (!begun) return self->run_again_or_end(begun.error());
            self->begin_stamp_ = (*begun)->begin_stamp();
            self->call(*begun);
          });
  }

 private:
  void call(const std::shared_ptr<ActiveTransaction>& transaction) {
    function_(transaction, [self = shared_from_this(), transaction](const Attempt<void>& ended) {
      if (!ended) return self->failed(*transaction, ended.error());
      if (transaction->phase() == ActiveTransaction::Phase::kCommitted) {
        return self->done_(committed(transaction->id()));
      }
      transaction->commit(self->when_, [self, transaction](const Attempt<Outcome>& decided) {
        if (!decided) return self->failed(*transaction, decided.error());
        self->done_(decided);
      });
    });
  }

  void failed(ActiveTransaction& transaction, std::exception_ptr failure) {
    // Its function has left it a call that is on its way: it aborts by itself when that has ended.
    if (transaction.is_busy()) return done_(std::move(failure));
    transaction.abort(make_cause(AbortReason::kApplication, "it was rolled back"));
    if (transaction.phase() != ActiveTransaction::Phase::kAborted) return done_(std::move(failure));
    run_again_or_end(std::move(failure));
  }

  // REQUIRES: it is known to have had no effect.
  void run_again_or_end(std::exception_ptr failure) {
    const auto wait = reruns_.after(failure);
    if (!wait) return done_(std::move(failure));
    session_->environment().after(*wait, [self = shared_from_this()] { self->run(); });
  }

  const std::shared_ptr<Session> session_;
  const RunFunction function_;
  const Return when_;
  const IsolationLevel level_;
  const Completion<Outcome> done_;
  Reruns reruns_;
  std::optional<std::uint64_t> begin_stamp_;  // of the first run
};

}  // namespace

void run_until_committed(const std::shared_ptr<Session>& session, RunFunction function, Return when,
                         IsolationLevel level, Completion<Outcome> done) {
  std::make_shared<RunLoop>(session, std::move(function), when, level, std::move(done))->run();
}

}  // namespace assent::sdk
