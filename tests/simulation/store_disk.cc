#include "tests/simulation/store_disk.h"

#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "participant/store/journal_tables.h"
#include "participant/store/sqlite_store.h"
#include "tests/simulation/store_vfs.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

using namespace participant;

namespace {

constexpr const char* kName = "store.db";

SqliteStoreOptions options() {
  SqliteStoreOptions options;
  options.limits.time = std::chrono::hours(1);  // of the real clock
  options.reserve_bytes = 0;
  options.clock = [] { return std::string("2024-01-01T00:00:00Z"); };
  return options;
}

// Made once by the real store on the real system, and then copied.
Disk::Bytes make_file(StoreIdentity identity, const Accounts& accounts) {
  auto creating = options();
  creating.create = identity;
  creating.schema =
      "CREATE TABLE accounts(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
      "CREATE TABLE links(id INTEGER PRIMARY KEY, "
      "account INTEGER NOT NULL REFERENCES accounts(id) DEFERRABLE INITIALLY DEFERRED, code INTEGER UNIQUE);"
      "CREATE TABLE lists(id INTEGER PRIMARY KEY, items TEXT NOT NULL)";
  for (const auto& [id, balance] : accounts) {
    *creating.schema += ";INSERT INTO accounts VALUES (" + std::to_string(id) + ", " + std::to_string(balance) + ")";
  }
  for (AccountId list = 0; list < kLists; ++list) {
    *creating.schema += ";INSERT INTO lists VALUES (" + std::to_string(kFirstList + list) + ", '')";
  }
  const TemporaryFolder folder;
  open_sqlite_store(folder.file(kName), creating).value();
  std::ifstream file(folder.file(kName), std::ios::binary);
  Disk::Bytes bytes;
  for (std::istreambuf_iterator<char> next(file), end; next != end; ++next) bytes.push_back(std::byte(*next));
  return bytes;
}

}  // namespace

StoreDisk::StoreDisk() {
  std::ofstream(folder_.file(kName)).flush();  // what is asked of the file's name, not of SQLite
  StoreVfs::instance().mount(folder_.path().string(), disk_);
}

StoreDisk::StoreDisk(StoreIdentity identity, const Accounts& accounts, bool proves) : StoreDisk() {
  proves_ = proves;
  static std::map<std::pair<StoreIdentity, Accounts>, Disk::Bytes> made;
  auto& bytes = made[{identity, accounts}];
  if (bytes.empty()) bytes = make_file(identity, accounts);
  disk_.put(kName, bytes);
}

StoreDisk::StoreDisk(const Disk& files) : StoreDisk() {
  disk_ = files;
}

StoreDisk::~StoreDisk() {
  stop_reading();
  StoreVfs::instance().unmount(folder_.path().string());
}

Result<std::unique_ptr<Store>> StoreDisk::open() {
  auto opening = options();
  opening.validate_replay = proves_;
  opening.checkpoint_pages = 20;
  opening.reserve_bytes = 1;
  opening.free_bytes = [this](const std::string&) -> std::uint64_t { return is_short_of_space_ ? 0 : 1; };
  opening.force_names = [this](const std::string& path) {
    if (disk_.sync()) throw ResultError({ErrorKind::kIo, path + ": the names beside it cannot be forced"});
  };
  return open_sqlite_store(folder_.file(kName), opening);
}

StoreImage StoreDisk::read() {
  if (!reader_) reader_ = std::make_unique<Connection>(folder_.file(kName), SQLITE_OPEN_READONLY);
  reader_->query("BEGIN").run();
  StoreImage image;
  {
    Query accounts = reader_->query("SELECT id, balance FROM accounts");
    while (accounts.step()) image.accounts[accounts.integer(0)] = accounts.integer(1);
    Query lists = reader_->query("SELECT id, items FROM lists");
    while (lists.step()) image.lists[lists.integer(0)] = lists.text(1);
    Query links = reader_->query("SELECT id FROM links WHERE code IS NULL");
    while (links.step()) image.links.insert(links.integer(0));
    Query codes = reader_->query("SELECT code, id FROM links WHERE code IS NOT NULL");
    while (codes.step()) image.codes[codes.integer(0)] = codes.integer(1);
    if (reader_->query("PRAGMA foreign_key_check").step()) throw Violation("R8: a link refers to no account");
  }
  auto kept = JournalTables::read(*reader_);
  reader_->query("COMMIT").run();
  image.identity = kept.identity;
  image.start_number = kept.start_number;
  image.position = kept.position;
  for (auto& row : kept.rows) image.rows.emplace(row.id, std::move(row));
  for (auto& seen : kept.coordinators) image.coordinators.emplace(seen.line.log, std::move(seen));
  return image;
}

}  // namespace assent::simulation
