#include "workers.h"

#include "load_meter.h"

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace rtsynth {
namespace {

// The segments of one block follow each other within this; blocks do not.
constexpr std::int64_t kSpinNs = 50'000;
constexpr std::uint32_t kLookAgain = 1024;  // segments, about a second
constexpr std::int32_t kPolicyStep = 256;   // priorities are 0..99

/// Of the calling thread: who it is.
std::uintptr_t this_thread() RT_SAFE {
#if defined(__linux__)
  RT_TRUSTED_BEGIN  // reads a register
      return static_cast<std::uintptr_t>(pthread_self());
  RT_TRUSTED_END
#else
  return 0;
#endif
}

/// Of the calling thread, or 0 where it is an ordinary one.
std::int32_t real_time_schedule() RT_SAFE {
#if defined(__linux__)
  RT_TRUSTED_BEGIN  // two system calls that only read, about once a second
      sched_param param{};
  const int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
  if ((policy != SCHED_FIFO && policy != SCHED_RR) || sched_getparam(0, &param) != 0) return 0;
  return policy * kPolicyStep + param.sched_priority;
  RT_TRUSTED_END
#else
  return 0;
#endif
}

/// One priority below `schedule`; where that is not allowed the thread stays what it is.
void schedule_below([[maybe_unused]] std::int32_t schedule) {
#if defined(__linux__)
  sched_param param{};
  const int policy = schedule == 0 ? SCHED_OTHER : schedule / kPolicyStep;
  param.sched_priority = schedule == 0 ? 0 : std::max(1, schedule % kPolicyStep - 1);
  (void)pthread_setschedparam(pthread_self(), policy, &param);
#endif
}

}  // namespace

void Workers::start(int threads, Unit* units) {
  stop();
  units_ = units;
  stop_.store(false);
  threads_ = threads;
  for (std::size_t i = 0; i < static_cast<std::size_t>(threads); ++i) {
    workers_[i] = std::thread([this, i] { run(i); });
  }
}

void Workers::stop() {
  stop_.store(true);
  held_.store(false);
  calls_.fetch_add(1);
  calls_.notify_all();
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
  threads_ = 0;
}

void Workers::wake(std::size_t end) RT_SAFE {
  end_.store(end, std::memory_order_relaxed);
  calls_.fetch_add(1, std::memory_order_release);
  const TrustedCall wake;  // a futex wake at most, where a worker sleeps: it waits for nobody
  RT_TRUSTED_BEGIN
  calls_.notify_all();
  RT_TRUSTED_END
}

/// A thread that ended leaves its id to the next one, which may be scheduled otherwise.
void Workers::follow_caller() RT_SAFE {
  const std::uintptr_t caller = this_thread();
  if (caller == caller_ && ++calls_since_look_ < kLookAgain) return;
  calls_since_look_ = 0;
  caller_ = caller;
  schedule_.store(real_time_schedule(), std::memory_order_relaxed);
}

void Workers::run(std::size_t number) {
  std::int32_t followed = 0;
  std::uint32_t seen = 0;
  for (;;) {
    seen = next_call(seen);
    if (stop_.load(std::memory_order_relaxed)) return;
    follow_schedule(followed);
    work(number);
  }
}

/// Every thread begins elsewhere, so that they seldom meet.
void Workers::work(std::size_t number) RT_SAFE {
  const DenormalGuard guard;
  const std::size_t end = end_.load(std::memory_order_relaxed);
  const std::size_t first = end * (number + 1) / (static_cast<std::size_t>(threads_) + 1);
  for (std::size_t i = 0; i < end; ++i) {
    Unit& unit = units_[(first + i) % end];
    if (!unit.take()) continue;
    while (held_.load(std::memory_order_relaxed)) relax();
    unit.render();
    rendered_.fetch_add(1, std::memory_order_relaxed);
    unit.done();
  }
}

/// Looks for a moment, then sleeps.
std::uint32_t Workers::next_call(std::uint32_t seen) {
  const std::int64_t until_ns = now_ns() + kSpinNs;
  while (calls_.load(std::memory_order_acquire) == seen) {
    if (now_ns() > until_ns) {
      calls_.wait(seen, std::memory_order_acquire);
    } else {
      relax();
    }
  }
  return calls_.load(std::memory_order_acquire);
}

void Workers::follow_schedule(std::int32_t& followed) {
  const std::int32_t schedule = schedule_.load(std::memory_order_relaxed);
  if (schedule == followed) return;
  followed = schedule;
  schedule_below(schedule);
}

}  // namespace rtsynth
