// The memory of SQLite: one limit for everything that it keeps in this process, of all stores.
//
// What would go beyond it fails with SQLITE_NOMEM: a statement fails alone; a store in the middle of its own work goes
// offline, and is opened again. See sqlite3_hard_heap_limit64() in https://www.sqlite.org/c3ref/hard_heap_limit64.html.
#pragma once

#include <cstdint>
#include <string>

namespace assent::participant {

// Before the first store is opened.
void limit_memory(std::uint64_t bytes);

// What to do when there is no more.
std::string memory_remedy();

}  // namespace assent::participant
