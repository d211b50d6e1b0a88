// The C library's functions that the audio thread may not call, each with a counter before it.
#include "realtime_watch.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>

extern "C" {
// glibc's own names of what stands behind malloc and its family
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

// Called by DenormalGuard, which every thread that renders holds (RTSYNTH_WATCH).
void rtsynth_realtime_begin() noexcept;
void rtsynth_realtime_end() noexcept;
}

namespace {

constexpr int kMostFrames = 24;
constexpr int kMostShown = 8;

struct Call {
  const char* function = "";
  const char* test = "";
  void* frames[kMostFrames] = {};
  int depth = 0;
};

thread_local int inside = 0;  // how many doors the thread is behind
std::atomic<std::int64_t> sections{0};
std::atomic<std::int64_t> calls{0};
std::atomic<const char*> running_test{""};
std::atomic<int> shown_count{0};
Call shown[kMostShown];

void note(const char* function) {
  if (inside == 0) return;
  const int saved = inside;
  inside = 0;  // what follows may allocate
  calls.fetch_add(1);
  const int index = shown_count.fetch_add(1);
  if (index < kMostShown) {
    Call& call = shown[index];
    call.function = function;
    call.test = running_test.load();
    call.depth = backtrace(call.frames, kMostFrames);
  }
  inside = saved;
}

void* next(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    std::fprintf(stderr, "realtime_watch: the C library has no %s\n", name);
    _exit(2);
  }
  return found;
}

using Whole = long (*)(long, long, long, long, long, long);

}  // namespace

