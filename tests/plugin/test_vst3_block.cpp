// Blocks of VST3: points of parameters and events, in the order in which they are carried out.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "vst3_block.h"
#include "vst3_helpers.h"

using namespace rtsynth::plugin;

namespace {

using Bytes = std::array<std::uint8_t, 3>;

struct Reader {
  Vst3Block block;
  Vst3Values values;

  std::vector<HostEvent> read(HostBlock& host, int samples) {
    const v3_process_data data = host.data(samples);
    const auto events = block.gather(data, 0, samples, values);
    return {events.begin(), events.end()};
  }
};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("points and notes come in the order of their samples, parameters first at one sample") {
  HostBlock host;
  host.event(V3_EVENT_NOTE_ON, 5).note_on = {0, 60, 0.0F, 0.5F, 0, 7};
  host.event(V3_EVENT_NOTE_OFF, 9).note_off = {0, 60, 0.25F, 7, 0.0F};
  host.controller(2, 7, 9, 100);
  host.controller(2, 7, 5, 90);  // not in order: the merge does not need it
  host.point(1, 5, 0.0);
  Reader reader;
  const auto events = reader.read(host, 64);
  REQUIRE(events.size() == 5);
  CHECK(events[0].bytes == Bytes{0xB2, 7, 90});
  CHECK(events[1].kind == EventKind::kParameter);
  CHECK(events[1].value == host_parameters()[0].low);
  CHECK(events[2].kind == EventKind::kNoteOn);
  CHECK(events[2].note == 7);
  CHECK(events[3].bytes == Bytes{0xB2, 7, 100});
  CHECK(events[4].kind == EventKind::kNoteOff);
  CHECK(events[4].value == doctest::Approx(0.25));
  CHECK(events[4].sample == 9);
}

TEST_CASE("registered parameters stay whole where a host sends them at one sample") {
  HostBlock host;
  const auto registered = [&](int sample, int number, int data) {
    host.controller(0, 6, sample, data);  // whichever came first into the host's list
    host.controller(0, 101, sample, 0);
    host.controller(0, 100, sample, number);
  };
  registered(3, 0, 12);
  registered(3, 2, 65);
  Reader reader;
  const auto events = reader.read(host, 64);
  const std::vector<Bytes> wanted = {{0xB0, 101, 0}, {0xB0, 100, 0}, {0xB0, 6, 12},
                                     {0xB0, 101, 0}, {0xB0, 100, 2}, {0xB0, 6, 65}};
  REQUIRE(events.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(events[i].bytes == wanted[i]);
}

TEST_CASE("a bank is chosen before its program") {
  HostBlock host;
  host.point(vst3_controller_id(9, V3_CONTROLLER_PROGRAM).value(), 0, 48 / 127.0);
  host.controller(9, 0, 0, 121);
  Reader reader;
  const auto events = reader.read(host, 16);
  REQUIRE(events.size() == 2);
  CHECK(events[0].bytes == Bytes{0xB9, 0, 121});
  CHECK(events[1].bytes == Bytes{0xC9, 48, 0});
}

TEST_CASE("every data byte, program and bend comes through") {
  for (int data = 0; data < 128; ++data) {
    HostBlock host;
    host.controller(0, 7, 0, data);
    host.point(vst3_controller_id(0, V3_CONTROLLER_PRESSURE).value(), 1, data / 127.0);
    host.point(vst3_controller_id(0, V3_CONTROLLER_PROGRAM).value(), 2, data / 127.0);
    Reader reader;
    const auto events = reader.read(host, 16);
    REQUIRE(events.size() == 3);
    CHECK(events[0].bytes[2] == data);
    CHECK(events[1].bytes == Bytes{0xD0, static_cast<std::uint8_t>(data), 0});
    CHECK(events[2].bytes[1] == data);
  }
  const auto bend = [](double value) {
    HostBlock host;
    host.point(vst3_controller_id(0, V3_CONTROLLER_BEND).value(), 0, value);
    Reader reader;
    const auto events = reader.read(host, 16);
    REQUIRE(events.size() == 1);
    return events[0].bytes[1] | events[0].bytes[2] << 7;
  };
  CHECK(bend(0.0) == 0);
  CHECK(bend(0.5) == 8192);
  CHECK(bend(8192.0 / 16383.0) == 8192);
  CHECK(bend(1.0) == 16383);
  for (int wanted = 0; wanted < 16384; wanted += 61) CHECK(bend(wanted / 16383.0) == wanted);
}

TEST_CASE("hidden parameters that were never moved mean nothing") {
  HostBlock host;
  const Vst3Values fresh;
  for (int place = 0; place < vst3_parameter_count(); ++place) {
    const Vst3Parameter parameter = vst3_parameter_at(place).value();
    if (parameter.kind == Vst3Parameter::Kind::kMidi)
      host.point(vst3_id_of(parameter), 0, fresh.get(place));
  }
  Reader reader;
  const auto events = reader.read(host, 16);
  CHECK(events.size() == 16);  // bends, in the middle
  for (const HostEvent& event : events) CHECK((event.bytes[0] & 0xF0) == 0xE0);
}

TEST_CASE("the controller's values follow the last points") {
  HostBlock host;
  host.point(1, 0, 0.2);
  host.point(1, 7, 0.7);
  host.point(kPresetsId, 0, 1.0);
  Reader reader;
  const auto events = reader.read(host, 16);
  CHECK(events.size() == 2);  // presets are the controller's
  CHECK(reader.values.get(0) == 0.7);
}

TEST_CASE("what a host should not send is kept within bounds or passed over") {
  HostBlock host;
  host.point(1, -5, 7.0);
  host.point(1, 1000, -3.0);
  host.point(1, 3, kNan);
  host.point(0x12345678, 0, 0.5);
  host.event(V3_EVENT_NOTE_ON, 900).note_on = {99, -7, NAN, NAN, 0, -1};
  host.event(V3_EVENT_NOTE_EXP_VALUE, 0).note_exp_value = {99, 1, 0.5};
  host.event(V3_EVENT_POLY_PRESSURE, 0).poly_pressure = {0, 300, 0.5F, -1};
  host.event(V3_EVENT_DATA, 0).data = {0, 0, nullptr};
  host.event(V3_EVENT_CHORD, 0);
  Reader reader;
  const auto events = reader.read(host, 64);
  REQUIRE(events.size() == 3);
  CHECK(events[0].value == host_parameters()[0].high);
  CHECK(events[0].sample == 0);
  CHECK(events[1].sample == 63);
  CHECK(events[2].channel == 15);
  CHECK(events[2].value == 0.0);
  HostBlock flush;
  flush.point(1, 5, 0.5);
  const auto flushed = reader.read(flush, 0);
  REQUIRE(flushed.size() == 1);
  CHECK(flushed[0].sample == 0);
}

TEST_CASE("what is said of single notes has the units of the instance") {
  HostBlock host;
  host.event(V3_EVENT_NOTE_ON, 0).note_on = {3, 60, -50.0F, 1.0F, 0, 11};
  host.event(V3_EVENT_NOTE_EXP_VALUE, 1).note_exp_value = {V3_EXPRESSION_VOLUME, 11, 0.25};
  host.event(V3_EVENT_NOTE_EXP_VALUE, 2).note_exp_value = {V3_EXPRESSION_TUNING, 11,
                                                           0.5 + 2.0 / 240.0};
  host.event(V3_EVENT_NOTE_EXP_VALUE, 3).note_exp_value = {V3_EXPRESSION_BRIGHTNESS, 11, 0.8};
  host.event(V3_EVENT_POLY_PRESSURE, 4).poly_pressure = {3, 60, 0.5F, 11};
  host.event(V3_EVENT_POLY_PRESSURE, 5).poly_pressure = {3, 60, 1.0F, -1};
  Reader reader;
  const auto events = reader.read(host, 64);
  REQUIRE(events.size() == 7);
  CHECK(events[1].expression == Expression::kTuning);
  CHECK(events[1].value == doctest::Approx(-0.5));
  CHECK(events[2].expression == Expression::kVolume);
  CHECK(events[2].value == doctest::Approx(1.0));
  CHECK(events[2].note == 11);
  CHECK(events[2].key == -1);
  CHECK(events[3].value == doctest::Approx(2.0));
  CHECK(events[4].expression == Expression::kBrightness);
  CHECK(events[5].expression == Expression::kPressure);
  CHECK(events[6].bytes == Bytes{0xA3, 60, 127});
}

TEST_CASE("system exclusive is whole, however the host brings it") {
  const std::vector<std::uint8_t> whole = {0xF0, 0x7E, 0x7F, 9, 1, 0xF7};
  for (const auto& [first, last] : {std::pair{0, 6}, {1, 6}, {0, 5}, {1, 5}}) {
    HostBlock host;
    const std::vector<std::uint8_t> sent(whole.begin() + first, whole.begin() + last);
    host.event(V3_EVENT_DATA, 4).data = {static_cast<std::uint32_t>(sent.size()), 0, sent.data()};
    Reader reader;
    const auto events = reader.read(host, 64);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::kSysex);
    CHECK(std::vector(events[0].sysex.begin(), events[0].sysex.end()) == whole);
  }
  HostBlock host;
  const std::vector<std::uint8_t> endless(100000, 1);
  host.event(V3_EVENT_DATA, 0).data = {100000, 0, endless.data()};
  Reader reader;
  CHECK(reader.read(host, 64).empty());
  CHECK(reader.block.take_lost() == 1);
}

TEST_CASE("a block with more than there is room for comes in parts, whole and in order") {
  HostBlock host;
  for (int i = -3; i < 10003; ++i) host.point(1, i, i / 10000.0);
  for (int i = 0; i < 9000; ++i)
    host.event(V3_EVENT_NOTE_OFF, i).note_off = {0, static_cast<std::int16_t>(i % 128), 0, -1, 0};
  Reader reader;
  const v3_process_data data = host.data(10000);
  const int at_once = Vst3Block::samples_at_once(data);
  CHECK(at_once < 10000);
  std::size_t count = 0;
  double last = host_parameters()[0].low;
  for (int done = 0; done < 10000; done += at_once) {
    const int samples = std::min(at_once, 10000 - done);
    for (const HostEvent& event : reader.block.gather(data, done, samples, reader.values)) {
      CHECK(event.sample >= 0);
      CHECK(event.sample < samples);
      ++count;
      if (event.kind != EventKind::kParameter) continue;
      CHECK(event.value >= last);
      last = event.value;
    }
  }
  CHECK(count == 10006 + 9000);
  CHECK(reader.block.take_lost() == 0);
  CHECK(last == host_parameters()[0].high);
}

TEST_CASE("what finds no room is counted, and is no end of a note") {
  HostBlock host;
  for (int i = 0; i < 10000; ++i) host.point(1, i, (i % 100) / 100.0);
  for (int i = 0; i < 100; ++i)
    host.event(V3_EVENT_NOTE_OFF, 9999).note_off = {0, static_cast<std::int16_t>(i), 0.5F, -1, 0};
  Reader reader;
  const auto events = reader.read(host, 10000);
  REQUIRE(events.size() == Vst3Block::kMostEvents);
  CHECK(reader.block.take_lost() == 10100 - static_cast<std::int64_t>(events.size()));
  CHECK(reader.block.take_lost() == 0);
  int ends = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    ends += events[i].kind == EventKind::kNoteOff ? 1 : 0;
    if (i > 0) CHECK(events[i - 1].sample <= events[i].sample);
  }
  CHECK(ends == 100);
}
