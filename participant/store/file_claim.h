// FileClaim: this process, and no other participant, writes the store's file. Readers are not hindered.
//
// The claim is a lock (flock) on `FILE.assent-lock`, which lives as long as the process. The file's first line holds
// the process number, for the message that a second participant gets, and one letter: `w` while a journal transaction
// is being written, else `-`. Who finds `w` knows that a write, or its force, may have failed, and that what it reads
// may be in the page cache only. The letter itself needs no force: if the page cache is lost, so is what it warns of.
//
// A second line, if there is one, is a note to the next opening:
//
//     at rest 12288 1769860800 123456789   the store was closed, and its file left with this size and time (FileAtRest)
//     foreign write: noticed 2026-01-…     another program has written to the store, which has yet to keep that
//
// Notes are forced. The first kind goes before the store writes: else the file as it is would be taken for changed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "participant/store/file_at_rest.h"

namespace assent::participant {

class FileClaim {
 public:
  // Throws ResultError: kConflict if another participant has the claim, kIo if the lock file cannot be written.
  explicit FileClaim(const std::string& store_path);
  // REQUIRES: the store's connection is closed. Writes the note of leave_at_rest(), if it can be written.
  ~FileClaim();
  FileClaim(const FileClaim&) = delete;
  FileClaim& operator=(const FileClaim&) = delete;

  // Whoever had the claim before ended within a journal transaction, or after one that failed.
  bool was_writing() const { return was_writing_; }

  void mark_writing();
  void mark_written();

  // What the notes say; nothing, or empty, if there is none.
  const std::optional<FileAtRest>& at_rest() const { return at_rest_; }
  const std::string& foreign_write() const { return foreign_write_; }

  // Throws ResultError: kIo. A note of a foreign write that is there already stays.
  void note_foreign_write(const std::string& sentence);
  // Throws ResultError: kIo.
  void forget_notes();

  // When the claim ends, the file is forced, and the note written.
  void leave_at_rest(const FileAtRest& rest) { leaving_ = rest; }

 private:
  void read_note(std::string_view note);
  void write_content(char letter);
  void write_note(const std::string& note);
  [[noreturn]] void fail_to_write(bool is_partial) const;

  std::string store_path_;
  std::string path_;
  int descriptor_ = -1;
  bool was_writing_ = false;
  bool has_note_ = false;
  std::optional<FileAtRest> at_rest_;
  std::string foreign_write_;
  std::optional<FileAtRest> leaving_;
};

}  // namespace assent::participant
