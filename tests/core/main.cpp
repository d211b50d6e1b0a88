// Runs the tests, counts every allocation of this program, and fails where the audio thread made
// a call that may block.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "helpers.h"

#if defined(RTSYNTH_WATCH)
#include "realtime_watch.h"

namespace {

/// Each test fails that leaves a blocking call behind.
struct Watcher : doctest::IReporter {
  explicit Watcher(const doctest::ContextOptions& /*options*/) {}
  void test_case_start(const doctest::TestCaseData& test) override {
    rtsynth::watch_test(test.m_name);
  }
  void test_case_end(const doctest::CurrentTestCaseStats& /*stats*/) override {
    calls += rtsynth::blocking_calls();
    if (rtsynth::blocking_calls() > 0) rtsynth::print_blocking_calls();
    rtsynth::forgive_blocking_calls();
  }
  void report_query(const doctest::QueryData& /*data*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*stats*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*test*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*error*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*name*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*data*/) override {}
  void log_message(const doctest::MessageData& /*data*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*test*/) override {}
  static inline std::int64_t calls = 0;
};
DOCTEST_REGISTER_LISTENER("watcher", 1, Watcher);

}  // namespace
#endif

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
#if defined(RTSYNTH_WATCH)
  std::printf("[realtime] %lld sections of the audio thread watched, %lld calls that may block\n",
              static_cast<long long>(rtsynth::realtime_sections()),
              static_cast<long long>(Watcher::calls));
  if (Watcher::calls > 0) return 1;
#endif
  return failed;
}

namespace {
std::atomic<long> allocations{0};

[[maybe_unused]] void* counted(std::size_t size, std::size_t align) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + align - 1) / align * align;
  void* memory = align <= alignof(std::max_align_t) ? std::malloc(size == 0 ? 1 : size)
                                                    : std::aligned_alloc(align, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

long allocation_count() { return allocations.load(std::memory_order_relaxed); }

#if !defined(RTSYNTH_SANITIZED)  // a sanitizer brings its own
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
#endif
