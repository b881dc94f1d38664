#include "participant/store/journal_tables.h"

#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <utility>

#include "participant/store/encoding.h"

namespace assent::participant {

namespace {

constexpr const char* kTables = R"(
CREATE TABLE assent_store(
  format         INTEGER NOT NULL,
  identity       TEXT    NOT NULL,
  start_number   INTEGER NOT NULL,
  position       INTEGER NOT NULL,
  journal_number INTEGER NOT NULL,
  foreign_write  TEXT    NOT NULL
);
CREATE TABLE assent_schema(
  version    INTEGER PRIMARY KEY,
  applied_at TEXT    NOT NULL,
  text       TEXT    NOT NULL
);
CREATE TABLE assent_branches(
  id                  TEXT    PRIMARY KEY,
  branch_start        INTEGER NOT NULL,
  branch_counter      INTEGER NOT NULL,
  state               TEXT    NOT NULL,
  begin_stamp         INTEGER NOT NULL,
  coordinator_address TEXT    NOT NULL,
  statement_count     INTEGER NOT NULL,
  stores              BLOB    NOT NULL,
  changed_rows        INTEGER NOT NULL,
  changes             BLOB    NOT NULL,
  locks               BLOB    NOT NULL,
  commit_position     INTEGER NOT NULL,
  reason              TEXT    NOT NULL
) WITHOUT ROWID;
CREATE TABLE assent_coordinators(
  log              TEXT    PRIMARY KEY,
  epoch            INTEGER NOT NULL,
  nonce            TEXT    NOT NULL,
  durable          INTEGER NOT NULL,
  released_through INTEGER NOT NULL,
  released_except  BLOB    NOT NULL
) WITHOUT ROWID;
)";

constexpr std::size_t kMostPreparedBytes = 1U << 20U;

constexpr std::array<std::pair<RowState, std::string_view>, 4> kStates = {
    {{RowState::kPrepared, "prepared"},
     {RowState::kCommitted, "committed"},
     {RowState::kResolvedCommit, "resolved commit"},
     {RowState::kResolvedAbort, "resolved abort"}}};

std::string_view name_of(RowState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) {
      return name;
    }
  }
  return {};
}

// A row that is being read: every column has a type and a form, and anything else is corruption.
class RowReader {
 public:
  RowReader(const Query& query, const Connection& connection, std::string table)
      : query_(query), connection_(connection), where_(std::move(table)) {}

  void name_row(std::string_view key) { where_ += " row `" + std::string(key) + "`"; }

  [[noreturn]] void fail(std::string_view column) const {
    throw ResultError({ErrorKind::kCorrupt, connection_.path() + ": " + where_ + ", column " + std::string(column) +
                                                ": cannot be read; keep the file as evidence and restore the store "
                                                "from a backup"});
  }

  std::string text(int column, std::string_view name) const { return bytes(column, name, SQLITE_TEXT); }
  std::string blob(int column, std::string_view name) const { return bytes(column, name, SQLITE_BLOB); }

  std::uint64_t number(int column, std::string_view name) const {
    if (query_.type(column) != SQLITE_INTEGER) {
      fail(name);
    }
    return query_.number(column);
  }

  std::uint64_t hex(int column, std::string_view name) const {
    const std::string digits = text(column, name);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || to_hex(value) != digits) {
      fail(name);
    }
    return value;
  }

  // `read` takes what it wants; all of the blob must be of its form.
  void decode(int column, std::string_view name, const std::function<void(Decoder&)>& read) const {
    const std::string bytes = blob(column, name);
    Decoder decoder(bytes);
    while (decoder.is_intact() && !decoder.at_end()) {
      read(decoder);
    }
    if (!decoder.is_intact()) {
      fail(name);
    }
  }

 private:
  std::string bytes(int column, std::string_view name, int type) const {
    if (query_.type(column) != type) {
      fail(name);
    }
    return query_.text(column);
  }

  const Query& query_;
  const Connection& connection_;
  std::string where_;
};

