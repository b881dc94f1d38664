#include "tests/simulation/run_loop.h"

#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

#include "sdk/src/cause.h"
#include "sdk/src/failure_of.h"
#include "sdk/src/reruns.h"

namespace assent::simulation {

namespace {

class RunLoop : public std::enable_shared_from_this<RunLoop> {
 public:
  RunLoop(std::shared_ptr<sdk::Session> session, RunFunction function, Return when, IsolationLevel level,
          sdk::Completion<Outcome> done)
      : session_(std::move(session)),
        function_(std::move(function)),
        when_(when),
        level_(level),
        done_(std::move(done)),
        reruns_(*session_) {}

  void run() {
    session_->take_id([self = shared_from_this()](Result<sdk::LeasedId> leased) {
      if (!leased) return self->run_again_or_end(sdk::failure_of(leased.error()));
      if (!self->begin_stamp_) self->begin_stamp_ = leased->begin_stamp;
      self->begin(std::make_shared<sdk::ActiveTransaction>(self->session_, *leased, *self->begin_stamp_, self->level_));
    });
  }

 private:
  void begin(const std::shared_ptr<sdk::ActiveTransaction>& transaction) {
    function_(transaction, [self = shared_from_this(), transaction](const sdk::Attempt<void>& ended) {
      if (!ended) return self->failed(*transaction, ended.error());
      transaction->commit(self->when_, [self, transaction](const sdk::Attempt<Outcome>& committed) {
        if (!committed) return self->failed(*transaction, committed.error());
        self->done_(committed);
      });
    });
  }

  void failed(sdk::ActiveTransaction& transaction, std::exception_ptr failure) {
    transaction.abort(sdk::make_cause(AbortReason::kApplication, "it was rolled back"));
    if (transaction.phase() != sdk::ActiveTransaction::Phase::kAborted) return done_(std::move(failure));
    run_again_or_end(std::move(failure));
  }

  // REQUIRES: it is known to have had no effect.
  void run_again_or_end(std::exception_ptr failure) {
    const auto wait = reruns_.after(failure);
    if (!wait) return done_(std::move(failure));
    session_->environment().after(*wait, [self = shared_from_this()] { self->run(); });
  }

  const std::shared_ptr<sdk::Session> session_;
  const RunFunction function_;
  const Return when_;
  const IsolationLevel level_;
  const sdk::Completion<Outcome> done_;
  sdk::Reruns reruns_;
  std::optional<std::uint64_t> begin_stamp_;  // of the first run
};

}  // namespace

void run_until_committed(const std::shared_ptr<sdk::Session>& session, RunFunction function, Return when,
                         IsolationLevel level, sdk::Completion<Outcome> done) {
  std::make_shared<RunLoop>(session, std::move(function), when, level, std::move(done))->run();
}

}  // namespace assent::simulation
