// Script: a store in words. Each command is one event for a branch table; run() gives its effects, one line each.
//
//     execute CALL TXN [branch=1.1] [number=0] [stamp=100] [timeout=30s] [level=read-committed]    one statement
//     submit CALL TXN [statements=1] [stamp=100] [timeout=30s] [level=read-committed]              execute and prepare
//     ran RUN [wrote=2] [locks=t[a]:X,t:S] [failed=words_of_the_store [reason=vote-no]] [results=1] [needs-last-run]
//                          by default it read, and locked nothing
//     prepare CALL TXN branch=1.1 count=1
//     commit CALL TXN branch=1.1 at=POSITION
//     abort CALL TXN [branch=1.1]
//     resolve CALL TXN commit|abort [reason]
//     accepted             a registration
//     inquiry TXN branch=1.1 undecided|commit|abort|not-mine|not-accepted [at=POSITION]
//     pass 10ms            the time, and TimePassed
//     batch                BatchEnded
//     durable              what was to be journaled is on disk, and the table hears of it
//     written              it is on disk, and the table does not hear of it
//     restart              a new table from what is on disk
//     schema CALL                                      an operator changes the schema
//     applied version=1 [before=yes] | [failed=words]  the store has done so, or not
//     acknowledge CALL                                 an operator acknowledges the foreign write
//     testify CALL [after=TXN] [most=100]              an operator restores the coordinator's log
//     drain | health [short of space] [foreign=words]
//
// TXN is a number in epoch 7 of log A, or 6/5: number 5 in epoch 6. Priority: the stamp is 100 + the number unless it
// is given. Whatever comes from a coordinator takes epoch=7 nonce=1 durable=0 released=0 except=1,2 log=A
// address=… opening=…, with these defaults, and meant for the opening of the store (1, and 2 after a restart). The
// store knows epoch 7 of log A from before, unless it is told otherwise.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "participant/core/branch_table.h"

namespace assent::participant {

class Script {
 public:
  explicit Script(Settings settings = {}, bool knows_coordinator = true);

  // The effects of one command, as text. The log's identity stands as `A`.
  std::vector<std::string> run(const std::string& command);

  // Runs every line, gives the effects of the last one.
  std::vector<std::string> run_all(const std::string& commands);

  BranchTable& table() { return *table_; }
  Time now() const { return now_; }
  const std::map<TransactionId, BranchRow>& rows() const { return rows_; }

 private:
  std::vector<std::string> step(const Event& event);
  SchemaChange apply_schema(const std::string& version, const std::string& failure, bool was_applied_before);
  void write_to_disk();
  void restart();

  Settings settings_;
  Time now_{};
  std::unique_ptr<BranchTable> table_;
  std::vector<JournalOperation> ordered_;  // the last WriteJournal, not on disk
  bool is_schema_ordered_ = false;
  std::uint64_t start_number_ = 0;
  std::uint64_t position_ = 0;
  std::map<TransactionId, BranchRow> rows_;
  std::map<LogIdentity, SeenCoordinator> coordinators_;
};

}  // namespace assent::participant
