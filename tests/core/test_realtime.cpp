// The watch over the audio thread sees every kind of call that may block; and there are none.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include "helpers.h"
#include "jack_process.h"
#include "pa_callback.h"
#include "realtime_watch.h"

using namespace rtsynth;

namespace {

/// Is a call of `function` counted that `act` makes inside the audio thread? Then it is forgiven.
bool seen(const char* function, const std::function<void()>& act) {
  REQUIRE(blocking_calls() == 0);
  {
    const DenormalGuard door;
    act();
  }
  const bool found = blocking_calls() > 0 && was_called(function);
  forgive_blocking_calls();
  return found;
}

}  // namespace

TEST_CASE("the watch sees memory, locks, waits, files and exceptions") {
  void* volatile memory = nullptr;  // or the compiler leaves the pair out
  CHECK(seen("malloc", [&] { memory = std::malloc(10); }));
  CHECK(seen("realloc", [&] { memory = std::realloc(memory, 1000); }));
  CHECK(seen("free", [&] { std::free(memory); }));
  CHECK(seen("calloc", [&] { memory = std::calloc(2, 5); }));
  std::free(memory);
  CHECK(seen("aligned_alloc", [&] { memory = std::aligned_alloc(64, 64); }));
  std::free(memory);
  CHECK(seen("mmap",
             [&] { memory = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }));
  CHECK(seen("munmap", [&] { munmap(memory, 4096); }));
  std::mutex mutex;
  CHECK(seen("pthread_mutex_lock", [&] { const std::lock_guard<std::mutex> lock(mutex); }));
  std::shared_mutex shared;
  CHECK(seen("pthread_rwlock_rdlock", [&] { const std::shared_lock lock(shared); }));
  std::condition_variable condition;
  std::unique_lock<std::mutex> lock(mutex);
  CHECK(seen("pthread_cond_clockwait",
             [&] { condition.wait_for(lock, std::chrono::microseconds(1)); }));
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  CHECK(seen("sem_wait", [&] { sem_wait(&semaphore); }));
  CHECK(seen("sched_yield", [] { std::this_thread::yield(); }));
  CHECK(seen("nanosleep", [] { std::this_thread::sleep_for(std::chrono::microseconds(1)); }));
  CHECK(seen("usleep", [] { usleep(1); }));
  CHECK(seen("poll", [] { poll(nullptr, 0, 0); }));
  std::atomic<int> word{0};
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    word.store(1);
    word.notify_all();
  });
  CHECK(seen("syscall", [&] { word.wait(0); }));  // a futex
  waker.join();
  CHECK(seen("open", [] { close(open("/dev/null", O_RDONLY)); }));
  CHECK(seen("fopen", [] { std::fclose(std::fopen("/dev/null", "r")); }));
  CHECK(seen("printf", [] { std::printf("%.1f is printed on purpose\n", 0.5); }));
  CHECK(seen("__cxa_throw", [] {
    try {
      throw 1;
    } catch (int) {
    }
  }));
  CHECK_FALSE(seen("malloc", [] {}));
  memory = std::malloc(10);  // outside the door nothing is counted
  std::free(memory);
  CHECK(blocking_calls() == 0);
}

TEST_CASE("every thread that renders goes through the door that is watched") {
  const std::int64_t before = realtime_sections();
  auto engine = make_engine();
  render(*engine, 640, 64);
  CHECK(realtime_sections() - before >= 10);
}

TEST_CASE("a JACK client's period is watched as a whole, from its first buffer on") {
  REQUIRE(blocking_calls() == 0);
  auto engine = make_engine();
  JackLibrary library{};
  library.port_get_buffer = [](void* port, std::uint32_t) {
    void* volatile memory = std::malloc(10);  // or the compiler leaves the pair out
    std::free(memory);
    return port;
  };
  library.midi_get_event_count = [](void*) { return std::uint32_t{0}; };
  std::vector<float> left(64), right(64);
  char midi = 0;
  JackProcess process(*engine, library, {&midi, left.data(), right.data()});
  process.process(64);
  CHECK(blocking_calls() >= 3);  // one for each port at least
  forgive_blocking_calls();
}

TEST_CASE("PortAudio's callback is watched as a whole: it goes through a door of its own") {
  auto engine = make_engine();
  std::vector<float> out(2 * 64);
  const std::int64_t before = realtime_sections();
  engine->render(out.data(), 64);
  const std::int64_t of_render = realtime_sections() - before;
  pa_callback(nullptr, out.data(), 64, nullptr, 0, engine.get());
  CHECK(realtime_sections() - before == 2 * of_render + 1);
}
