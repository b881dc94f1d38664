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
constexpr char kAtRest = '-';

std::string reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace

FileClaim::FileClaim(const std::string& store_path) : path_(store_path + ".assent-lock") {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) {
    throw ResultError({ErrorKind::kIo, path_ + ": cannot open the lock file: " + reason(errno) +
                                           "; the participant must be able to write the store's folder"});
  }
  std::array<char, 32> content{};
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
  was_writing_ = now > 0 && std::string_view(content.data(), static_cast<std::size_t>(now)).find(kWriting) !=
                                std::string_view::npos;
  try {
    write_content(was_writing_ ? kWriting : kAtRest);
  } catch (const ResultError&) {
    ::close(descriptor_);  // there is no object yet whose end would let go of the claim
    throw;
  }
}

FileClaim::~FileClaim() {
  ::close(descriptor_);
}

void FileClaim::mark_writing() {
  write_content(kWriting);
}

void FileClaim::mark_written() {
  write_content(kAtRest);
}

// One pwrite of a fixed length: a reader never sees half of it.
void FileClaim::write_content(char letter) {
  std::string content = std::to_string(::getpid());
  content.resize(12, ' ');
  content += letter;
  content += '\n';
  const ssize_t written = ::pwrite(descriptor_, content.data(), content.size(), 0);
  if (written != static_cast<ssize_t>(content.size())) {
    throw ResultError(
        {ErrorKind::kIo, path_ + ": cannot write it: " + (written < 0 ? reason(errno) : "a part of it was written") +
                             "; make room on the disk, let the participant write the folder"});
  }
}

}  // namespace assent::participant
