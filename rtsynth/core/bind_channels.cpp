#include "bind_channels.h"

#include <cmath>
#include <cstdint>

#include "bind_check.h"
#include "channels.h"
#include "takes.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

void check_key(int channel, int key) {
  check(channel >= 0 && channel < kChannels, "channels are 0..15");
  check(key >= 0 && key < kKeys, "keys are 0..127");
}

void follow(Channels& channels, int status, int data1, int data2) {
  check(status >= 0x80 && status <= 0xFF, "a status byte is 128..255");
  check(data1 >= 0 && data1 <= 127 && data2 >= 0 && data2 <= 127, "data bytes are 0..127");
  if ((status & 0xF0) == 0xB0) channels.control(status & 0x0F, data1, data2);
}

bool tune(Channels& channels, int channel, int key, float semitones, bool /*live*/,
          std::int64_t /*at_sample*/) {
  check_key(channel, key);
  check(std::abs(semitones) <= 128.0F, "a key is tuned by 128 semitones at most");
  channels.at(channel).tune(key, semitones);
  return true;
}

nb::object take_key(const Channels& channels, int channel, int key) {
  check_key(channel, key);
  if (!channels.plays(channel, key)) return nb::none();
  return nb::int_(take_of(0, channels.place(channel, key).key, 1).key);
}

}  // namespace

void bind_channels(nb::module_& m) {
  nb::class_<Channels>(m, "Channels")
      .def("__init__",
           [](Channels* self) {
             new (self) Channels();
             self->prepare(48000.0);
           })
      .def("midi", &follow, "status"_a, "data1"_a, "data2"_a)
      .def("tune", &tune, "channel"_a, "key"_a, "semitones"_a, "live"_a = true, "at_sample"_a = -1)
      .def("reset", &Channels::reset)
      .def("reset_in_zones", &Channels::reset_in_zones)
      .def("copy", [](const Channels& self) { return Channels(self); })
      .def("take_key", &take_key, "channel"_a, "key"_a);
}

}  // namespace rtsynth
