/// Counters and gauges as Python sees them.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>

#include "link.h"

namespace rtsynth {

/// Stats of _core.pyi, copied at one moment.
struct Stats {
  std::int64_t clock_samples, voices;
  float load, load_peak;
  std::int64_t overruns;
  std::int64_t notes, cache_hits, cache_misses, late_frames, arrivals, stolen, xruns,
      events_dropped;
  std::int64_t requests_dropped, tap_dropped, nonfinite, limited;
  float peak_left, peak_right;
  std::int64_t takes, arena_used_bytes, arena_bytes, callbacks, block_samples, units_late;
};

/// [any]
[[nodiscard]] Stats stats_of(Link& link);

/// [control] Adds the class to the module.
void bind_stats(nanobind::module_& m);

}  // namespace rtsynth
