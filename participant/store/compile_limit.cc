#include "participant/store/compile_limit.h"

#include <sqlite3.h>

#include <stdexcept>

namespace assent::participant {

namespace {

constexpr std::size_t kBytes = 16U << 20U;
constexpr std::size_t kBytesForEachOfTheText = 256;

thread_local CompileLimit* current = nullptr;

sqlite3_mem_methods original{};

void* counted(void* memory) {
  if (current != nullptr && memory != nullptr) current->add(original.xSize(memory));
  return memory;
}

void* allocate(int bytes) {
  if (current != nullptr && !current->has_room(bytes)) return nullptr;
  return counted(original.xMalloc(bytes));
}

void release(void* memory) {
  if (current != nullptr && memory != nullptr) current->add(-std::int64_t{original.xSize(memory)});
  original.xFree(memory);
}

void* resize(void* memory, int bytes) {
  if (current == nullptr) return original.xRealloc(memory, bytes);
  const int before = original.xSize(memory);
  if (!current->has_room(std::int64_t{bytes} - before)) return nullptr;
  void* const resized = original.xRealloc(memory, bytes);
  if (resized != nullptr) current->add(-std::int64_t{before});
  return counted(resized);
}

// SQLite takes these functions before its first use only, so before main().
bool install() noexcept {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &original) != SQLITE_OK) return false;
  sqlite3_mem_methods ours = original;
  ours.xMalloc = allocate;
  ours.xFree = release;
  ours.xRealloc = resize;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK;
}

const bool kIsInstalled = install();

}  // namespace

CompileLimit::CompileLimit(std::size_t sql_bytes)
    : most_(static_cast<std::int64_t>(kBytes + kBytesForEachOfTheText * sql_bytes)) {
  if (!kIsInstalled) throw std::logic_error("SQLite was in use before main(): nothing limits what it compiles");
  current = this;
}

CompileLimit::~CompileLimit() {
  current = nullptr;
}

std::string CompileLimit::refusal() const {
  return "the statement is too complex: to compile it would take more than " + std::to_string(most_) +
         " bytes of memory; nest fewer sub-selects, views and common table expressions, or send several statements";
}

bool CompileLimit::has_room(std::int64_t bytes) {
  if (taken_ + bytes <= most_) return true;
  was_reached_ = true;
  return false;
}

}  // namespace assent::participant
