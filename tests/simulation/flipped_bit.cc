#include "tests/simulation/flipped_bit.h"

#include "coordinator/log/segment_reader.h"
#include "tests/simulation/agreement.h"

namespace assent::simulation {

using namespace coordinator;

namespace {

// The number of its byte.
std::uint64_t flip_a_bit(World& world, Disk& disk, const std::string& name) {
  Disk::Bytes bytes = disk.bytes(name);
  const auto flipped = world.below(bytes.size());
  bytes[flipped] ^= std::byte{1} << static_cast<int>(world.below(8));
  disk.put(name, bytes);
  return flipped;
}

}  // namespace

void flip_a_bit(World& world, const LogDisk& disk) {
  LogDisk copy = disk;
  copy.repair();
  const auto segments = list_segments(*copy.directory()).value();
  if (segments.empty()) throw Violation("R3: a log has no segment left, and so does not open");
  const auto number = segments.back();
  std::uint64_t last_block = 0;
  const auto written =
      read_segment(*copy.directory(), number, [&](const ReadRecord& read) { last_block = read.offset; });
  if (!written) throw Violation("a log cannot be read: " + written.error().message);

  const std::string name = segment_name(number);
  const auto flipped = flip_a_bit(world, copy, name);

  const auto read = read_segment(*copy.directory(), number, [](const ReadRecord&) {});
  if (!read) {
    const bool is_told =
        read.error().kind == ErrorKind::kCorrupt && read.error().message.find(name) != std::string::npos;
    if (!is_told) throw Violation("a flipped bit is told otherwise: " + read.error().message);
    return world.count("flipped bits that are told");
  }
  if (read->state == written->state) return world.count("flipped bits that change nothing");
  const bool may_be_torn = flipped >= last_block && read->state.last < written->state.last;
  if (!may_be_torn) throw Violation("a flipped bit changes what the log says, and nobody is told");
  world.count("flipped bits in the last block");
}

std::optional<OldCopy> flip_a_bit(World& world, StoreDisk& disk) {
  constexpr const char* kFile = "store.db";
  constexpr const char* kLog = "store.db-wal";
  const StoreImage written = disk.read();
  StoreDisk copy(disk.disk());
  const bool is_in_log = copy.disk().contains(kLog) && !copy.disk().bytes(kLog).empty() && world.chance(0.5);
  flip_a_bit(world, copy.disk(), is_in_log ? kLog : kFile);
  const Disk flipped = copy.disk();
  const std::string of = is_in_log ? "flipped bits of a store's log" : "flipped bits of a store's file";
  const auto check_told = [&](const std::string& message) -> std::optional<OldCopy> {
    if (message.find(kFile) == std::string::npos) throw Violation("a flipped bit is told otherwise: " + message);
    world.count(of + " that are told");
    return std::nullopt;
  };

  const auto opened = copy.open();
  if (!opened) return check_told(opened.error().message);
  const StorePosition position = (*opened)->recovered().position;
  const bool is_less = position < written.position;
  StoreImage read;
  try {
    read = copy.read();
    for (const auto& [id, row] : read.rows) {
      if (row.state == participant::RowState::kPrepared) Agreement().appears(kFile, row, read.rows);
    }
  } catch (const Violation&) {
    copy.stop_reading();
    if (is_in_log && !is_less) throw Violation("a flipped bit in a log breaks a rule, and its position does not tell");
    world.count(of + " that mix old pages and new");
    return std::nullopt;
  } catch (const ResultError& error) {
    copy.stop_reading();
    return check_told(error.error().message);
  }
  copy.stop_reading();
  read.start_number = written.start_number;
  read.position = written.position;
  // Positions do not count these.
  read.coordinators = written.coordinators;
  std::erase_if(read.rows, [&](const auto& row) { return !written.rows.contains(row.first); });
  world.count(of + (is_less           ? " that lose commits, as its position tells"
                    : read == written ? " that change nothing"
                                      : " that nobody can tell"));
  if (is_in_log && !is_less && read != written) throw Violation("a flipped bit in a log changes what it says");
  if (!is_less) return std::nullopt;
  return OldCopy{.files = flipped, .position = position, .has_flipped_bit = true};
}

}  // namespace assent::simulation