BranchRow read_branch(const Query& query, const Connection& connection) {
  RowReader reader(query, connection, "assent_branches");
  const std::string id_text = reader.text(0, "id");
  reader.name_row(id_text);
  const auto id = parse_transaction_id(id_text);
  if (!id) {
    reader.fail("id");
  }
  BranchRow row;
  row.id = *id;
  row.branch = {.start = reader.number(1, "branch_start"), .counter = reader.number(2, "branch_counter")};
  const std::string state = reader.text(3, "state");
  bool known = false;
  for (const auto& [candidate, name] : kStates) {
    if (name == state) {
      row.state = candidate;
      known = true;
    }
  }
  if (!known) {
    reader.fail("state");
  }
  row.begin_stamp = reader.number(4, "begin_stamp");
  row.coordinator_address = reader.text(5, "coordinator_address");
  const std::uint64_t statements = reader.number(6, "statement_count");
  if (statements > std::numeric_limits<std::uint32_t>::max()) {
    reader.fail("statement_count");
  }
  row.statement_count = static_cast<std::uint32_t>(statements);
  reader.decode(7, "stores", [&](Decoder& decoder) { row.stores.emplace_back(decoder.string()); });
  row.changes.rows = reader.number(8, "changed_rows");
  row.changes.bytes = reader.blob(9, "changes");
  try {
    read_changes(row.changes);
  } catch (const ResultError&) {
    reader.fail("changes");
  }
  reader.decode(10, "locks", [&](Decoder& decoder) {
    Lock lock;
    lock.name.table = decoder.string();
    lock.name.key = decoder.string();
    lock.mode = static_cast<LockMode>(decoder.byte());
    if (lock.mode != LockMode::kIntendShared && lock.mode != LockMode::kIntendExclusive &&
        lock.mode != LockMode::kShared && lock.mode != LockMode::kExclusive) {
      reader.fail("locks");
    }
    row.locks.push_back(std::move(lock));
  });
  row.commit = Position{reader.number(11, "commit_position")};
  row.reason = reader.text(12, "reason");
  return row;
}

SeenCoordinator read_coordinator(const Query& query, const Connection& connection) {
  RowReader reader(query, connection, "assent_coordinators");
  SeenCoordinator seen;
  seen.line.log = LogIdentity{reader.hex(0, "log")};
  reader.name_row(to_string(seen.line.log));
  seen.line.epoch = Epoch{reader.number(1, "epoch")};
  seen.line.nonce = Nonce{reader.hex(2, "nonce")};
  seen.line.durable = Position{reader.number(3, "durable")};
  seen.released.through = Position{reader.number(4, "released_through")};
  reader.decode(5, "released_except",
                [&](Decoder& decoder) { seen.released.except.push_back(Position{decoder.number()}); });
  return seen;
}

}  // namespace

void JournalTables::create(Connection& connection, StoreIdentity identity) {
  connection.run_once(kTables);
  const std::string name = to_string(identity);
  connection.query("INSERT INTO assent_store VALUES(?1, ?2, 0, 0, 0, '')")
      .bind(1, kStoreFormat)
      .bind(2, std::string_view(name))
      .run();
}

void JournalTables::check_format(Connection& connection) {
  {
    Query table = connection.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'assent_store'");
    if (!table.step()) {
      throw ResultError({ErrorKind::kInvalidInput, connection.path() +
                                                       ": is an SQLite database, but not an Assent store; create a "
                                                       "store under another name with --create and copy the data"});
    }
  }
  Query format = connection.query("SELECT format FROM assent_store");
  if (!format.step() || format.type(0) != SQLITE_INTEGER) {
    throw ResultError({ErrorKind::kCorrupt, connection.path() +
                                                ": assent_store, column format: cannot be read; keep the file as "
                                                "evidence and restore the store from a backup"});
  }
  if (format.integer(0) != kStoreFormat) {
    throw ResultError({ErrorKind::kWrongVersion, connection.path() + ": has the store format " +
                                                     std::to_string(format.integer(0)) +
                                                     ", this program reads format " + std::to_string(kStoreFormat) +
                                                     "; use the version of Assent that wrote it"});
  }
}

