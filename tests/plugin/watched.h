// That the watch over the audio thread saw what a test's host called, where the build has it.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#if defined(RTSYNTH_WATCH)
#include "realtime_watch.h"
#endif

namespace rtsynth::plugin {

/// From here to its end at least so many calls of the audio thread are seen, none of which waits,
/// locks or takes memory.
class Watched {
 public:
  explicit Watched([[maybe_unused]] std::int64_t calls) {
#if defined(RTSYNTH_WATCH)
    least_ = realtime_sections() + calls;
#endif
  }
  ~Watched() {
#if defined(RTSYNTH_WATCH)
    CHECK(realtime_sections() >= least_);
    CHECK(blocking_calls() == 0);
#endif
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  [[maybe_unused]] std::int64_t least_ = 0;
};

}  // namespace rtsynth::plugin
