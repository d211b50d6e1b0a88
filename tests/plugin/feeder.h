// A server for the tests that makes takes: on a thread of its own, as one in another process would.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench.h"

namespace rtsynth::plugin {

/// Follows one instance until it ends, or is stopped.
class Feeder {
 public:
  Feeder(Bench& bench, FakeServer& server) : link_(bench.meet(server)) {
    thread_ = std::thread([this] {
      while (!ends_.load()) {
        if (!stalls_.load()) feed();
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
    });
  }
  ~Feeder() {
    ends_.store(true);
    thread_.join();
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  /// As a process that was stopped.
  void stall(bool on) { stalls_.store(on); }
  [[nodiscard]] int made() const { return made_.load(); }
  /// Work is put off by so many samples from now on; 0: none is.
  void put_off(std::int64_t samples) {
    const std::lock_guard lock(mutex_);
    puts_off_ = samples;
    asked_.clear();
  }
  /// Samples at which an offline instance waited for it.
  [[nodiscard]] std::vector<std::int64_t> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  /// Slots of the program changes that were played, as the audio thread knew them.
  [[nodiscard]] std::vector<int> brought() {
    const std::lock_guard lock(mutex_);
    return brought_;
  }

 private:
  /// Controller 74 says to which slot every program brings its channel from then on.
  void follow(const Heard& heard) {
    const int channel = heard.status & 0x0F;
    if ((heard.status & 0xF0) == 0xC0) {
      const std::lock_guard lock(mutex_);
      brought_.push_back(heard.slot);
    } else if ((heard.status & 0xF0) == 0xB0 && heard.data1 == 74) {
      for (int i = 0; i < Programs::kPrograms; ++i) link_.programs().set(channel, i, heard.data2);
    }
  }

  void feed() {
    Heard heard;
    while (link_.heard().read(heard)) follow(heard);
    for (; const HostValue* told = link_.data().told.peek(); link_.data().told.pop()) {
      if (told->index != HostValue::kAllTold) continue;
      const std::lock_guard lock(mutex_);
      asked_.push_back(told->sample);
    }
    const std::lock_guard lock(mutex_);
    link_.settle(puts_off_ == 0 || asked_.empty() ? kNeverAgain : asked_.back() + puts_off_);
    Request request;
    while (link_.requests().read(request)) {
      const int page = request.first_frame / int{kPageFrames};
      if (!request.take.is_sound() || link_.takes().pages_of(request.take) != page) continue;
      TakeSpec spec = lively_spec();
      spec.pages = 1;
      if (put_take(link_.takes(), request.take, spec, page)) made_.fetch_add(1);
    }
  }

  Link link_;
  std::atomic<bool> ends_{false};
  std::atomic<bool> stalls_{false};
  std::atomic<int> made_{0};
  std::mutex mutex_;  // of the next three
  std::vector<int> brought_;
  std::int64_t puts_off_ = 0;
  std::vector<std::int64_t> asked_;
  std::thread thread_;
};

}  // namespace rtsynth::plugin
