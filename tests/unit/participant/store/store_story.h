// A life of a store that uses every part of it, chapter by chapter, always the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assent/value.h"

namespace assent::participant {

struct StoryRun {
  std::uint64_t branch = 0;
  std::vector<Statement> statements;
  bool is_last = false;
};

// It does one transaction of the journal at most: so the disk has what was before it, or all of it.
struct Chapter {
  enum class Kind : std::uint8_t {
    kCreate,        // with the schema in `text`
    kReopen,        // close, and open
    kPrepare,       // the runs; then the branches whose last run is among them are prepared
    kAbandon,       // the runs, and nothing more of their branches
    kCommit,        // a branch that is prepared
    kErase,         // one that is prepared, and aborts; or one that has committed, and is released
    kSchema,        // the schema in `text` is applied
    kForeignWrite,  // close, another program runs the SQL in `text`, open
    kAcknowledge,   // what it wrote
  };

  Kind kind;
  std::uint64_t branch = 0;
  std::vector<StoryRun> runs = {};
  std::string text = {};
};

// Each chapter needs those before it.
std::vector<Chapter> store_story();

}  // namespace assent::participant