#define WATCHED __attribute__((visibility("default"), used))
// Integers and pointers, six at most, in registers: what is passed on is what came, whatever the
// function's own types. So no header's declaration is in the way.
#define WATCH(name)                                                                          \
  extern "C" WATCHED long watched_##name(long, long, long, long, long, long) __asm__(#name); \
  long watched_##name(long a, long b, long c, long d, long e, long f) {                      \
    static const auto real = reinterpret_cast<Whole>(next(#name));                           \
    note(#name);                                                                             \
    return real(a, b, c, d, e, f);                                                           \
  }

extern "C" {
WATCHED void* watched_malloc(std::size_t size) __asm__("malloc");
void* watched_malloc(std::size_t size) {
  note("malloc");
  return __libc_malloc(size);
}
WATCHED void* watched_calloc(std::size_t count, std::size_t size) __asm__("calloc");
void* watched_calloc(std::size_t count, std::size_t size) {
  note("calloc");
  return __libc_calloc(count, size);
}
WATCHED void* watched_realloc(void* memory, std::size_t size) __asm__("realloc");
void* watched_realloc(void* memory, std::size_t size) {
  note("realloc");
  return __libc_realloc(memory, size);
}
WATCHED void watched_free(void* memory) __asm__("free");
void watched_free(void* memory) {
  if (memory != nullptr) note("free");
  __libc_free(memory);
}
WATCHED void* watched_aligned_alloc(std::size_t, std::size_t) __asm__("aligned_alloc");
void* watched_aligned_alloc(std::size_t align, std::size_t size) {
  note("aligned_alloc");
  return __libc_memalign(align, size);
}
WATCHED void* watched_memalign(std::size_t, std::size_t) __asm__("memalign");
void* watched_memalign(std::size_t align, std::size_t size) {
  note("memalign");
  return __libc_memalign(align, size);
}
WATCHED int watched_posix_memalign(void**, std::size_t, std::size_t) __asm__("posix_memalign");
int watched_posix_memalign(void** memory, std::size_t align, std::size_t size) {
  note("posix_memalign");
  *memory = __libc_memalign(align, size);
  return *memory == nullptr ? 12 : 0;  // ENOMEM
}

// Waking is allowed, anything else through syscall() is not: std::atomic::wait and futexes.
WATCHED long watched_syscall(long, long, long, long, long, long, long) __asm__("syscall");
long watched_syscall(long number, long a, long b, long c, long d, long e, long f) {
  using Syscall = long (*)(long, long, long, long, long, long, long);
  static const auto real = reinterpret_cast<Syscall>(next("syscall"));
  const long operation = b & ~long{FUTEX_PRIVATE_FLAG};
  if (number != SYS_futex || operation != FUTEX_WAKE) note("syscall");
  return real(number, a, b, c, d, e, f);
}

void rtsynth_realtime_begin() noexcept {
  ++inside;
  sections.fetch_add(1, std::memory_order_relaxed);
}
void rtsynth_realtime_end() noexcept { --inside; }
}

WATCH(mmap)
WATCH(munmap)
WATCH(mprotect)
WATCH(madvise)
WATCH(brk)
WATCH(sbrk)
WATCH(pthread_mutex_lock)
WATCH(pthread_mutex_trylock)
WATCH(pthread_mutex_timedlock)
WATCH(pthread_spin_lock)
WATCH(pthread_rwlock_rdlock)
WATCH(pthread_rwlock_wrlock)
WATCH(pthread_cond_wait)
WATCH(pthread_cond_timedwait)
WATCH(pthread_cond_clockwait)
WATCH(pthread_mutex_clocklock)
WATCH(sem_clockwait)
WATCH(pthread_create)
WATCH(pthread_join)
WATCH(pthread_barrier_wait)
WATCH(sem_wait)
WATCH(sem_timedwait)
WATCH(sched_yield)
WATCH(nanosleep)
WATCH(clock_nanosleep)
WATCH(usleep)
WATCH(sleep)
WATCH(poll)
WATCH(ppoll)
WATCH(select)
WATCH(epoll_wait)
WATCH(read)
WATCH(write)
WATCH(readv)
WATCH(writev)
WATCH(open)
WATCH(openat)
WATCH(close)
WATCH(ioctl)
WATCH(send)
WATCH(recv)
WATCH(sendto)
WATCH(recvfrom)
WATCH(fopen)
WATCH(fclose)
WATCH(fread)
WATCH(fwrite)
WATCH(fflush)
WATCH(fputs)
WATCH(fputc)
WATCH(puts)
WATCH(putchar)
WATCH(vprintf)
WATCH(vfprintf)
WATCH(dlopen)
WATCH(__cxa_throw)

// Variable arguments may be floating-point numbers: these go on as a list.
#include <cstdarg>
#define WATCH_PRINT(name, type, first)                       \
  extern "C" WATCHED int watched_##name type __asm__(#name); \
  int watched_##name type {                                  \
    note(#name);                                             \
    std::va_list list;                                       \
    va_start(list, format);                                  \
    const int done = std::vfprintf(first, format, list);     \
    va_end(list);                                            \
    return done;                                             \
  }
WATCH_PRINT(printf, (const char* format, ...), stdout)
WATCH_PRINT(fprintf, (std::FILE * file, const char* format, ...), file)
WATCH_PRINT(__printf_chk, ([[maybe_unused]] int flag, const char* format, ...), stdout)
WATCH_PRINT(__fprintf_chk, (std::FILE * file, [[maybe_unused]] int flag, const char* format, ...),
            file)

namespace rtsynth {

std::int64_t blocking_calls() { return calls.load(); }
bool was_called(const char* function) {
  for (const Call& call : shown) {
    if (std::strcmp(call.function, function) == 0) return true;
  }
  return false;
}
std::int64_t realtime_sections() { return sections.load(); }
void watch_test(const char* name) { running_test.store(name); }
void forgive_blocking_calls() {
  calls.store(0);
  shown_count.store(0);
  for (Call& call : shown) call = {};
}

void print_blocking_calls() {
  const int count = shown_count.load();
  for (int i = 0; i < count && i < kMostShown; ++i) {
    std::fprintf(stderr, "REALTIME VIOLATION: %s in the audio thread, in the test \"%s\"\n",
                 shown[i].function, shown[i].test);
    std::fflush(stderr);
    backtrace_symbols_fd(shown[i].frames, shown[i].depth, 2);
  }
}

}  // namespace rtsynth
