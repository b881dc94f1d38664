#include "participant/store/memory_limit.h"

#include <sqlite3.h>

namespace assent::participant {

void limit_memory(std::uint64_t bytes) {
  sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(bytes));
}

std::string memory_remedy() {
  const sqlite3_int64 limit = sqlite3_hard_heap_limit64(-1);
  return (limit > 0 ? "all stores of this participant may take " + std::to_string(limit) +
                          " bytes: do less in one "
                          "statement, or raise --memory"
                    : std::string("do less in one statement, or give the machine more"));
}

}  // namespace assent::participant
