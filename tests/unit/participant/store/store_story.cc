#include "tests/unit/participant/store/store_story.h"

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {

namespace {

// Values that lie on pages of their own, and so need memory to be read, begin with hex(zeroblob(…)).
constexpr const char* kFirstSchema = R"(
CREATE TABLE accounts(id INTEGER PRIMARY KEY, name TEXT UNIQUE, balance REAL CHECK (balance >= 0), note);
INSERT INTO accounts VALUES (1, 'ann', 100, 'short'), (2, 'bob', 50, hex(zeroblob(9000)) || 'b'), (3, 'cy', 7, NULL),
                            (4, 'dan', 1.5, zeroblob(20000)), (5, 'eve', 5, '');
CREATE TABLE history(n INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT, was, now);
CREATE TRIGGER changed AFTER UPDATE OF balance ON accounts BEGIN
  INSERT INTO history(account, was, now) VALUES (new.name, old.balance, new.balance);
END;
CREATE VIEW rich AS SELECT name, note FROM accounts WHERE balance > 40;
CREATE TABLE documents(owner TEXT COLLATE NOCASE, number INT, body, PRIMARY KEY (owner, number)) WITHOUT ROWID;
INSERT INTO documents VALUES ('Ann', 1, 'one'), ('Ann', 2, hex(zeroblob(6000)) || 'd'), ('Bob', 1, x'00ff');
CREATE TABLE parents(k TEXT PRIMARY KEY NOT NULL, v);
INSERT INTO parents VALUES ('p', 1), ('q', hex(zeroblob(3000)) || 'q'), ('r', 3);
CREATE TABLE children(id INTEGER PRIMARY KEY, parent TEXT REFERENCES parents ON DELETE CASCADE,
                      later TEXT REFERENCES parents DEFERRABLE INITIALLY DEFERRED, load);
INSERT INTO children VALUES (1, 'p', 'q', 'c'), (2, 'q', NULL, hex(zeroblob(4000)) || 'c'), (3, 'q', 'p', 3);
CREATE TABLE plain(a, b, s AS (a || '!') STORED);
INSERT INTO plain VALUES ('same', 1), ('same', 1), (hex(zeroblob(5000)) || 'p', 2);
CREATE TABLE nullable(k TEXT PRIMARY KEY, v);
INSERT INTO nullable VALUES (NULL, 1), ('k', hex(zeroblob(3000)) || 'n');
)";

constexpr const char* kSecondSchema = R"(
ALTER TABLE accounts ADD COLUMN kind TEXT DEFAULT 'plain';
CREATE INDEX by_note ON accounts(note);
UPDATE parents SET v = v || hex(zeroblob(2500)) WHERE k = 'p';
CREATE TABLE extra(id INTEGER PRIMARY KEY, v BLOB) STRICT;
)";

Statement read_all(const std::string& table) {
  return statement("SELECT * FROM " + table);
}

std::vector<Statement> read_everything() {
  return {read_all("accounts"), read_all("history"),  read_all("rich"),  read_all("documents"),
          read_all("parents"),  read_all("children"), read_all("plain"), read_all("nullable")};
}

std::string large(char letter) {
  constexpr std::size_t kLarge = std::size_t{64} << 10U;
  return std::string(kLarge, letter);
}

}  // namespace

std::vector<Chapter> store_story() {
  using Kind = Chapter::Kind;
  const StoryRun reads_and_writes = {
      .branch = 1,
      .statements = {statement("SELECT note, balance FROM accounts WHERE id = ?1", {std::int64_t{2}}),
                     statement("SELECT body FROM documents WHERE owner = ?1 AND number = 2", {"ann"}),
                     statement("SELECT zeroblob(70000), upper(note) FROM accounts WHERE name = 'bob'"),
                     statement("UPDATE accounts SET balance = balance - 10 WHERE id = ?1", {std::int64_t{1}}),
                     statement("INSERT INTO accounts(name, balance, note) VALUES (?1, 9, ?2)", {"fay", large('f')}),
                     statement("DELETE FROM accounts WHERE id = 4")}};
  const StoryRun goes_on = {
      .branch = 1,
      .statements = {statement("INSERT INTO plain VALUES (?1, 3), (zeroblob(6000), ?2)", {blob(large('x')), nullptr}),
                     statement("UPDATE plain SET b = 10 WHERE b = 2"),
                     statement("SELECT a, b FROM plain WHERE rowid > 2")}};
  const StoryRun documents = {
      .branch = 2,
      .statements = {statement("UPDATE documents SET body = body || ?1 WHERE owner = 'ANN'", {large('2')}),
                     statement("REPLACE INTO documents VALUES ('bob', 1, 'replaced'), ('cy', 1, '')"),
                     statement("UPDATE nullable SET v = v || 'z'"), statement("SELECT * FROM nullable")}};
  const StoryRun family = {
      .branch = 3,
      .statements = {statement("INSERT INTO children VALUES (9, 'r', 'late', ?1)", {large('9')}),
                     statement("INSERT INTO parents VALUES ('late', 0)"),
                     statement("DELETE FROM parents WHERE k = 'q'"), statement("SELECT count(*) FROM children")}};
  const StoryRun fails = {.branch = 4,
                          .statements = {statement("UPDATE accounts SET note = ?1 WHERE id = 3", {large('4')}),
                                         statement("UPDATE accounts SET balance = balance - 60 WHERE id < 3")}};
  const StoryRun later = {
      .branch = 5,
      .statements = {statement("UPDATE accounts SET balance = balance + 1, note = note || kind"),
                     statement("DELETE FROM documents WHERE owner = 'ann' AND number = 2"),
                     statement("DELETE FROM parents WHERE k = 'r'"), statement("DELETE FROM plain WHERE b > 2"),
                     statement("DELETE FROM nullable WHERE k IS NULL OR k = 'k'"),
                     statement("INSERT INTO extra SELECT id, CAST(load AS BLOB) FROM children")}};
  const auto last = [](std::uint64_t branch) { return StoryRun{.branch = branch, .statements = {}, .is_last = true}; };
  return {
      {.kind = Kind::kCreate, .text = kFirstSchema},
      {.kind = Kind::kReopen},
      {.kind = Kind::kPrepare, .runs = {reads_and_writes, goes_on, last(1)}},
      {.kind = Kind::kCommit, .branch = 1},
      {.kind = Kind::kPrepare, .runs = {documents, family, last(2), last(3)}},
      {.kind = Kind::kReopen},
      {.kind = Kind::kCommit, .branch = 2},
      {.kind = Kind::kErase, .branch = 3},
      {.kind = Kind::kErase, .branch = 1},
      {.kind = Kind::kAbandon, .runs = {fails, {.branch = 6, .statements = read_everything()}}},
      {.kind = Kind::kSchema, .text = kSecondSchema},
      {.kind = Kind::kPrepare, .runs = {later, last(5)}},
      {.kind = Kind::kReopen},
      {.kind = Kind::kCommit, .branch = 5},
      {.kind = Kind::kForeignWrite,
       .text = "UPDATE nullable SET v = 'written outside'; INSERT INTO nullable VALUES ('o', 1)"},
      {.kind = Kind::kAcknowledge},
      {.kind = Kind::kAbandon, .runs = {{.branch = 6, .statements = read_everything()}}},
  };
}

}  // namespace assent::participant
