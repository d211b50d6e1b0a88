// The core as Python sees it (rtsynth/_core.pyi): arguments are checked here, nothing else is done.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>

#include <utility>
#include <vector>

#include "bind_arrays.h"
#include "bind_channels.h"
#include "bind_check.h"
#include "bind_jack.h"
#include "bind_link.h"
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

nb::object read_trace(Engine& engine) {
  std::vector<std::array<std::int64_t, 4>> rows;
  Trace::Row row;
  while (engine.trace().read(row)) {
    rows.push_back({row.note, row.due, row.first_sound, row.first_own});
  }
  return as_array(rows);
}

void init_engine(Engine* self, double rate_hz, int polyphony, std::int64_t arena_mib,
                 std::int64_t seed, float variation, int frame_bits, int render_threads,
                 bool shared) {
  check(arena_mib >= 0 && arena_mib < (std::int64_t{1} << 20), "the arena's size is out of range");
  check(frame_bits == 8 || frame_bits == 16, "frames have 8 or 16 bits");
  const nb::gil_scoped_release release;
  new (self)
      Engine({rate_hz, polyphony, static_cast<std::size_t>(arena_mib) << 20,
              static_cast<std::uint64_t>(seed), variation, static_cast<FrameFormat>(frame_bits),
              render_threads, shared ? Link::Memory::kShared : Link::Memory::kPrivate});
}

void bind_output(nb::class_<Engine, Link>& engine) {
  engine
      .def(
          "render",
          [](Engine& e, AudioOut out) {
            const nb::gil_scoped_release release;
            e.render(out.data(), static_cast<int>(out.shape(0)), {}, Pace::kOffline);
          },
          nb::arg("out").noconvert())
      .def(
          "insist",
          [](Engine& e, int samples) {
            const bool lacks = e.voices().lacks(samples);
            if (lacks) e.voices().insist(samples);
            return lacks;
          },
          "samples"_a)
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
      .def("lateness",
           [](Engine& e) {
             nb::list found;
             for (std::size_t step = 0; step < LiveClock::kLateSteps; ++step) {
               found.append(e.live_clock().late_blocks(step));
             }
             return found;
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
  nb::class_<Link> link(m, "Link");
  bind_link(m, link);
  bind_settings(m, link);
  bind_takes(link);
  bind_heard(link);
  nb::class_<Engine, Link> engine(m, "Engine");
  engine
      .def("__init__", &init_engine, "rate_hz"_a, "polyphony"_a = 128, "arena_mib"_a = 128,
           "seed"_a = 0, "variation"_a = 1.0F, "frame_bits"_a = 16, "render_threads"_a = 0,
           "shared"_a = false)
      .def("set_rate", &Engine::set_rate, "rate_hz"_a);
  bind_output(engine);
  bind_jack(m);
  nb::class_<NullDevice>(m, "NullDevice")
      .def(nb::init<Engine&, int>(), "engine"_a, "block_samples"_a, nb::keep_alive<1, 2>())
      .def("start", &NullDevice::start)
      .def("stop", &NullDevice::stop, nb::call_guard<nb::gil_scoped_release>());
}
