// WalBuffer: what one connection writes to its write-ahead log, gathered into few writes, and kept, to be read from
// memory. Each call of SQLite for the log's file comes here.
//
//   offset in the file   0          kept_.begin     pending_.begin   end of both       kCapacity
//                        |----------|===============|................|-----------------|---- - -
//                          not ours   in the file     in memory only   not there yet     straight to the file
//
// SQLite writes each frame in two pieces, and reads frames back at almost every rollback and at each checkpoint.
//
// Why a write may wait (wal.c of SQLite 3.40.1, https://www.sqlite.org/walformat.html): nobody reads a frame but those
// that the header of the log's index counts, or, to build the index anew, under the write lock. Only the holder of the
// write lock writes frames. It counts them behind the COMMIT's force: before the force, they are handed on. Frames that
// are written earlier, as its cache spills in the middle of a transaction, are read by itself only, and from memory;
// they are handed on by the same force, or were rolled back.
//
//   W1  Nothing is pending in a force: what was written before it is handed on first, or the force fails.
//   W2  Nothing is pending when the header of the index changes, forced or not: SQLite calls xShmBarrier between the
//       two copies of the header, and nobody believes it before both are alike. With synchronous = FULL, as a store has
//       it, W1 has seen to that.
//   W3  Nothing is pending without the write lock. What still is when it is let go was rolled back.
//   W4  Once something could not be handed on, every write and every force fails until the write lock is let go: a
//       transaction of which something is missing cannot be committed.
//
// Why a read may be served from memory: the bytes were written by this connection, and another program can change none
// that SQLite reads unless it changes the header of the index.
//
//   M1  Without the write lock, memory serves only while both copies of the header are as this connection left them
//       when it last let go of that lock. Whoever commits, begins the log anew or empties it changes them.
//   M2  Taking the write lock with another header there forgets everything.
//   M3  After a write, a force or a truncation that failed, memory does not serve until the store is opened again.
//   M4  What SQLite would see in what it reads back, it does not see now: that the log was cut short or replaced under
//       an open store, without SQLite. So each transaction looks whether the log is still as long, and begins as it did
//       if that is kept, before it writes.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <memory>

#include "participant/store/store.h"

namespace assent::participant {

class WalBuffer {
 public:
  // Twice what a log of usual pages, of 4 KiB, grows to (SqliteStoreOptions::checkpoint_pages) unless readers keep it
  // from beginning anew. The system gives memory as it is first written to.
  static constexpr sqlite3_int64 kCapacity = sqlite3_int64{8} << 20;
  // No more is handed on at once: SQLite never writes more than its largest page, and its VFS for Unix fails beyond
  // 128 kB (seekAndWriteFd() in os_unix.c).
  static constexpr sqlite3_int64 kMostPending = sqlite3_int64{64} << 10;

  // The counters are of what is asked of the file.
  explicit WalBuffer(DiskCounters& counters);

  // ---- the log's file: methods of sqlite3_io_methods, which return SQLite's codes ----

  bool is_open() const { return file_ != nullptr; }
  // REQUIRES: it is not open, and the file is until it is closed.
  void open(sqlite3_file* file);
  void close();

  int read(void* bytes, int size, sqlite3_int64 offset);
  int write(const void* bytes, int size, sqlite3_int64 offset);
  int sync(int flags);
  int truncate(sqlite3_int64 size);
  // Writes what is pending. Before anything else that asks something of the file.
  int hand_on();

  // ---- the log's index ----

  // Its first region, or null: it is mapped no more.
  void map_index(const volatile void* region);
  void on_locked();       // the write lock has been taken
  void before_unlock();   // … and will be let go
  void before_publish();  // the header may be changed next

 private:
  struct Range {
    sqlite3_int64 begin = 0;
    sqlite3_int64 end = 0;

    sqlite3_int64 size() const { return end - begin; }
    bool is_empty() const { return begin == end; }
    bool contains(const Range& other) const { return begin <= other.begin && other.end <= end; }
    bool touches(const Range& other) const { return begin <= other.end && other.begin <= end; }
    bool overlaps(const Range& other) const { return begin < other.end && other.begin < end; }
    Range with(const Range& other) const;  // and what lies between them
  };
  // Two copies of 48 bytes (https://www.sqlite.org/walformat.html#the_wal_index_header).
  using IndexHeader = std::array<char, 96>;

  bool is_index_as_left() const;
  bool serves() const { return !is_off_ && (is_locked_ || is_index_as_left()); }
  int look_at_file(sqlite3_int64 offset);
  int write_file(const void* bytes, int size, sqlite3_int64 offset);
  int fail(int code);

  DiskCounters& counters_;
  const std::unique_ptr<char[]> memory_;  // a byte stands where it does in the file
  sqlite3_file* file_ = nullptr;
  Range kept_;
  Range pending_;  // a part of kept_
  int failure_ = SQLITE_OK;
  bool is_off_ = false;                // memory does not serve
  bool is_locked_ = false;             // by this connection, to write
  bool is_looked_at_ = false;          // M4
  bool is_published_in_vain_ = false;  // the index counts frames that could not be written
  const volatile void* index_ = nullptr;
  bool has_left_ = false;
  IndexHeader left_{};
};

}  // namespace assent::participant
