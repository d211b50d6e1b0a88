// The core as Python sees it (rtsynth/_core.pyi): arguments are checked here, nothing else is done.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "bind_arrays.h"
#include "bind_channels.h"
#include "bind_check.h"
#include "bind_jack.h"
#include "bind_settings.h"
#include "bind_stats.h"
#include "engine.h"
#include "null_device.h"
#include "pa_callback.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

using AudioOut = nb::ndarray<float, nb::shape<-1, 2>, nb::c_contig, nb::device::cpu>;
using FramesIn =
    nb::ndarray<const float, nb::shape<-1, kFrameValues>, nb::c_contig, nb::device::cpu>;
using NoteIn = nb::ndarray<const float, nb::shape<kNoteValues>, nb::c_contig, nb::device::cpu>;

/// Timbres from kTimbreSlots on are those of the middle takes.
TakeId take_id(int timbre, int key, int layer) {
  check(timbre >= 0 && timbre < 2 * static_cast<int>(kTimbreSlots), "no such timbre slot");
  check(key >= 0 && key < kKeys, "keys are 0..127");
  check(layer >= 0 && layer < static_cast<int>(kVelocityLayers), "no such velocity layer");
  return {timbre, key, layer};
}

nb::object read_requests(Engine& engine, int limit, double wait_ms) {
  std::vector<std::array<std::int32_t, 5>> rows;
  {
    const nb::gil_scoped_release release;
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::microseconds(static_cast<std::int64_t>(wait_ms * 1000.0));
    Request r;
    for (;;) {
      while (static_cast<int>(rows.size()) < limit && engine.requests().read(r)) {
        rows.push_back(
            {r.take.timbre, r.take.key, r.take.layer, r.first_frame, r.sounding ? 1 : 0});
      }
      if (!rows.empty() || std::chrono::steady_clock::now() >= until) break;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  }
  return as_array(rows);
}

bool put(Engine& engine, int timbre, int key, int layer, int first_frame, const FramesIn& frames,
         const NoteIn& note) {
  const TakeId id = take_id(timbre, key, layer);
  const int page = static_cast<int>(kPageFrames);
  check(first_frame >= 0 && first_frame % page == 0,
        "first_frame must be a multiple of PAGE_FRAMES");
  check(frames.shape(0) % kPageFrames == 0, "frames must be whole pages");
  const nb::gil_scoped_release release;
  return engine.takes().put(id, first_frame / page, {frames.data(), frames.size()},
                            {note.data(), note.size()});
}

nb::object read_reading(Engine& engine, int timbre) {
  std::vector<std::array<std::int32_t, 3>> rows;
  for (const Reading& r : engine.takes().reading(slot_of(timbre))) {
    rows.push_back({r.key, r.layer, r.frame});
  }
  return as_array(rows);
}

/// Two float arrays, or None.
nb::object read_first_page(Engine& engine, int timbre, int key, int layer) {
  std::vector<std::array<float, kFrameValues>> frames(kPageFrames);
  std::vector<std::array<float, kNoteValues>> note(1);
  const TakeId id = {slot_of(timbre), take_id(timbre, key, layer).key, layer};
  if (!engine.takes().first_page(id, {frames[0].data(), kPageValues}, note[0])) return nb::none();
  return nb::make_tuple(as_array(frames), as_array(note));
}

nb::object read_trace(Engine& engine) {
  std::vector<std::array<std::int64_t, 4>> rows;
  Trace::Row row;
  while (engine.trace().read(row)) {
    rows.push_back({row.note, row.due, row.first_sound, row.first_own});
  }
  return as_array(rows);
}

void init_engine(Engine* self, double rate_hz, int polyphony, std::int64_t arena_mib,
                 std::int64_t seed, float variation, int frame_bits, int render_threads) {
  check(arena_mib >= 0 && arena_mib < (std::int64_t{1} << 20), "the arena's size is out of range");
  check(frame_bits == 8 || frame_bits == 16, "frames have 8 or 16 bits");
  const nb::gil_scoped_release release;
  new (self) Engine({rate_hz, polyphony, static_cast<std::size_t>(arena_mib) << 20,
                     static_cast<std::uint64_t>(seed), variation,
                     static_cast<FrameFormat>(frame_bits), render_threads});
}

void bind_takes(nb::class_<Engine>& engine) {
  engine.def("requests", &read_requests, "limit"_a, "wait_ms"_a)
      .def("put", &put, "timbre"_a, "key"_a, "layer"_a, "first_frame"_a, "frames"_a, "note"_a)
      .def(
          "frames_ready",
          [](Engine& e, int timbre, int key, int layer) {
            return e.takes().pages_of(take_id(timbre, key, layer)) * static_cast<int>(kPageFrames);
          },
          "timbre"_a, "key"_a, "layer"_a)
      .def(
          "drop",
          [](Engine& e, int timbre, int key, int layer) {
            e.takes().drop(take_id(timbre, key, layer));
          },
          "timbre"_a, "key"_a, "layer"_a)
      .def("first_page", &read_first_page, "timbre"_a, "key"_a, "layer"_a)
      .def("reading", &read_reading, "timbre"_a)
      .def(
          "drop_timbre",
          [](Engine& e, int timbre) { return e.takes().drop_timbre(slot_of(timbre)); }, "timbre"_a);
}

void bind_output(nb::class_<Engine>& engine) {
  engine
      .def(
          "render",
          [](Engine& e, AudioOut out) {
            const nb::gil_scoped_release release;
            e.render(out.data(), static_cast<int>(out.shape(0)), {}, Pace::kOffline);
          },
          nb::arg("out").noconvert())
      .def("callback_address",
           [](Engine&) {
             const PaCallback callback = pa_callback;
             return reinterpret_cast<std::uintptr_t>(callback);
           })
      .def("user_data", [](Engine& e) { return reinterpret_cast<std::uintptr_t>(&e); })
      .def(
          "tap", [](Engine& e, bool on) { e.tap().turn(on); }, "on"_a)
      .def(
          "read_tap",
          [](Engine& e, AudioOut out) {
            std::int64_t sample = 0;
            const std::size_t count = e.tap().read(out.data(), out.shape(0), sample);
            return std::make_pair(count, sample);
          },
          nb::arg("out").noconvert())
      .def("stats", &stats_of)
      .def("lateness",
           [](Engine& e) {
             nb::list found;
             for (std::size_t step = 0; step < LiveClock::kLateSteps; ++step) {
               found.append(e.live_clock().late_blocks(step));
             }
             return found;
           })
      .def("reset_peaks",
           [](Engine& e) {
             e.load().reset_peak();
             e.output().reset_peaks();
           })
      .def("trace", &read_trace);
}

}  // namespace
}  // namespace rtsynth

