#include "participant/store/file_claim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "assent/result.h"

namespace assent::participant {

namespace {

constexpr char kWriting = 'w';
constexpr char kWritten = '-';
constexpr std::size_t kFirstLine = 14;
constexpr std::size_t kLockFileBytes = 4096;  // of the whole file
constexpr std::string_view kRestNote = "at rest ";
constexpr std::string_view kForeignNote = "foreign write: ";

std::string reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace

FileClaim::FileClaim(const std::string& store_path) : store_path_(store_path), path_(store_path + ".assent-lock") {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) {
    throw ResultError({ErrorKind::kIo, path_ + ": cannot open the lock file: " + reason(errno) +
                                           "; the participant must be able to write the store's folder"});
  }
  std::array<char, kLockFileBytes> content{};
  const ssize_t length = ::pread(descriptor_, content.data(), content.size(), 0);
  const std::string_view text(content.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(descriptor_);
    if (error != EWOULDBLOCK) {
      throw ResultError({ErrorKind::kIo, path_ + ": cannot lock it: " + reason(error)});
    }
    const std::string owner(text.substr(0, text.find_first_not_of("0123456789")));
    throw ResultError({ErrorKind::kConflict, store_path + ": another participant" +
                                                 (owner.empty() ? "" : " (process " + owner + ")") +
                                                 " serves this store; stop it first"});
  }
  // Read again: the former owner may have written between the read and the lock.
  content.fill(0);
  const ssize_t now = ::pread(descriptor_, content.data(), content.size(), 0);
  if (now < 0) {
    const int error = errno;
    ::close(descriptor_);
    throw ResultError({ErrorKind::kIo, path_ + ": cannot be read: " + reason(error) +
                                           "; it says whether the store was left in the middle of a write"});
  }
  const std::string_view left(content.data(), static_cast<std::size_t>(now));
  was_writing_ = left.substr(0, kFirstLine).find(kWriting) != std::string_view::npos;
  has_note_ = left.size() > kFirstLine;
  if (has_note_) read_note(left.substr(kFirstLine));
  try {
    write_content(was_writing_ ? kWriting : kWritten);
  } catch (const ResultError&) {
    ::close(descriptor_);  // there is no object yet whose end would let go of the claim
    throw;
  }
}

FileClaim::~FileClaim() {
  if (leaving_ && force_file(store_path_)) {
    try {
      write_note(std::string(kRestNote) + to_string(*leaving_));
    } catch (const ResultError&) {
      // Then nothing is known of how it was left, and nothing is noticed at the next opening.
    }
  }
  ::close(descriptor_);
}

// One that was cut off by a crash: half a time is none, and half a sentence still one.
void FileClaim::read_note(std::string_view note) {
  const std::size_t end = note.find('\n');
  const std::string_view line = note.substr(0, end);
  if (line.starts_with(kForeignNote)) {
    foreign_write_ = line.substr(kForeignNote.size());
  } else if (line.starts_with(kRestNote) && end != std::string_view::npos) {
    at_rest_ = parse_file_at_rest(line.substr(kRestNote.size()));
  }
}

void FileClaim::mark_writing() {
  write_content(kWriting);
}

void FileClaim::mark_written() {
  write_content(kWritten);
}

void FileClaim::note_foreign_write(const std::string& sentence) {
  if (!foreign_write_.empty()) return;
  write_note(std::string(kForeignNote) + sentence);
  foreign_write_ = sentence;
  at_rest_.reset();
}

void FileClaim::forget_notes() {
  if (!has_note_) return;
  if (::ftruncate(descriptor_, kFirstLine) != 0 || ::fsync(descriptor_) != 0) fail_to_write(/*is_partial=*/false);
  has_note_ = false;
  foreign_write_.clear();
  at_rest_.reset();
}

void FileClaim::write_note(const std::string& note) {
  const std::string line = note.substr(0, kLockFileBytes - kFirstLine - 1) + "\n";
  const ssize_t written = ::pwrite(descriptor_, line.data(), line.size(), kFirstLine);
  const auto end = static_cast<off_t>(kFirstLine + line.size());
  const bool is_whole = written == static_cast<ssize_t>(line.size());
  if (!is_whole || ::ftruncate(descriptor_, end) != 0 || ::fsync(descriptor_) != 0) {
    fail_to_write(written >= 0 && !is_whole);
  }
  has_note_ = true;
}

// One pwrite of a fixed length: a reader never sees half of it.
void FileClaim::write_content(char letter) {
  std::string content = std::to_string(::getpid());
  content.resize(12, ' ');
  content += letter;
  content += '\n';
  static_assert(kFirstLine == 12 + 1 + 1);
  const ssize_t written = ::pwrite(descriptor_, content.data(), content.size(), 0);
  if (written != static_cast<ssize_t>(content.size())) fail_to_write(written >= 0);
}

void FileClaim::fail_to_write(bool is_partial) const {
  throw ResultError(
      {ErrorKind::kIo, path_ + ": cannot write it: " + (is_partial ? "a part of it was written" : reason(errno)) +
                           "; make room on the disk, let the participant write the folder"});
}

}  // namespace assent::participant
