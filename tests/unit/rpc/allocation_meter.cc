#include "tests/unit/rpc/allocation_meter.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> held = 0;
std::atomic<std::size_t> most_held = 0;

void* counted(void* memory) {
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  const std::size_t now = held += malloc_usable_size(memory);
  std::size_t most = most_held;
  while (most < now && !most_held.compare_exchange_weak(most, now)) {
  }
  return memory;
}

void release(void* memory) {
  if (memory != nullptr) {
    held -= malloc_usable_size(memory);
    std::free(memory);
  }
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(std::malloc(size == 0 ? 1 : size));
}
void* operator new[](std::size_t size) {
  return counted(std::malloc(size == 0 ? 1 : size));
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  release(memory);
}

namespace assent::rpc {

AllocationMeter::AllocationMeter() : held_before_(held) {
  most_held = held_before_;
}

std::size_t AllocationMeter::peak_growth() const {
  return most_held - held_before_;
}

}  // namespace assent::rpc
