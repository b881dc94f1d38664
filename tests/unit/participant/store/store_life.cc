#include "tests/unit/participant/store/store_life.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace assent::participant {

namespace {

using Told = StoreLife::Told;

SqliteStoreOptions options() {
  SqliteStoreOptions options;
  options.reserve_bytes = 0;
  options.validate_replay = true;
  options.limits.time = std::chrono::minutes(10);
  options.clock = [] { return std::string("2026-01-31T12:00:00Z"); };
  return options;
}

bool is_same(const Execution& one, const Execution& other) {
  return one.results == other.results && one.failure == other.failure && one.changes == other.changes &&
         one.locks == other.locks && one.needs_last_run == other.needs_last_run;
}

// The only failures that a fault may make of a statement.
bool is_of_the_fault(const AbortCause& failure) {
  const int code = failure.sqlite_extended_code & kPrimaryCode;
  return failure.reason == AbortReason::kStatementFailed && (code == SQLITE_NOMEM || code == SQLITE_FULL);
}

bool is_of_the_fault(const std::string& schema_failure) {
  const auto names = [&](const char* fault) {
    return schema_failure.find(std::string("the schema cannot be applied: ") + fault) != std::string::npos;
  };
  return names("out of memory") || names("database or disk is full");
}

bool was_left_at_rest(const std::string& path) {
  std::ifstream file(path + ".assent-lock");
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  return content.find("at rest ") != std::string::npos;
}

}  // namespace

std::vector<Rows> image_of(const std::string& path) {
  std::vector<Rows> image = {read_outside(path, "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")};
  for (const auto& row : read_outside(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")) {
    const auto& table = std::get<std::string>(row.at(0));
    image.push_back(table == "assent_store" ? read_outside(path, "SELECT format, identity FROM assent_store")
                                            : read_outside(path, "SELECT * FROM " + table + " ORDER BY 1, 2"));
  }
  EXPECT_EQ(read_outside(path, "PRAGMA integrity_check"), (Rows{{"ok"}}));
  EXPECT_EQ(read_outside(path, "PRAGMA foreign_key_check"), (Rows{}));
  return image;
}

bool StoreLife::has_failed(const Error& error) {
  EXPECT_EQ(error.kind, ErrorKind::kIo) << "a fault is nothing else: " << error.message;
  failed_ = true;
  return false;
}

bool StoreLife::open() {
  auto opened = open_sqlite_store(path_, options());
  if (!opened) {
    return has_failed(opened.error());
  }
  store_ = std::move(*opened);
  failed_ = false;
  EXPECT_TRUE(!store_->foreign_write().empty() || !must_notice_);
  EXPECT_TRUE(store_->foreign_write().empty() || may_notice_) << store_->foreign_write();
  return true;
}

void StoreLife::close() {
  store_.reset();
}

void StoreLife::expect_unavailable() {
  if (store_ == nullptr || !failed_) {
    return;
  }
  const std::vector<Statement> statements = {statement("SELECT 1")};
  const auto executed = store_->execute({.id = {}, .before = {}, .statements = statements});
  const auto journaled = store_->journal({});
  const auto applied = store_->apply_schema("SELECT 1");
  const auto ended = store_->end_executions();
  EXPECT_TRUE(!executed && !journaled && !applied && !ended);
  EXPECT_TRUE(executed || executed.error().kind == ErrorKind::kUnavailable);
  EXPECT_TRUE(journaled || journaled.error().kind == ErrorKind::kUnavailable);
  EXPECT_TRUE(applied || applied.error().kind == ErrorKind::kUnavailable);
  EXPECT_TRUE(ended || ended.error().kind == ErrorKind::kUnavailable);
}

Told StoreLife::tell(const Chapter& chapter, const ChapterRecord* record) {
  answers_.clear();
  std::vector<JournalOperation> operations;
  switch (chapter.kind) {
    case Chapter::Kind::kCreate: {
      SqliteStoreOptions creation = options();
      creation.create = kIdentity;
      creation.schema = chapter.text;
      auto created = open_sqlite_store(path_, creation);
      if (!created) {
        if (!is_of_the_fault(created.error().message)) {
          has_failed(created.error());
        }
        return Told::kAllOrNothing;
      }
      store_ = std::move(*created);
      return Told::kDone;
    }
    case Chapter::Kind::kReopen: close(); return open() ? Told::kDone : Told::kNothingDone;
    case Chapter::Kind::kAbandon: return run_all(chapter, record, operations);
    case Chapter::Kind::kPrepare:
      if (const Told told = run_all(chapter, record, operations); told != Told::kDone) {
        return told;
      }
      return journal(operations);
    case Chapter::Kind::kCommit:
      return journal({PutCoordinator{{.line = {.log = LogIdentity{0xabc},
                                               .epoch = Epoch{3},
                                               .nonce = {},
                                               .durable = Position{chapter.branch}},
                                      .released = {}}},
                      apply_branch(chapter.branch)});
    case Chapter::Kind::kErase: return journal({DeleteBranch{transaction(chapter.branch)}});
    case Chapter::Kind::kSchema: return apply(chapter.text);
    case Chapter::Kind::kForeignWrite:
      close();
      write_outside_while_closed(chapter.text);
      return open() ? Told::kDone : Told::kAllOrNothing;
    case Chapter::Kind::kAcknowledge: {
      const Told told = journal({AcknowledgeWrite{}});
      must_notice_ = false;
      may_notice_ = told != Told::kDone;
      EXPECT_TRUE(may_notice_ || store_->foreign_write().empty());
      return told;
    }
  }
  return Told::kDone;
}

Told StoreLife::run_all(const Chapter& chapter, const ChapterRecord* record, std::vector<JournalOperation>& prepared) {
  std::map<std::uint64_t, std::pair<Changes, Locks>> branches;
  for (const StoryRun& run : chapter.runs) {
    auto& [changes, locks] = branches[run.branch];
    auto executed = store_->execute(
        {.id = transaction(run.branch), .before = changes, .statements = run.statements, .is_last = run.is_last});
    if (!executed) {
      has_failed(executed.error());
      return Told::kNothingDone;
    }
    if (record != nullptr && !is_same(*executed, record->answers.at(answers_.size()))) {
      EXPECT_TRUE(is_of_the_fault(executed->failure))
          << "branch " << run.branch << " was answered otherwise: " << executed->failure.detail;
      return Told::kNothingDone;
    }
    changes.bytes += executed->changes.bytes;
    changes.rows += executed->changes.rows;
    locks.insert(locks.end(), executed->locks.begin(), executed->locks.end());
    if (run.is_last) {
      prepared.emplace_back(PutPrepared{prepared_row(run.branch, changes, locks)});
    }
    answers_.push_back(std::move(*executed));
  }
  return Told::kDone;
}

Told StoreLife::journal(const std::vector<JournalOperation>& operations) {
  const auto position = store_->journal(operations);
  if (!position) {
    has_failed(position.error());
    return Told::kAllOrNothing;
  }
  return Told::kDone;
}

Told StoreLife::apply(const std::string& schema) {
  const auto change = store_->apply_schema(schema);
  if (!change) {
    has_failed(change.error());
    return Told::kAllOrNothing;
  }
  if (!change->failure.empty()) {
    EXPECT_TRUE(is_of_the_fault(change->failure)) << change->failure;
    return Told::kNothingDone;
  }
  return Told::kDone;
}

void StoreLife::write_outside_while_closed(const std::string& sql) {
  must_notice_ = was_left_at_rest(path_);
  may_notice_ = true;
  without_faults([&] { write_outside(path_, sql); });
}

}  // namespace assent::participant
