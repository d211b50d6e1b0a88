#include "bind_stats.h"

namespace rtsynth {

Stats stats_of(Link& link) {
  const Counters& c = link.counters();
  const TakeStore& takes = link.takes();
  return {c.clock_samples.get(),  c.voices.get(),
          link.load().load(),     link.load().peak(),
          link.load().overruns(), c.notes.get(),
          c.cache_hits.get(),     c.cache_misses.get(),
          c.late_frames.get(),    c.arrivals.get(),
          c.stolen.get(),         c.xruns.get(),
          link.events_dropped(),  link.requests().refused(),
          c.tap_dropped.get(),    c.nonfinite.get(),
          c.limited.get(),        link.peaks().get(0),
          link.peaks().get(1),    takes.takes(),
          takes.used_bytes(),     takes.arena_bytes(),
          c.callbacks.get(),      c.block_samples.get(),
          c.units_late.get()};
}

void bind_stats(nanobind::module_& m) {
  nanobind::class_<Stats>(m, "Stats")
      .def_rw("clock_samples", &Stats::clock_samples)
      .def_rw("voices", &Stats::voices)
      .def_rw("load", &Stats::load)
      .def_rw("load_peak", &Stats::load_peak)
      .def_rw("overruns", &Stats::overruns)
      .def_rw("notes", &Stats::notes)
      .def_rw("cache_hits", &Stats::cache_hits)
      .def_rw("cache_misses", &Stats::cache_misses)
      .def_rw("late_frames", &Stats::late_frames)
      .def_rw("arrivals", &Stats::arrivals)
      .def_rw("stolen", &Stats::stolen)
      .def_rw("xruns", &Stats::xruns)
      .def_rw("events_dropped", &Stats::events_dropped)
      .def_rw("requests_dropped", &Stats::requests_dropped)
      .def_rw("tap_dropped", &Stats::tap_dropped)
      .def_rw("nonfinite", &Stats::nonfinite)
      .def_rw("limited", &Stats::limited)
      .def_rw("peak_left", &Stats::peak_left)
      .def_rw("peak_right", &Stats::peak_right)
      .def_rw("takes", &Stats::takes)
      .def_rw("arena_used_bytes", &Stats::arena_used_bytes)
      .def_rw("arena_bytes", &Stats::arena_bytes)
      .def_rw("callbacks", &Stats::callbacks)
      .def_rw("block_samples", &Stats::block_samples)
      .def_rw("units_late", &Stats::units_late);
}

}  // namespace rtsynth
