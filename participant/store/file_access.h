// Who may read a store's files besides its participant. Nobody else may write them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace assent::participant {

struct FileAccess {
  std::optional<mode_t> mode = {};  // nothing: new files are their owner's only, others stay as they are
  std::optional<gid_t> group = {};  // nothing: the process's, for new files
};

// Of the database file, and of its log and shared memory if they are there. SQLite gives new ones the mode of the
// database file, but not always its group. By path: closing a descriptor would let go of SQLite's own locks.
// Throws ResultError: kIo, naming the file.
void give_access(const std::string& store_path, const FileAccess& access);

}  // namespace assent::participant
