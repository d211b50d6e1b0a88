/// What every real-time safe line of the core is written with. Depends on nothing else here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__SSE__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

/// Real-time safe: no allocation, lock, wait, log or exception in it or below it. Clang 20 and
/// later check it (-Wfunction-effects, see the CMake target rt_check).
#if defined(__clang__) && __clang_major__ >= 20
#define RT_SAFE noexcept [[clang::nonblocking]]
/// Around a line that the compiler cannot see into, with the reason why it is safe beside it.
#define RT_TRUSTED_BEGIN \
  _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wfunction-effects\"")
#define RT_TRUSTED_END _Pragma("clang diagnostic pop")
#else
#define RT_SAFE noexcept
#define RT_TRUSTED_BEGIN
#define RT_TRUSTED_END
#endif

#if defined(__GNUC__)
#define RT_INLINE __attribute__((always_inline)) inline
#else
#define RT_INLINE __forceinline
#endif

/// Before a loop over a group's lanes: it becomes a few registers, not sixteen copies.
#if defined(__GNUC__) && !defined(__clang__)
#define RT_LANES _Pragma("GCC unroll 1")
/// Before a loop over samples that hands values from one to the next: fewer moves.
#define RT_UNROLL _Pragma("GCC unroll 4")
#else
#define RT_LANES
#define RT_UNROLL
#endif

/// Fetches the cache line of an address that is read soon.
#if defined(__GNUC__)
#define RT_PREFETCH(address) __builtin_prefetch(address, 0, 2)
#else
#define RT_PREFETCH(address) static_cast<void>(address)
#endif

#if defined(__has_feature)
#if __has_feature(realtime_sanitizer)
#define RT_SANITIZED 1
extern "C" void __rtsan_disable() noexcept [[clang::nonblocking]];
extern "C" void __rtsan_enable() noexcept [[clang::nonblocking]];
#endif
#endif

#if defined(RTSYNTH_WATCH)  // the tests count what a thread calls between these two
extern "C" void rtsynth_realtime_begin() RT_SAFE;
extern "C" void rtsynth_realtime_end() RT_SAFE;
#endif

namespace rtsynth {

/// While it lives RealtimeSanitizer, which takes every system call for a wait, looks away: around
/// one that does not wait, with the reason beside it.
class TrustedCall {
 public:
  /// [audio]
  TrustedCall() RT_SAFE {
#if defined(RT_SANITIZED)
    __rtsan_disable();
#endif
  }
  /// [audio]
  ~TrustedCall() RT_SAFE {
#if defined(RT_SANITIZED)
    __rtsan_enable();
#endif
  }
  TrustedCall(const TrustedCall&) = delete;
  TrustedCall& operator=(const TrustedCall&) = delete;
};

/// What lies in memory that processes share must not hide a lock.
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::int32_t>::is_always_lock_free);
static_assert(std::atomic<std::int16_t>::is_always_lock_free);
static_assert(std::atomic<double>::is_always_lock_free);
static_assert(std::atomic<float>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

/// Bytes that two threads should not both write to.
inline constexpr std::size_t kCacheLine = 64;

/// Controllers, pitch and gains are looked at when the clock is a multiple of this.
inline constexpr int kTickSamples = 64;

/// Flushes denormals to zero while it lives: the quiet end of a decay would cost 100 times more.
/// Every thread that renders holds one, so this is the door at which the tests watch it.
class DenormalGuard {
 public:
  /// [audio]
  DenormalGuard() RT_SAFE {
#if defined(RTSYNTH_WATCH)
    rtsynth_realtime_begin();
#endif
#if defined(__SSE__) || defined(_M_X64)
    saved_ = _mm_getcsr();
    _mm_setcsr(static_cast<unsigned>(saved_) | 0x8040U);  // FTZ and DAZ
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(saved_));
    const std::uint64_t flush = saved_ | (std::uint64_t{1} << 24);  // FZ
    __asm__ __volatile__("msr fpcr, %0" ::"r"(flush));
#endif
  }
  /// [audio]
  ~DenormalGuard() RT_SAFE {
#if defined(RTSYNTH_WATCH)
    rtsynth_realtime_end();
#endif
#if defined(__SSE__) || defined(_M_X64)
    _mm_setcsr(static_cast<unsigned>(saved_));
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ __volatile__("msr fpcr, %0" ::"r"(saved_));
#endif
  }
  DenormalGuard(const DenormalGuard&) = delete;
  DenormalGuard& operator=(const DenormalGuard&) = delete;

 private:
  std::uint64_t saved_ = 0;
};

/// Between two looks at what another thread is about to write.
inline void relax() RT_SAFE {
#if defined(__SSE__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ __volatile__("yield");
#endif
}

/// A counter with one writer and any number of readers.
class Counter {
 public:
  /// [audio] Only ever from the one thread that owns the counter.
  void add(std::int64_t n = 1) RT_SAFE {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// [audio] As a gauge.
  void set(std::int64_t n) RT_SAFE { value_.store(n, std::memory_order_relaxed); }
  /// [any]
  [[nodiscard]] std::int64_t get() const RT_SAFE { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Mixes the bits of `x` (the finaliser of SplitMix64): all chance in the core comes from here.
[[nodiscard]] constexpr std::uint64_t hash_bits(std::uint64_t x) RT_SAFE {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace rtsynth
