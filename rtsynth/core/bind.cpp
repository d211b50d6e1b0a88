// The core as Python sees it (rtsynth/_core.pyi): arguments are checked here, nothing else is done.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string_view.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bind_arrays.h"
#include "bind_jack.h"
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

void check(bool good, const char* message) {
  if (!good) throw std::invalid_argument(message);
}

int slot_of(int timbre) {
  check(timbre >= 0 && timbre < static_cast<int>(kTimbreSlots), "no such timbre slot");
  return timbre;
}

/// Timbres from kTimbreSlots on are those of the middle takes.
TakeId take_id(int timbre, int key, int layer) {
  check(timbre >= 0 && timbre < 2 * static_cast<int>(kTimbreSlots), "no such timbre slot");
  check(key >= 0 && key < kKeys, "keys are 0..127");
  check(layer >= 0 && layer < static_cast<int>(kVelocityLayers), "no such velocity layer");
  return {timbre, key, layer};
}

Event channel_event(Event::Kind kind, int channel, float value, std::int64_t at_sample) {
  check(channel >= 0 && channel < kChannels, "channels are 0..15");
  Event event;
  event.kind = kind;
  event.status = static_cast<std::uint8_t>(channel);
  event.value = value;
  event.due = at_sample;
  return event;
}

bool send_midi(Engine& engine, int status, int data1, int data2, std::int64_t due,
               std::int64_t live_ns) {
  check(status >= 0x80 && status <= 0xFF, "a status byte is 128..255");
  check(data1 >= 0 && data1 <= 127 && data2 >= 0 && data2 <= 127, "data bytes are 0..127");
  if (status >= 0xF0) return true;  // system messages are for no voice
  Event event;
  event.status = static_cast<std::uint8_t>(status);
  event.data1 = static_cast<std::uint8_t>(data1);
  event.data2 = static_cast<std::uint8_t>(data2);
  event.due = due;
  event.live_ns = live_ns;
  return engine.send(event);
}

