// StoreDisk: a simulated disk with the file of one SQLite store, and what another program reads in it.
//
//   accounts(id, balance)      as of the ModelStore
//   lists(id, items)           of the markers of those who appended to it, each with a comma behind it
//   links(id, account, code)   refer to accounts, which only a commit checks; the codes are unique
//
// The claim on the file, and what a clean close notes beside it, are real files in memory: they are not part of what is
// simulated.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "participant/store/connection.h"
#include "participant/store/store.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/model_store.h"
#include "tests/unit/participant/store/temporary_folder.h"

namespace assent::simulation {

inline constexpr std::string_view kInsertLink = "INSERT INTO links (id, account, code) VALUES (?1, ?2, ?3)";
inline constexpr std::string_view kDeleteLink = "DELETE FROM links WHERE code = ?1";
inline constexpr std::string_view kAppend = "UPDATE lists SET items = items || ?2 || ',' WHERE id = ?1";
inline constexpr std::string_view kSelectItems = "SELECT items FROM lists WHERE id = ?1";

inline constexpr AccountId kFirstList = 100;  // above all accounts but the markers, as one name space is simpler
inline constexpr AccountId kLists = 2;

struct StoreImage : ModelImage {
  std::map<AccountId, std::string> lists;
  std::set<AccountId> links;                // those without a code, which nobody deletes
  std::map<std::int64_t, AccountId> codes;  // and who has each code

  friend bool operator==(const StoreImage&, const StoreImage&) = default;
};

// Of the files of a store.
struct OldCopy {
  Disk files;
  StorePosition position{};
  bool has_flipped_bit = false;  // to which what came later is lost
};

class StoreDisk {
 public:
  // With a new store on it. `proves`: each branch is applied once before its vote, as in builds for tests.
  StoreDisk(StoreIdentity identity, const Accounts& accounts, bool proves);
  // With copies of these files.
  explicit StoreDisk(const Disk& files);
  StoreDisk(const StoreDisk&) = delete;
  StoreDisk& operator=(const StoreDisk&) = delete;
  ~StoreDisk();

  Disk& disk() { return disk_; }
  // There is less room than what is kept in reserve.
  void set_short_of_space(bool is_short) { is_short_of_space_ = is_short; }

  Result<std::unique_ptr<participant::Store>> open();

  // What is committed. Throws a Violation if it breaks a rule of its schema. REQUIRES: a store is open on it.
  StoreImage read();
  // Whether no crash can take anything of it. REQUIRES: the last thing that was done is a journal transaction.
  bool is_durable() const { return disk_.is_durable("store.db-wal"); }
  // Before the last store on it is destroyed.
  void stop_reading() { reader_.reset(); }

 private:
  StoreDisk();

  participant::TemporaryFolder folder_;
  Disk disk_;
  bool proves_ = true;
  bool is_short_of_space_ = false;
  std::unique_ptr<participant::Connection> reader_;
};

}  // namespace assent::simulation
