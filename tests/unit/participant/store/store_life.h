// StoreLife: a store that lives through a story, and tells whether it was told the truth.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "participant/store/sqlite_store.h"
#include "tests/unit/participant/store/sqlite_fixture.h"
#include "tests/unit/participant/store/store_story.h"

namespace assent::participant {

// What a life without faults was told in a chapter, and left on the disk.
struct ChapterRecord {
  std::vector<Execution> answers;
  std::vector<Rows> image;  // see image_of()
};

// Everything that the file of a store holds, but for what each opening counts and what is said of foreign writes; and
// checks that it is whole.
std::vector<Rows> image_of(const std::string& path);

class StoreLife {
 public:
  enum class Told : std::uint8_t {
    kDone,          // all answers were as they are without faults
    kNothingDone,   // a failure, and nothing of the chapter may be there
    kAllOrNothing,  // a failure of what it keeps
  };

  explicit StoreLife(std::string path) : path_(std::move(path)) {}

  // Answers must be those on record, if there is one.
  Told tell(const Chapter& chapter, const ChapterRecord* record = nullptr);
  std::vector<Execution> take_answers() { return std::exchange(answers_, {}); }

  // Whether it did; a failure must be the fault's.
  bool open();
  void close();
  bool is_open() const { return store_ != nullptr; }

  // After an error: it answers nobody.
  void expect_unavailable();

  // Called around what another program does, which meets no fault.
  std::function<void(const std::function<void()>&)> without_faults = [](const auto& act) { act(); };

 private:
  bool has_failed(const Error& error);
  Told run_all(const Chapter& chapter, const ChapterRecord* record, std::vector<JournalOperation>& prepared);
  Told journal(const std::vector<JournalOperation>& operations);
  Told apply(const std::string& schema);
  void write_outside_while_closed(const std::string& sql);

  std::string path_;
  std::vector<Execution> answers_;
  std::unique_ptr<Store> store_;
  bool must_notice_ = false;  // another program has written to it after a clean close
  bool may_notice_ = false;   // another program has written to it
  bool failed_ = false;
};

}  // namespace assent::participant
