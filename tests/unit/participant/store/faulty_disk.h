// FaultyDisk: lets the N-th write, force or shrinking of a file that SQLite asks for fail.
//
// While one exists, every connection that is opened goes through it: an SQLite VFS around the real one.
#pragma once

namespace assent::participant {

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The `operation`-th from now fails, counted from 1, and with `for_good` all behind it too.
  void fail_at(int operation, bool for_good);
  void heal();

  bool has_failed() const;
};

}  // namespace assent::participant
