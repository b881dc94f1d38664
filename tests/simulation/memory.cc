// The memory of this program, instead of the C library's
// (https://sourceware.org/glibc/manual/html_node/Replacing-malloc.html):
// a seed takes and leaves a piece half a million times, most of them when SQLite compiles, and there is one thread.
// What was left is kept by its size, and taken again. Sanitizers have a memory of their own.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if !defined(__SANITIZE_ADDRESS__)

namespace {

// In front of each piece stands its class; of small ones there is one for each 16 bytes, then one for each power of
// two.
constexpr std::size_t kStep = 16;
constexpr std::size_t kSmall = 1024;
constexpr std::size_t kSmallClasses = kSmall / kStep;
constexpr std::size_t kClasses = kSmallClasses + 64;
constexpr std::size_t kChunkBytes = 4U << 20U;

struct Left {
  Left* next;
};

std::array<Left*, kClasses> left_pieces{};
std::byte* chunk = nullptr;
std::size_t left_of_chunk = 0;

std::size_t class_of(std::size_t size) {
  if (size <= kSmall) return size == 0 ? 0 : (size - 1) / kStep;
  return kSmallClasses + static_cast<std::size_t>(std::bit_width(size - 1)) - std::bit_width(kSmall);
}

std::size_t size_of_class(std::size_t number) {
  return number < kSmallClasses ? (number + 1) * kStep : kSmall << (number - kSmallClasses + 1);
}

std::size_t& class_at(void* piece) {
  return *reinterpret_cast<std::size_t*>(static_cast<std::byte*>(piece) - kStep);
}

std::byte* ask_the_system(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

void* make(std::size_t number) {
  const std::size_t bytes = size_of_class(number) + kStep;
  if (bytes > left_of_chunk) {
    std::byte* const more = ask_the_system(std::max(bytes, kChunkBytes));
    if (more == nullptr) {
      errno = ENOMEM;
      return nullptr;
    }
    chunk = more;
    left_of_chunk = std::max(bytes, kChunkBytes);
  }
  void* const piece = chunk + kStep;
  chunk += bytes;
  left_of_chunk -= bytes;
  class_at(piece) = number;
  return piece;
}

void* take(std::size_t size) {
  constexpr std::size_t kMost = SIZE_MAX / 4;
  if (size > kMost) {
    errno = ENOMEM;
    return nullptr;
  }
  const std::size_t number = class_of(size);
  Left* const taken = left_pieces[number];
  if (taken == nullptr) return make(number);
  left_pieces[number] = taken->next;
  return taken;
}

void leave(void* piece) {
  if (piece == nullptr) return;
  auto* const left = static_cast<Left*>(piece);
  Left*& first = left_pieces[class_at(piece)];
  left->next = first;
  first = left;
}

// A part of a larger one, which is not put together again: nobody asks for many.
void* take_aligned(std::size_t alignment, std::size_t size) {
  if (alignment <= kStep) return take(size);
  const std::size_t number = class_of(size);
  auto* const piece = static_cast<std::byte*>(take(size_of_class(number) + alignment));
  if (piece == nullptr) return nullptr;
  std::byte* const aligned = piece + (alignment - reinterpret_cast<std::uintptr_t>(piece) % alignment);
  class_at(aligned) = number;
  return aligned;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  return take(size);
}

void free(void* piece) {
  leave(piece);
}

std::size_t malloc_usable_size(void* piece) {
  return piece == nullptr ? 0 : size_of_class(class_at(piece));
}

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  void* const piece = take(bytes);
  return piece == nullptr ? nullptr : std::memset(piece, 0, bytes);
}

void* realloc(void* piece, std::size_t size) {
  if (piece != nullptr && class_of(size) == class_at(piece)) return piece;
  void* const moved = take(size);
  if (moved == nullptr || piece == nullptr) return moved;
  std::memcpy(moved, piece, std::min(size, size_of_class(class_at(piece))));
  leave(piece);
  return moved;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return take_aligned(alignment, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  return take_aligned(alignment, size);
}

int posix_memalign(void** piece, std::size_t alignment, std::size_t size) {
  *piece = take_aligned(alignment, size);
  return *piece == nullptr ? ENOMEM : 0;
}
}

#endif