RecoveredStore JournalTables::read(Connection& connection) {
  RecoveredStore recovered;
  {
    Query query = connection.query("SELECT identity, start_number, position FROM assent_store");
    const bool found = query.step();
    const RowReader reader(query, connection, "assent_store");
    if (!found) {
      reader.fail("identity");
    }
    recovered.identity = StoreIdentity{reader.hex(0, "identity")};
    recovered.start_number = reader.number(1, "start_number");
    recovered.position = StorePosition{reader.number(2, "position")};
    if (query.step()) {
      reader.fail("identity");  // two rows: which one?
    }
  }
  Query branches = connection.query(
      "SELECT id, branch_start, branch_counter, state, begin_stamp, coordinator_address, statement_count, stores, "
      "changed_rows, changes, locks, commit_position, reason FROM assent_branches");
  while (branches.step()) {
    recovered.rows.push_back(read_branch(branches, connection));
  }
  Query coordinators =
      connection.query("SELECT log, epoch, nonce, durable, released_through, released_except FROM assent_coordinators");
  while (coordinators.step()) {
    recovered.coordinators.push_back(read_coordinator(coordinators, connection));
  }
  return recovered;
}

std::optional<std::string> JournalTables::prepared_branch(Connection& connection) {
  Query query = connection.query("SELECT id FROM assent_branches WHERE state = ?1");
  query.bind(1, name_of(RowState::kPrepared));
  return query.step() ? std::optional(query.text(0)) : std::nullopt;
}

std::string JournalTables::foreign_write() {
  Query query = connection_.query("SELECT foreign_write FROM assent_store");
  const bool found = query.step();
  const RowReader reader(query, connection_, "assent_store");
  return found ? reader.text(0, "foreign_write") : std::string();
}

void JournalTables::keep_foreign_write(const std::string& sentence) {
  connection_.query("UPDATE assent_store SET foreign_write = ?1").bind(1, std::string_view(sentence)).run();
}

std::uint64_t JournalTables::raise_start_number() {
  Query query = connection_.query("UPDATE assent_store SET start_number = start_number + 1 RETURNING start_number");
  if (!query.step()) lost_its_row();
  const std::uint64_t raised = query.number(0);
  query.run();
  return raised;
}

// Without RETURNING, which SQLite takes three times as long to compile.
StorePosition JournalTables::write_position(bool raises) {
  if (!position_) {
    Query query = connection_.query("SELECT position FROM assent_store");
    if (!query.step()) lost_its_row();
    position_ = query.number(0);
  }
  if (raises) ++*position_;
  connection_.query("UPDATE assent_store SET position = ?1, journal_number = journal_number + 1")
      .bind(1, *position_)
      .run();
  if (sqlite3_changes(connection_.handle()) != 1) lost_its_row();
  return StorePosition{*position_};
}

void JournalTables::lost_its_row() const {
  throw ResultError({ErrorKind::kCorrupt, connection_.path() + ": assent_store has lost its row; keep the file as "
                                                               "evidence and restore the store from a backup"});
}

void JournalTables::perform(const JournalOperation& operation) {
  if (const auto* prepared = std::get_if<PutPrepared>(&operation)) {
    put(prepared->row);
  } else if (const auto* applied = std::get_if<ApplyBranch>(&operation)) {
    apply(*applied);
  } else if (const auto* marked = std::get_if<MarkBranch>(&operation)) {
    mark(*marked);
  } else if (const auto* deleted = std::get_if<DeleteBranch>(&operation)) {
    erase(deleted->id);
  } else if (const auto* coordinator = std::get_if<PutCoordinator>(&operation)) {
    put(coordinator->seen);
  } else {
    keep_foreign_write("");
  }
}

