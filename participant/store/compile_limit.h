// CompileLimit: the memory that SQLite may take to compile one statement, and by that the time.
//
// While it compiles, SQLite 3.40 looks at no deadline: the progress handler is called when statements run. It copies a
// common table expression, or a sub-select, for each use, and what a sub-select computes into each place that names it;
// so every level of a short text multiplies all levels below it. 300 bytes can ask for gigabytes and many seconds. No
// category of sqlite3_limit() counts copies: depth, columns and terms of FROM stay small, and LIMIT_VDBE_OP counts the
// program, which comes last. But each copy is allocated, so a limit to what is allocated ends all of it: 16 MiB are
// taken in less than a tenth of a second. A long text that is harmless takes up to 200 bytes for each of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace assent::participant {

// What this thread lets SQLite allocate while it lives. What would go beyond fails with SQLITE_NOMEM.
class CompileLimit {
 public:
  explicit CompileLimit(std::size_t sql_bytes);
  ~CompileLimit();
  CompileLimit(const CompileLimit&) = delete;
  CompileLimit& operator=(const CompileLimit&) = delete;

  bool was_reached() const { return was_reached_; }

  // Why a statement that reached it is refused, and what to do.
  std::string refusal() const;

  // Of SQLite's allocations on this thread, by the functions that it allocates with.
  bool has_room(std::int64_t bytes);
  void add(std::int64_t bytes) { taken_ += bytes; }

 private:
  std::int64_t most_;
  std::int64_t taken_ = 0;  // less what was freed
  bool was_reached_ = false;
};

}  // namespace assent::participant
