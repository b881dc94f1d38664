#include "coordinator/log/record_codec.h"

#include <utility>

namespace assent::coordinator {
namespace {

enum class Kind : std::uint8_t {
  kEpoch = 1,
  kCommit = 2,
  kEnd = 3,
  kForgotten = 4,
  kStore = 5,
  kEnded = 6,
  kMixed = 7
};

template <typename Id>
std::uint64_t number(Id id) {
  return static_cast<std::uint64_t>(id);
}

void write_kind(ByteWriter& writer, Kind kind) {
  writer.fixed8(static_cast<std::uint8_t>(kind));
}

void write(ByteWriter& writer, const TransactionId& id) {
  writer.fixed64(number(id.log));
  writer.varint(number(id.epoch));
  writer.varint(id.number);
}

TransactionId read_id(ByteReader& reader) {
  TransactionId id;
  id.log = LogIdentity{reader.fixed64()};
  id.epoch = Epoch{reader.varint()};
  id.number = reader.varint();
  return id;
}

void write(ByteWriter& writer, const EpochRecord& record) {
  write_kind(writer, Kind::kEpoch);
  writer.varint(number(record.start));
  writer.fixed64(number(record.log));
  writer.varint(number(record.epoch));
  writer.fixed64(number(record.nonce));
}

EpochRecord read_epoch(ByteReader& reader) {
  EpochRecord record;
  record.start = Position{reader.varint()};
  record.log = LogIdentity{reader.fixed64()};
  record.epoch = Epoch{reader.varint()};
  record.nonce = Nonce{reader.fixed64()};
  return record;
}

void write(ByteWriter& writer, const CommitRecord& record) {
  write_kind(writer, Kind::kCommit);
  writer.varint(number(record.commit));
  write(writer, record.id);
  writer.varint(record.branches.size());
  for (const auto& branch : record.branches) {
    writer.text(branch.store);
    writer.fixed64(number(branch.identity));
    writer.varint(branch.branch.start);
    writer.varint(branch.branch.counter);
  }
}

CommitRecord read_commit(ByteReader& reader) {
  CommitRecord record;
  record.commit = Position{reader.varint()};
  record.id = read_id(reader);
  const auto count = reader.varint();
  for (std::uint64_t index = 0; index < count && reader.ok(); ++index) {
    auto& branch = record.branches.emplace_back();
    branch.store = reader.text();
    branch.identity = StoreIdentity{reader.fixed64()};
    branch.branch.start = reader.varint();
    branch.branch.counter = reader.varint();
  }
  return record;
}

void write(ByteWriter& writer, const EndRecord& record) {
  write_kind(writer, Kind::kEnd);
  writer.varint(number(record.commit));
  writer.varint(record.stores.size());
  for (const auto& store : record.stores) {
    writer.text(store.store);
    writer.varint(number(store.position));
    writer.boolean(store.contradicts);
  }
}

EndRecord read_end(ByteReader& reader) {
  EndRecord record;
  record.commit = Position{reader.varint()};
  const auto count = reader.varint();
  for (std::uint64_t index = 0; index < count && reader.ok(); ++index) {
    auto& store = record.stores.emplace_back();
    store.store = reader.text();
    store.position = StorePosition{reader.varint()};
    store.contradicts = reader.boolean();
  }
  return record;
}

void write(ByteWriter& writer, const ForgottenRecord& record) {
  write_kind(writer, Kind::kForgotten);
  write(writer, record.through);
}

void write(ByteWriter& writer, const StoreRecord& record) {
  write_kind(writer, Kind::kStore);
  writer.text(record.store);
  writer.fixed64(number(record.identity));
  writer.text(record.address);
  writer.varint(number(record.position));
}

StoreRecord read_store(ByteReader& reader) {
  StoreRecord record;
  record.store = reader.text();
  record.identity = StoreIdentity{reader.fixed64()};
  record.address = reader.text();
  record.position = StorePosition{reader.varint()};
  return record;
}

void write(ByteWriter& writer, const EndedRecord& record) {
  write_kind(writer, Kind::kEnded);
  write(writer, record.first);
  writer.fixed64(record.ids);
}

EndedRecord read_ended(ByteReader& reader) {
  EndedRecord record;
  record.first = read_id(reader);
  record.ids = reader.fixed64();
  return record;
}

void write(ByteWriter& writer, const MixedRecord& record) {
  write_kind(writer, Kind::kMixed);
  write(writer, record.id);
  writer.varint(record.stores.size());
  for (const auto& store : record.stores) {
    writer.text(store);
  }
}

MixedRecord read_mixed(ByteReader& reader) {
  MixedRecord record;
  record.id = read_id(reader);
  const auto count = reader.varint();
  for (std::uint64_t index = 0; index < count && reader.ok(); ++index) {
    record.stores.push_back(reader.text());
  }
  return record;
}

std::optional<LogRecord> read_record(ByteReader& reader) {
  switch (Kind{reader.fixed8()}) {
    case Kind::kEpoch: return read_epoch(reader);
    case Kind::kCommit: return read_commit(reader);
    case Kind::kEnd: return read_end(reader);
    case Kind::kForgotten: return ForgottenRecord{read_id(reader)};
    case Kind::kStore: return read_store(reader);
    case Kind::kEnded: return read_ended(reader);
    case Kind::kMixed: return read_mixed(reader);
  }
  return std::nullopt;
}

}  // namespace

template <typename Record>
void encode_one(const Record& record, ByteWriter& writer) {
  write(writer, record);
}

template void encode_one(const EpochRecord&, ByteWriter&);
template void encode_one(const CommitRecord&, ByteWriter&);
template void encode_one(const EndRecord&, ByteWriter&);
template void encode_one(const ForgottenRecord&, ByteWriter&);
template void encode_one(const StoreRecord&, ByteWriter&);
template void encode_one(const EndedRecord&, ByteWriter&);
template void encode_one(const MixedRecord&, ByteWriter&);

void encode(const LogRecord& record, ByteWriter& writer) {
  std::visit([&](const auto& each) { encode_one(each, writer); }, record);
}

std::optional<std::vector<LogRecord>> decode_records(std::span<const std::byte> bytes, std::uint32_t count) {
  ByteReader reader(bytes);
  std::vector<LogRecord> records;
  for (std::uint32_t index = 0; index < count; ++index) {
    auto record = read_record(reader);
    if (!record || !reader.ok()) {
      return std::nullopt;
    }
    records.push_back(std::move(*record));
  }
  if (reader.left() != 0) {
    return std::nullopt;
  }
  return records;
}

}  // namespace assent::coordinator
