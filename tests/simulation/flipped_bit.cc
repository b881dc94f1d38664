#include "tests/simulation/flipped_bit.h"

#include "coordinator/log/segment_reader.h"

namespace assent::simulation {

using namespace coordinator;

void flip_a_bit(World& world, const LogDisk& disk) {
  LogDisk copy = disk;
  const auto number = list_segments(*copy.directory()).value().back();
  std::uint64_t last_block = 0;
  const auto written =
      read_segment(*copy.directory(), number, [&](const ReadRecord& read) { last_block = read.offset; });
  if (!written) throw Violation("the log that is open cannot be read: " + written.error().message);

  const std::string name = segment_name(number);
  Disk::Bytes bytes = copy.bytes(name);
  const auto flipped = world.below(bytes.size());
  bytes[flipped] ^= std::byte{1} << static_cast<int>(world.below(8));
  copy.put(name, bytes);

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

}  // namespace assent::simulation