NB_MODULE(_core, m) {
  using namespace rtsynth;
  m.attr("CONTRACT_VERSION") = kContractVersion;
  m.attr("LATE_STEP_MS") = LiveClock::kLateStepNs * 1e-6;
  bind_stats(m);
  bind_channels(m);
  nb::class_<Engine> engine(m, "Engine");
  engine.def("__init__", &init_engine, "rate_hz"_a, "polyphony"_a = 128, "arena_mib"_a = 128,
             "seed"_a = 0, "variation"_a = 1.0F, "frame_bits"_a = 16, "render_threads"_a = 0);
  engine.def_prop_ro("rate_hz", [](Engine& e) { return e.config().rate_hz; })
      .def("set_rate", &Engine::set_rate, "rate_hz"_a)
      .def_prop_ro("polyphony", [](Engine& e) { return e.config().polyphony; });
  bind_settings(m, engine);
  bind_takes(engine);
  bind_output(engine);
  bind_jack(m);
  nb::class_<NullDevice>(m, "NullDevice")
      .def(nb::init<Engine&, int>(), "engine"_a, "block_samples"_a, nb::keep_alive<1, 2>())
      .def("start", &NullDevice::start)
      .def("stop", &NullDevice::stop, nb::call_guard<nb::gil_scoped_release>());
}
