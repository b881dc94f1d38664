// JournalTables: the rows of `assent_store`, `assent_branches` and `assent_coordinators`, beside the user's tables in
// the same file. README.md has their columns. (schema_change writes those of `assent_schema`.)
//
// Everything here runs within a transaction that the caller began, and throws ResultError: kCorrupt names the table,
// the row and the column that cannot be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "participant/core/journal.h"
#include "participant/store/connection.h"
#include "participant/store/replay.h"

namespace assent::participant {

inline constexpr std::int64_t kStoreFormat = 3;

class JournalTables {
 public:
  JournalTables(Connection& connection, Replay& replay) : connection_(connection), replay_(replay) {}

  // Of a new store.
  static void create(Connection& connection, StoreIdentity identity);

  // Throws kInvalidInput if the file is not a store's, kWrongVersion if its format is another.
  static void check_format(Connection& connection);

  // Everything that is kept.
  static RecoveredStore read(Connection& connection);

  // One that is prepared, if any is.
  static std::optional<std::string> prepared_branch(Connection& connection);

  // What another program did that no operator has acknowledged; empty: nothing.
  std::string foreign_write();
  void keep_foreign_write(const std::string& sentence);

  // Counts the opening, and returns the new start number.
  std::uint64_t raise_start_number();

  // Counts the journal transaction, and raises the position or leaves it, on from what the file said at first. SQLite
  // writes no page that has not changed. So that each transaction writes this one, there is a number that always grows:
  // if a part of the log is lost whose pages are in the file already, an old position is among the old pages over new.
  StorePosition write_position(bool raises);

  void perform(const JournalOperation& operation);

 private:
  [[noreturn]] void lost_its_row() const;
  void put(const BranchRow& row);
  void apply(const ApplyBranch& operation);
  void mark(const MarkBranch& operation);
  std::optional<Changes> take_prepared(const TransactionId& id);  // nothing if it is not kept
  Changes read_prepared(const TransactionId& id);
  void end(const TransactionId& id, bool from_prepared, RowState state, Position commit, const std::string& reason);
  [[noreturn]] void lacks(const TransactionId& id, bool prepared) const;
  void erase(const TransactionId& id);
  void put(const SeenCoordinator& seen);

  Connection& connection_;
  Replay& replay_;
  std::optional<std::uint64_t> position_;
  // What branches will change that this opening has prepared and that are still prepared, up to a limit of bytes: most
  // are applied soon, and need not be read from their rows again.
  std::unordered_map<TransactionId, Changes> prepared_;
  std::size_t prepared_bytes_ = 0;
};

}  // namespace assent::participant
