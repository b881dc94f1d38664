// FileClaim: this process, and no other participant, writes the store's file. Readers are not hindered.
//
// The claim is a lock (flock) on `FILE.assent-lock`, which lives as long as the process. The file holds the process
// number, for the message that a second participant gets, and one letter: `w` while a journal transaction is being
// written, else `-`. Who finds `w` knows that a write, or its force, may have failed, and that what it reads may be in
// the page cache only. The letter itself needs no force: if the page cache is lost, so is what it warns of.
#pragma once

#include <memory>
#include <string>

namespace assent::participant {

class FileClaim {
 public:
  // Throws ResultError: kConflict if another participant has the claim, kIo if the lock file cannot be written.
  explicit FileClaim(const std::string& store_path);
  ~FileClaim();
  FileClaim(const FileClaim&) = delete;
  FileClaim& operator=(const FileClaim&) = delete;

  // Whoever had the claim before ended within a journal transaction, or after one that failed.
  bool was_writing() const { return was_writing_; }

  void mark_writing();
  void mark_written();

 private:
  void write_content(char letter);

  std::string path_;
  int descriptor_ = -1;
  bool was_writing_ = false;
};

}  // namespace assent::participant
