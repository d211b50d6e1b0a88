// Runs the tests, and counts every allocation of this program.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "helpers.h"

namespace {
std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t align) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + align - 1) / align * align;
  void* memory = align <= alignof(std::max_align_t) ? std::malloc(size == 0 ? 1 : size)
                                                    : std::aligned_alloc(align, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

long allocation_count() { return allocations.load(std::memory_order_relaxed); }

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new[](std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t align) {
  return counted(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return counted(size, static_cast<std::size_t>(align));
}
void operator delete(void* p) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete[](void* p) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  allocations.fetch_add(1);
  std::free(p);
}
