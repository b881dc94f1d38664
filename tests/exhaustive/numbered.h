// Numbered: values of one kind, each met once and numbered in the order in which they were. Whole values are compared,
// byte by byte: two that share a hash keep two numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace assent::exhaustive {

template <typename Value>
class Numbered {
  static_assert(std::has_unique_object_representations_v<Value>);

 public:
  // Its number, also if it was known.
  std::uint32_t add(const Value& value) {
    if (4 * values_.size() >= 3 * places_.size()) grow();
    Place& place = find_place(value, hash(value));
    if (place.number == kFree) {
      if (values_.size() >= kFree) throw std::length_error("the world is too large: a number has no more bits");
      place = {tag(hash(value)), static_cast<std::uint32_t>(values_.size())};
      values_.push_back(value);
    }
    return place.number;
  }

  std::optional<std::uint32_t> find(const Value& value) {
    if (values_.empty()) return std::nullopt;
    const std::uint32_t number = find_place(value, hash(value)).number;
    return number == kFree ? std::nullopt : std::optional(number);
  }

  std::size_t size() const { return values_.size(); }
  const Value& operator[](std::uint32_t number) const { return values_[number]; }

 private:
  static constexpr std::uint32_t kFree = 0xffffffff;

  // The tag saves most looks at other values.
  struct Place {
    std::uint32_t tag = 0;
    std::uint32_t number = kFree;
  };

  // Its place, or the free one where it belongs: the first from its hash on.
  Place& find_place(const Value& value, std::uint64_t hash) {
    for (std::size_t at = hash;; ++at) {
      Place& place = places_[at & (places_.size() - 1)];
      if (place.number == kFree) return place;
      if (place.tag == tag(hash) && std::memcmp(&values_[place.number], &value, sizeof value) == 0) return place;
    }
  }

  void grow() {
    const std::size_t size = std::max<std::size_t>(1024, 2 * places_.size());
    std::vector<Place>().swap(places_);  // before the larger one is made: memory is what there is least of
    places_.resize(size);
    for (std::uint32_t number = 0; number < values_.size(); ++number) {
      const std::uint64_t of_value = hash(values_[number]);
      find_place(values_[number], of_value) = {tag(of_value), number};
    }
  }

  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }

  static std::uint64_t hash(const Value& value) {
    constexpr std::size_t kWords = (sizeof(Value) + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &value, sizeof value);
    std::uint64_t hash = 0;
    for (const std::uint64_t word : words) {
      hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 29U;
    }
    hash *= 0xbf58476d1ce4e5b9ULL;
    return hash ^ hash >> 32U;
  }

  std::deque<Value> values_;
  std::vector<Place> places_;
};

}  // namespace assent::exhaustive
