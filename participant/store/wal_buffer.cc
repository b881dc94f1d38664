#include "participant/store/wal_buffer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace assent::participant {

namespace {

constexpr int kLogHeaderBytes = 32;  // https://www.sqlite.org/walformat.html#wal_file_format

void copy_index(const volatile void* from, char* to, std::size_t size) {
  std::memcpy(to, const_cast<const void*>(from), size);
}

}  // namespace

WalBuffer::Range WalBuffer::Range::with(const Range& other) const {
  return {std::min(begin, other.begin), std::max(end, other.end)};
}

WalBuffer::WalBuffer(DiskCounters& counters)
    : counters_(counters), memory_(std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(kCapacity))) {}

void WalBuffer::open(sqlite3_file* file) {
  file_ = file;
  kept_ = {};
}

// Something is pending only where SQLite has taken no lock, as it does for a connection that has the file for itself.
void WalBuffer::close() {
  hand_on();
  pending_ = {};
  kept_ = {};
  file_ = nullptr;
}

int WalBuffer::read(void* bytes, int size, sqlite3_int64 offset) {
  const Range wanted{offset, offset + size};
  if (kept_.contains(wanted) && serves()) {
    std::memcpy(bytes, memory_.get() + offset, static_cast<std::size_t>(size));
    return SQLITE_OK;
  }
  if (pending_.overlaps(wanted)) {
    if (const int code = hand_on(); code != SQLITE_OK) return code;
  }
  ++counters_.reads;
  return file_->pMethods->xRead(file_, bytes, size, offset);
}

int WalBuffer::write(const void* bytes, int size, sqlite3_int64 offset) {
  if (failure_ != SQLITE_OK) return failure_;
  const Range written{offset, offset + size};
  const bool fits = written.end <= kCapacity;
  const bool begins_anew = offset == 0;
  if (!fits || begins_anew || !pending_.touches(written) || pending_.with(written).size() > kMostPending) {
    if (const int code = hand_on(); code != SQLITE_OK) return code;
  }
  if (!fits) {
    kept_.end = std::min(kept_.end, std::max(kept_.begin, offset));
    return fail(write_file(bytes, size, offset));
  }
  std::memcpy(memory_.get() + offset, bytes, static_cast<std::size_t>(size));
  kept_ = begins_anew || !kept_.touches(written) ? written : kept_.with(written);
  pending_ = pending_.is_empty() ? written : pending_.with(written);
  return SQLITE_OK;
}

// A force that failed is not tried again here: SQLite is told, and rolls back.
int WalBuffer::sync(int flags) {
  if (const int code = hand_on(); code != SQLITE_OK) return code;
  ++counters_.syncs;
  const int code = file_->pMethods->xSync(file_, flags);
  if (code != SQLITE_OK) is_off_ = true;
  return code;
}

int WalBuffer::truncate(sqlite3_int64 size) {
  if (const int code = hand_on(); code != SQLITE_OK) return code;
  kept_ = {std::min(kept_.begin, size), std::min(kept_.end, size)};
  const int code = file_->pMethods->xTruncate(file_, size);
  if (code != SQLITE_OK) is_off_ = true;
  return code;
}

int WalBuffer::hand_on() {
  if (failure_ != SQLITE_OK || pending_.is_empty()) return failure_;
  const int code = fail(write_file(memory_.get() + pending_.begin, static_cast<int>(pending_.size()), pending_.begin));
  if (code == SQLITE_OK) pending_ = {};
  return code;
}

int WalBuffer::write_file(const void* bytes, int size, sqlite3_int64 offset) {
  if (const int code = look_at_file(offset); code != SQLITE_OK) return code;
  ++counters_.writes;
  counters_.written_bytes += static_cast<std::uint64_t>(size);
  return file_->pMethods->xWrite(file_, bytes, size, offset);
}

// What SQLite would say of a log that was cut short, or is another one.
int WalBuffer::look_at_file(sqlite3_int64 offset) {
  if (is_looked_at_ || !serves() || offset == 0) return SQLITE_OK;
  sqlite3_int64 size = 0;
  if (const int code = file_->pMethods->xFileSize(file_, &size); code != SQLITE_OK) return code;
  if (size < offset) return SQLITE_IOERR_SHORT_READ;
  if (kept_.contains({0, kLogHeaderBytes})) {
    std::array<char, kLogHeaderBytes> header{};
    ++counters_.reads;
    const int code = file_->pMethods->xRead(file_, header.data(), kLogHeaderBytes, 0);
    if (code != SQLITE_OK) return code;
    if (std::memcmp(header.data(), memory_.get(), header.size()) != 0) return SQLITE_CORRUPT;
  }
  is_looked_at_ = true;
  return SQLITE_OK;
}

int WalBuffer::fail(int code) {
  if (code != SQLITE_OK) {
    failure_ = code;
    is_off_ = true;
  }
  return code;
}

// ---- the log's index ----

void WalBuffer::map_index(const volatile void* region) {
  index_ = region;
  if (region == nullptr) has_left_ = false;
}

bool WalBuffer::is_index_as_left() const {
  if (index_ == nullptr || !has_left_) return false;
  IndexHeader now;
  copy_index(index_, now.data(), now.size());
  return now == left_;
}

void WalBuffer::on_locked() {
  if (!is_index_as_left()) kept_ = {};
  is_locked_ = true;
  is_looked_at_ = false;
}

void WalBuffer::before_unlock() {
  hand_on();
  pending_ = {};
  if (!is_published_in_vain_) failure_ = SQLITE_OK;
  has_left_ = index_ != nullptr;
  if (has_left_) copy_index(index_, left_.data(), left_.size());
  is_locked_ = false;
}

// There is no error to return: where the index is changed all the same, nothing works any more.
void WalBuffer::before_publish() {
  if (failure_ == SQLITE_OK && hand_on() != SQLITE_OK) is_published_in_vain_ = true;
}

}  // namespace assent::participant
