// MIDI and settings on their way to the audio thread: each becomes an event.
#include "bind_settings.h"

#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "bind_check.h"
#include "controllers.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

Event channel_event(Event::Kind kind, int channel, float value, std::int64_t at_sample) {
  check(channel >= 0 && channel < kChannels, "channels are 0..15");
  Event event;
  event.kind = kind;
  event.status = static_cast<std::uint8_t>(channel);
  event.value = value;
  event.due = at_sample;
  return event;
}

bool send_midi(Link& link, int status, int data1, int data2, std::int64_t due,
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
  return link.send(event);
}

bool send_gain(Link& link, float gain_db, std::int64_t at_sample) {
  check(!std::isnan(gain_db), "the gain is not a number");
  const float most_db = 40.0F;
  const float gain =
      gain_db <= -120.0F ? 0.0F : std::pow(10.0F, std::min(gain_db, most_db) / 20.0F);
  return link.send(channel_event(Event::Kind::kGain, 0, gain, at_sample));
}

void bind_events(nb::class_<Link>& link) {
  link.def(
          "midi",
          [](Link& l, int status, int data1, int data2, std::int64_t at_sample) {
            return send_midi(l, status, data1, data2, at_sample, 0);
          },
          "status"_a, "data1"_a, "data2"_a, "at_sample"_a = Event::kNow)
      .def(
          "midi_live",
          [](Link& l, int status, int data1, int data2, std::int64_t time_ns) {
            return send_midi(l, status, data1, data2, Event::kNow, time_ns);
          },
          "status"_a, "data1"_a, "data2"_a, "time_ns"_a)
      .def(
          "set_timbre",
          [](Link& l, int channel, int slot, std::int64_t at_sample, std::int32_t change) {
            const auto value = static_cast<float>(slot == -1 ? slot : slot_of(slot));
            Event event = channel_event(Event::Kind::kTimbre, channel, value, at_sample);
            event.change = change;
            return l.send(event);
          },
          "channel"_a, "slot"_a, "at_sample"_a = Event::kNow, "change"_a = Event::kAnyChange)
      .def("set_gain_db", &send_gain, "gain_db"_a, "at_sample"_a = Event::kNow)
      .def(
          "set_bend_range",
          [](Link& l, int channel, float semitones, std::int64_t at_sample) {
            check(semitones >= 0.0F && semitones <= 96.0F, "a bend range is 0..96 semitones");
            return l.send(channel_event(Event::Kind::kBendRange, channel, semitones, at_sample));
          },
          "channel"_a, "semitones"_a, "at_sample"_a = Event::kNow)
      .def("panic", [](Link& l) {
        return l.send(channel_event(Event::Kind::kPanic, 0, 0.0F, Event::kNow));
      });
}

bool set_parameter(Link& link, std::string_view name, float value, int channel,
                   std::int64_t at_sample) {
  for (std::size_t i = 0; i < kParameters.size(); ++i) {
    if (name != kParameters[i].name) continue;
    check(value >= kParameters[i].low && value <= kParameters[i].high, "out of its range");
    Event event = channel_event(Event::Kind::kParameter, channel, value, at_sample);
    event.data1 = static_cast<std::uint8_t>(i);
    return link.send(event);
  }
  throw std::invalid_argument("no such parameter");
}

bool set_layer(Link& link, int channel, int layer, int field, float value, std::int64_t at_sample) {
  check(layer >= 0 && layer < kLayers, "no such layer");
  check(field >= 0 && field < kLayerFields && std::isfinite(value), "no such field or value");
  if (field == 0) check(value >= -1.0F && value < kTimbreSlots, "no such timbre slot");
  Event event = channel_event(Event::Kind::kLayer, channel, value, at_sample);
  event.data1 = static_cast<std::uint8_t>(layer);
  event.data2 = static_cast<std::uint8_t>(field);
  return link.send(event);
}

Event data_event(Event::Kind kind, int channel, int data1, float value, std::int64_t at_sample) {
  check(data1 >= 0 && data1 <= 127, "data bytes are 0..127");
  Event event = channel_event(kind, channel, value, at_sample);
  event.data1 = static_cast<std::uint8_t>(data1);
  return event;
}

void bind_parameters(nb::class_<Link>& link) {
  link.def("set_parameter", &set_parameter, "name"_a, "value"_a, "channel"_a = 0,
           "at_sample"_a = Event::kNow)
      .def(
          "tune",
          [](Link& l, int channel, int key, float semitones, bool live, std::int64_t at_sample) {
            check(std::abs(semitones) <= 128.0F, "a key is tuned by 128 semitones at most");
            Event event = data_event(Event::Kind::kTune, channel, key, semitones, at_sample);
            event.data2 = live ? 1 : 0;
            return l.send(event);
          },
          "channel"_a, "key"_a, "semitones"_a, "live"_a = true, "at_sample"_a = Event::kNow)
      .def(
          "set_velocity",
          [](Link& l, int played, float sounding, std::int64_t at_sample) {
            check(sounding >= 1.0F && sounding <= 127.0F, "velocities are 1..127");
            return l.send(data_event(Event::Kind::kVelocity, 0, played, sounding, at_sample));
          },
          "played"_a, "sounding"_a, "at_sample"_a = Event::kNow)
      .def("set_layer", &set_layer, "channel"_a, "layer"_a, "field"_a, "value"_a,
           "at_sample"_a = Event::kNow)
      .def(
          "ignore",
          [](Link& l, int channel, int controller, bool on, std::int64_t at_sample) {
            return l.send(
                data_event(Event::Kind::kIgnore, channel, controller, on ? 1.0F : 0.0F, at_sample));
          },
          "channel"_a, "controller"_a, "on"_a, "at_sample"_a = Event::kNow)
      .def(
          "carry",
          [](Link& l, int channel, int source, int slot, std::int64_t at_sample) {
            const auto to = static_cast<float>(slot_of(slot));
            return l.send(data_event(Event::Kind::kCarry, channel, slot_of(source), to, at_sample));
          },
          "channel"_a, "source"_a, "slot"_a, "at_sample"_a = Event::kNow)
      .def(
          "reset",
          [](Link& l, std::int64_t at_sample) {
            return l.send(channel_event(Event::Kind::kReset, 0, 0.0F, at_sample));
          },
          "at_sample"_a = Event::kNow);
}

}  // namespace

void bind_settings(nb::module_& m, nb::class_<Link>& link) {
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
  bind_events(link);
  bind_parameters(link);
}

}  // namespace rtsynth