void JournalTables::put(const BranchRow& row) {
  const std::size_t bytes = row.changes.bytes.size();
  if (prepared_bytes_ + bytes <= kMostPreparedBytes && prepared_.emplace(row.id, row.changes).second) {
    prepared_bytes_ += bytes;
  }
  const std::string id = to_string(row.id);
  std::string stores;
  for (const std::string& store : row.stores) {
    append_string(stores, store);
  }
  std::string locks;
  for (const Lock& lock : row.locks) {
    append_string(locks, lock.name.table);
    append_string(locks, lock.name.key);
    locks.push_back(static_cast<char>(lock.mode));
  }
  connection_.query("INSERT INTO assent_branches VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")
      .bind(1, std::string_view(id))
      .bind(2, row.branch.start)
      .bind(3, row.branch.counter)
      .bind(4, name_of(row.state))
      .bind(5, row.begin_stamp)
      .bind(6, std::string_view(row.coordinator_address))
      .bind(7, std::uint64_t{row.statement_count})
      .bind_blob(8, stores)
      .bind(9, row.changes.rows)
      .bind_blob(10, row.changes.bytes)
      .bind_blob(11, locks)
      .bind(12, static_cast<std::uint64_t>(row.commit))
      .bind(13, std::string_view(row.reason))
      .run();
}

void JournalTables::apply(const ApplyBranch& operation) {
  const std::optional<Changes> kept = take_prepared(operation.id);
  replay_.apply(kept ? *kept : read_prepared(operation.id));
  end(operation.id, /*from_prepared=*/true, operation.state, operation.commit, operation.reason);
}

void JournalTables::mark(const MarkBranch& operation) {
  take_prepared(operation.id);
  end(operation.id, /*from_prepared=*/false, operation.state, operation.commit, operation.reason);
}

std::optional<Changes> JournalTables::take_prepared(const TransactionId& id) {
  auto kept = prepared_.extract(id);
  if (kept.empty()) return std::nullopt;
  prepared_bytes_ -= kept.mapped().bytes.size();
  return std::move(kept.mapped());
}

Changes JournalTables::read_prepared(const TransactionId& id) {
  const std::string text = to_string(id);
  Query query = connection_.query("SELECT changed_rows, changes FROM assent_branches WHERE id = ?1 AND state = ?2");
  query.bind(1, std::string_view(text)).bind(2, name_of(RowState::kPrepared));
  if (!query.step()) lacks(id, /*prepared=*/true);
  return {.bytes = query.text(1), .rows = query.number(0)};
}

void JournalTables::end(const TransactionId& id, bool from_prepared, RowState state, Position commit,
                        const std::string& reason) {
  const std::string text = to_string(id);
  connection_
      .query(
          "UPDATE assent_branches SET state = ?2, commit_position = ?3, reason = ?4, changed_rows = 0, "
          "changes = x'', locks = x'' WHERE id = ?1 AND (?5 = 0 OR state = ?6)")
      .bind(1, std::string_view(text))
      .bind(2, name_of(state))
      .bind(3, static_cast<std::uint64_t>(commit))
      .bind(4, std::string_view(reason))
      .bind(5, std::int64_t{from_prepared})
      .bind(6, name_of(RowState::kPrepared))
      .run();
  if (sqlite3_changes(connection_.handle()) != 1) lacks(id, from_prepared);
}

void JournalTables::lacks(const TransactionId& id, bool prepared) const {
  throw ResultError({ErrorKind::kCorrupt, connection_.path() + ": branch " + to_string(id) + " has no " +
                                              (prepared ? "prepared row, which is to be applied," : "row") +
                                              " in assent_branches any more; keep the file as evidence"});
}

void JournalTables::erase(const TransactionId& id) {
  take_prepared(id);
  const std::string text = to_string(id);
  connection_.query("DELETE FROM assent_branches WHERE id = ?1").bind(1, std::string_view(text)).run();
  if (sqlite3_changes(connection_.handle()) != 1) lacks(id, /*prepared=*/false);
}

void JournalTables::put(const SeenCoordinator& seen) {
  const std::string log = to_string(seen.line.log);
  const std::string nonce = to_string(seen.line.nonce);
  std::string except;
  for (const Position position : seen.released.except) {
    append_number(except, static_cast<std::uint64_t>(position));
  }
  connection_.query("INSERT OR REPLACE INTO assent_coordinators VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(1, std::string_view(log))
      .bind(2, static_cast<std::uint64_t>(seen.line.epoch))
      .bind(3, std::string_view(nonce))
      .bind(4, static_cast<std::uint64_t>(seen.line.durable))
      .bind(5, static_cast<std::uint64_t>(seen.released.through))
      .bind_blob(6, except)
      .run();
}

}  // namespace assent::participant
