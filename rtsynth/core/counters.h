/// Everything that is counted: errors of the core end here, and nowhere else.
#pragma once

#include "rt.h"

namespace rtsynth {

/// Written by the audio thread, read by any.
struct Counters {
  Counter clock_samples;
  Counter voices;
  Counter held;  // of those, by keys or pedals
  Counter notes;
  Counter cache_hits;
  Counter cache_misses;
  Counter late_frames;
  Counter arrivals;
  Counter stolen;
  Counter units_late;
  Counter xruns;
  Counter tap_dropped;
  Counter nonfinite;
  Counter limited;
  Counter callbacks;
  Counter block_samples;
  Counter unsound_events;
};

}  // namespace rtsynth
