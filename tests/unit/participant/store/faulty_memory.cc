#include "tests/unit/participant/store/faulty_memory.h"

#include <sqlite3.h>

#include <stdexcept>

namespace assent::participant {

namespace {

NthFault fault_of_memory;
sqlite3_mem_methods original{};

void* allocate(int bytes) {
  return fault_of_memory.fails_now() ? nullptr : original.xMalloc(bytes);
}

void* resize(void* memory, int bytes) {
  return fault_of_memory.fails_now() ? nullptr : original.xRealloc(memory, bytes);
}

// SQLite takes these functions before its first use only, so before main(); the store's own stand around them or
// within.
bool install() noexcept {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &original) != SQLITE_OK) return false;
  sqlite3_mem_methods ours = original;
  ours.xMalloc = allocate;
  ours.xRealloc = resize;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK;
}

const bool kIsInstalled = install();

}  // namespace

FaultyMemory::FaultyMemory() {
  if (!kIsInstalled) throw std::logic_error("SQLite was in use before main(): no allocation can be made to fail");
}

NthFault& FaultyMemory::fault() {
  return fault_of_memory;
}

}  // namespace assent::participant
