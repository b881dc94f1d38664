#include "tests/simulation/disk.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace assent::simulation {

namespace {

constexpr std::size_t kSectorBytes = 512;

void copy(std::span<const std::byte> from, std::size_t begin, std::size_t end, Disk::Bytes& to) {
  to.resize(std::max(to.size(), end));
  std::copy(from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end),
            to.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace

void Disk::fail(std::uint64_t number, Fault fault, bool for_good) {
  fail_in_ = number;
  fault_ = fault;
  for_good_ = for_good;
  has_failed_ = false;
}

void Disk::repair() {
  full_ = false;
  broken_ = Broken::kNot;
  fail(0, Fault::kNothingDone);
}

std::optional<Fault> Disk::next(Operation operation) {
  if (is_shut_down_) return Fault::kNothingDone;
  if (has_failed_ && for_good_ && fault_ == Fault::kNoSpace) {
    return operation == Operation::kChange ? std::optional(fault_) : std::nullopt;
  }
  if (has_failed_ && for_good_) return Fault::kNothingDone;
  if (is_broken_for(operation)) return operation == Operation::kSync ? Fault::kForgotten : Fault::kNothingDone;
  if (fail_in_ == 0 || --fail_in_ > 0) return std::nullopt;
  if (!may_fail_now(operation)) {
    fail_in_ = 1;
    return std::nullopt;
  }
  has_failed_ = true;
  return fault_;
}

bool Disk::is_broken_for(Operation operation) const {
  switch (operation) {
    case Operation::kLook: return broken_ == Broken::kAll;
    case Operation::kChange: return broken_ >= Broken::kChanges;
    default: return broken_ >= Broken::kSyncs;
  }
}

bool Disk::may_fail_now(Operation operation) const {
  switch (fault_) {
    case Fault::kNoSpace: return operation == Operation::kChange;
    case Fault::kForgotten: return operation == Operation::kSync;
    case Fault::kShutDown: return operation == Operation::kSyncOfNames;
    default: return true;
  }
}

std::optional<Fault> Disk::look() {
  return next(Operation::kLook) ? std::optional(Fault::kNothingDone) : std::nullopt;
}

std::optional<Fault> Disk::create(const std::string& name) {
  const auto failed = next(Operation::kChange);
  const auto fault = failed || !full_ ? failed : Fault::kNoSpace;
  if (!fault || fault == Fault::kDone) {
    files_.emplace_back();
    perform(names_, directory_operations_.emplace_back(DirectoryOperation{"", name, files_.size() - 1}));
  }
  return fault;
}

std::optional<Fault> Disk::rename(const std::string& from, const std::string& to) {
  return change({from, to, std::nullopt});
}

std::optional<Fault> Disk::remove(const std::string& name) {
  return change({name, "", std::nullopt});
}

std::optional<Fault> Disk::change(DirectoryOperation operation) {
  const auto fault = next(Operation::kChange);
  if (!fault || fault == Fault::kDone) perform(names_, directory_operations_.emplace_back(std::move(operation)));
  return fault;
}

std::optional<Fault> Disk::sync() {
  const auto fault = next(Operation::kSyncOfNames);
  if (!fault || fault == Fault::kDone) {
    durable_names_ = names_;
    directory_operations_.clear();
  }
  if (fault == Fault::kShutDown) is_shut_down_ = true;
  return fault;
}

std::optional<Fault> Disk::write(File file, std::uint64_t offset, std::span<const std::byte> bytes) {
  auto& content = at(file);
  const auto fault = next(Operation::kChange);
  if (full_ && offset + bytes.size() > content.bytes.size()) return Fault::kNoSpace;
  if (!fault || fault == Fault::kDone || fault == Fault::kNoSpace) {
    put(content, offset, fault ? bytes.first(bytes.size() / 2) : bytes);
  }
  return fault;
}

void Disk::put(Content& content, std::uint64_t offset, std::span<const std::byte> bytes) {
  const auto begin = static_cast<std::size_t>(offset);
  content.bytes.resize(std::max(content.bytes.size(), begin + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), content.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
  for (std::size_t sector = begin / kSectorBytes; sector * kSectorBytes < begin + bytes.size(); ++sector) {
    content.unsynced.insert(sector);
  }
}

std::optional<Fault> Disk::resize(File file, std::uint64_t size) {
  auto& content = at(file);
  const auto fault = next(Operation::kChange);
  if (!fault || fault == Fault::kDone) {
    const auto now = static_cast<std::size_t>(size);
    content.cut_to = std::min(now, content.cut_to.value_or(content.bytes.size()));
    content.bytes.resize(now);
  }
  return fault;
}

std::optional<Fault> Disk::sync(File file) {
  const auto fault = next(Operation::kSync);
  if (!fault || fault == Fault::kDone) {
    sync(at(file));
  } else if (fault == Fault::kForgotten) {
    forget(at(file));
  }
  return fault;
}

void Disk::sync(Content& content) {
  auto& [bytes, durable, unsynced, cut_to] = content;
  if (cut_to) durable.resize(std::min(durable.size(), *cut_to));
  for (const auto sector : unsynced) {
    const auto begin = sector * kSectorBytes;
    if (begin < bytes.size()) copy(bytes, begin, std::min(begin + kSectorBytes, bytes.size()), durable);
  }
  durable.resize(bytes.size());
  unsynced.clear();
  cut_to.reset();
}

// Sizes are of the file system, which has not forgotten anything.
void Disk::forget(Content& content) {
  has_forgotten_ = has_forgotten_ || !content.unsynced.empty();
  std::mt19937 random(seed_++);
  if (content.cut_to) content.durable.resize(std::min(content.durable.size(), *content.cut_to));
  content.cut_to.reset();
  Content after_a_crash = content;
  keep_some(after_a_crash, kSectorBytes, random);
  content.durable = std::move(after_a_crash.bytes);
  content.durable.resize(content.bytes.size());
  content.unsynced.clear();
  if (random() % 2 == 0) content.bytes = content.durable;
}

void Disk::keep_some(Content& content, std::size_t sector_bytes, std::mt19937& random) {
  auto& [bytes, durable, unsynced, cut_to] = content;
  const Bytes written = std::exchange(bytes, durable);
  if (cut_to && random() % 2 == 0) bytes.resize(std::min(bytes.size(), *cut_to));
  std::map<std::size_t, bool> keeps;  // by the sector of sector_bytes
  for (const auto sector : unsynced) {
    const auto begin = sector * kSectorBytes;
    const bool is_kept = keeps.try_emplace(begin / sector_bytes, random() % 2 == 0).first->second;
    if (is_kept && begin < written.size()) copy(written, begin, std::min(begin + kSectorBytes, written.size()), bytes);
  }
}

void Disk::crash(const Kept& kept) {
  const auto count = std::min(kept.directory_operations, directory_operations_.size());
  for (std::size_t index = 0; index < count; ++index) perform(durable_names_, directory_operations_[index]);
  directory_operations_.clear();
  names_ = durable_names_;
  fail(0, Fault::kNothingDone);

  is_shut_down_ = has_forgotten_ = false;

  std::mt19937 random(kept.seed);
  for (auto& content : files_) {
    if (kept.data == KeptData::kAll) sync(content);
    if (kept.data == KeptData::kSome) {
      keep_some(content, kept.sector_bytes, random);
      content.durable = content.bytes;
    } else {
      content.bytes = content.durable;
    }
    content.unsynced.clear();
    content.cut_to.reset();
  }
}

void Disk::perform(Names& names, const DirectoryOperation& operation) {
  const auto file = operation.file ? *operation.file : names.at(operation.from);
  if (!operation.from.empty()) names.erase(operation.from);
  if (!operation.to.empty()) names[operation.to] = file;
}

std::vector<std::string> Disk::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : names_) names.push_back(name);
  return names;
}

bool Disk::is_durable(const std::string& name) const {
  const auto now = names_.find(name);
  const auto after_a_crash = durable_names_.find(name);
  if (now == names_.end() || after_a_crash == durable_names_.end() || now->second != after_a_crash->second)
    return false;
  const Content& content = files_[now->second];
  if (!content.unsynced.empty() || content.cut_to || content.bytes.size() != content.durable.size()) return false;
  // This is asked behind each force, and vectors of std::byte are compared one by one.
  const auto size = content.bytes.size();
  return size == 0 || std::memcmp(content.bytes.data(), content.durable.data(), size) == 0;
}

void Disk::put(const std::string& name, const Bytes& bytes) {
  files_.push_back({bytes, bytes, {}, {}});
  names_[name] = durable_names_[name] = files_.size() - 1;
}

bool operator==(const Disk& left, const Disk& right) {
  const auto names = left.names();
  return names == right.names() && std::all_of(names.begin(), names.end(),
                                               [&](const auto& name) { return left.bytes(name) == right.bytes(name); });
}

}  // namespace assent::simulation