bool send_gain(Engine& engine, float gain_db, std::int64_t at_sample) {
  check(!std::isnan(gain_db), "the gain is not a number");
  const float most_db = 40.0F;
  const float gain =
      gain_db <= -120.0F ? 0.0F : std::pow(10.0F, std::min(gain_db, most_db) / 20.0F);
  return engine.send(channel_event(Event::Kind::kGain, 0, gain, at_sample));
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

void bind_events(nb::class_<Engine>& engine) {
  engine
      .def(
          "midi",
          [](Engine& e, int status, int data1, int data2, std::int64_t at_sample) {
            return send_midi(e, status, data1, data2, at_sample, 0);
          },
          "status"_a, "data1"_a, "data2"_a, "at_sample"_a = Event::kNow)
      .def(
          "midi_live",
          [](Engine& e, int status, int data1, int data2, std::int64_t time_ns) {
            return send_midi(e, status, data1, data2, Event::kNow, time_ns);
          },
          "status"_a, "data1"_a, "data2"_a, "time_ns"_a)
      .def(
          "set_timbre",
          [](Engine& e, int channel, int slot, std::int64_t at_sample, std::int32_t change) {
            const auto value = static_cast<float>(slot == -1 ? slot : slot_of(slot));
            Event event = channel_event(Event::Kind::kTimbre, channel, value, at_sample);
            event.change = change;
            return e.send(event);
          },
          "channel"_a, "slot"_a, "at_sample"_a = Event::kNow, "change"_a = Event::kAnyChange)
      .def("set_gain_db", &send_gain, "gain_db"_a, "at_sample"_a = Event::kNow)
      .def(
          "set_bend_range",
          [](Engine& e, int channel, float semitones, std::int64_t at_sample) {
            check(semitones >= 0.0F && semitones <= 96.0F, "a bend range is 0..96 semitones");
            return e.send(channel_event(Event::Kind::kBendRange, channel, semitones, at_sample));
          },
          "channel"_a, "semitones"_a, "at_sample"_a = Event::kNow)
      .def("panic", [](Engine& e) {
        return e.send(channel_event(Event::Kind::kPanic, 0, 0.0F, Event::kNow));
      });
}

bool set_parameter(Engine& engine, std::string_view name, float value, int channel,
                   std::int64_t at_sample) {
  for (std::size_t i = 0; i < kParameters.size(); ++i) {
    if (name != kParameters[i].name) continue;
    check(value >= kParameters[i].low && value <= kParameters[i].high, "out of its range");
    Event event = channel_event(Event::Kind::kParameter, channel, value, at_sample);
    event.data1 = static_cast<std::uint8_t>(i);
    return engine.send(event);
  }
  throw std::invalid_argument("no such parameter");
}

bool set_layer(Engine& engine, int channel, int layer, int field, float value,
               std::int64_t at_sample) {
  check(layer >= 0 && layer < kLayers, "no such layer");
  check(field >= 0 && field < kLayerFields && std::isfinite(value), "no such field or value");
  if (field == 0) check(value >= -1.0F && value < kTimbreSlots, "no such timbre slot");
  Event event = channel_event(Event::Kind::kLayer, channel, value, at_sample);
  event.data1 = static_cast<std::uint8_t>(layer);
  event.data2 = static_cast<std::uint8_t>(field);
  return engine.send(event);
}

Event data_event(Event::Kind kind, int channel, int data1, float value, std::int64_t at_sample) {
  check(data1 >= 0 && data1 <= 127, "data bytes are 0..127");
  Event event = channel_event(kind, channel, value, at_sample);
  event.data1 = static_cast<std::uint8_t>(data1);
  return event;
}

void bind_settings(nb::class_<Engine>& engine) {
  engine
      .def("set_parameter", &set_parameter, "name"_a, "value"_a, "channel"_a = 0,
           "at_sample"_a = Event::kNow)
      .def(
          "tune",
          [](Engine& e, int channel, int key, float semitones, bool live, std::int64_t at_sample) {
            check(std::abs(semitones) <= 128.0F, "a key is tuned by 128 semitones at most");
            Event event = data_event(Event::Kind::kTune, channel, key, semitones, at_sample);
            event.data2 = live ? 1 : 0;
            return e.send(event);
          },
          "channel"_a, "key"_a, "semitones"_a, "live"_a = true, "at_sample"_a = Event::kNow)
      .def(
          "set_velocity",
          [](Engine& e, int played, float sounding, std::int64_t at_sample) {
            check(sounding >= 1.0F && sounding <= 127.0F, "velocities are 1..127");
            return e.send(data_event(Event::Kind::kVelocity, 0, played, sounding, at_sample));
          },
          "played"_a, "sounding"_a, "at_sample"_a = Event::kNow)
      .def("set_layer", &set_layer, "channel"_a, "layer"_a, "field"_a, "value"_a,
           "at_sample"_a = Event::kNow)
      .def(
          "ignore",
          [](Engine& e, int channel, int controller, bool on, std::int64_t at_sample) {
            return e.send(
                data_event(Event::Kind::kIgnore, channel, controller, on ? 1.0F : 0.0F, at_sample));
          },
          "channel"_a, "controller"_a, "on"_a, "at_sample"_a = Event::kNow)
      .def(
          "carry",
          [](Engine& e, int channel, int source, int slot, std::int64_t at_sample) {
            const auto to = static_cast<float>(slot_of(slot));
            return e.send(
                data_event(Event::Kind::kCarry, channel, slot_of(source), to, at_sample));
          },
          "channel"_a, "source"_a, "slot"_a, "at_sample"_a = Event::kNow)
      .def(
          "reset",
          [](Engine& e, std::int64_t at_sample) {
            return e.send(channel_event(Event::Kind::kReset, 0, 0.0F, at_sample));
          },
          "at_sample"_a = Event::kNow);
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
  nb::list parameters;
  for (const ParameterInfo& each : kParameters) {
    parameters.append(nb::make_tuple(each.name, each.low, each.high, each.preset, each.of_channel));
  }
  m.attr("PARAMETERS") = parameters;
  nb::list controllers;
  for (const ControllerInfo& each : kControllers) {
    const auto or_none = [](int number) {
      return number == ControllerInfo::kNone ? nb::object(nb::none())
                                             : nb::object(nb::int_(number));
    };
    controllers.append(nb::make_tuple(each.number, each.name, or_none(each.preset), each.reset,
                                      or_none(each.low_half)));
  }
  m.attr("CONTROLLERS") = controllers;
  bind_stats(m);
  nb::class_<Engine> engine(m, "Engine");
  engine.def("__init__", &init_engine, "rate_hz"_a, "polyphony"_a = 128, "arena_mib"_a = 128,
             "seed"_a = 0, "variation"_a = 1.0F, "frame_bits"_a = 16, "render_threads"_a = 0);
  engine.def_prop_ro("rate_hz", [](Engine& e) { return e.config().rate_hz; })
      .def("set_rate", &Engine::set_rate, "rate_hz"_a)
      .def_prop_ro("polyphony", [](Engine& e) { return e.config().polyphony; });
  bind_events(engine);
  bind_settings(engine);
  bind_takes(engine);
  bind_output(engine);
  bind_jack(m);
  nb::class_<NullDevice>(m, "NullDevice")
      .def(nb::init<Engine&, int>(), "engine"_a, "block_samples"_a, nb::keep_alive<1, 2>())
      .def("start", &NullDevice::start)
      .def("stop", &NullDevice::stop, nb::call_guard<nb::gil_scoped_release>());
}
