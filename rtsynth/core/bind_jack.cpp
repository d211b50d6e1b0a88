#include "bind_jack.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "jack_callbacks.h"
#include "jack_process.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

using Address = std::uintptr_t;
using Addresses = std::map<std::string, Address>;
using HeardRow = std::tuple<nb::bytes, std::int64_t, int, int>;

/// A message that was heard, before Python may be touched.
struct Message {
  std::string bytes;
  Heard heard;
};

template <class T>
T function_at(const Addresses& functions, const char* name) {
  const auto found = functions.find(name);
  if (found == functions.end() || found->second == 0) {
    throw std::invalid_argument(std::string("no address of ") + name);
  }
  return reinterpret_cast<T>(found->second);
}

void* port_at(Address address) {
  if (address == 0) throw std::invalid_argument("a port is missing");
  return reinterpret_cast<void*>(address);
}

void init_process(JackProcess* self, Engine& engine, const Addresses& functions, Address midi,
                  Address left, Address right) {
  JackLibrary library;
  library.port_get_buffer =
      function_at<decltype(library.port_get_buffer)>(functions, "jack_port_get_buffer");
  library.midi_get_event_count =
      function_at<decltype(library.midi_get_event_count)>(functions, "jack_midi_get_event_count");
  library.midi_event_get =
      function_at<decltype(library.midi_event_get)>(functions, "jack_midi_event_get");
  new (self) JackProcess(engine, library, {port_at(midi), port_at(left), port_at(right)});
}

template <class T>
Address address_of(T callback) {
  return reinterpret_cast<Address>(callback);
}

Addresses callbacks(const JackProcess&) {
  return {{"process", address_of<JackSamplesCallback>(jack_process)},
          {"sample_rate", address_of<JackSamplesCallback>(jack_rate)},
          {"freewheel", address_of<JackModeCallback>(jack_freewheel)},
          {"xrun", address_of<JackNoticeCallback>(jack_xrun)},
          {"port_registration", address_of<JackPortCallback>(jack_port)},
          {"port_connect", address_of<JackWireCallback>(jack_wire)},
          {"shutdown", address_of<JackEndCallback>(jack_shutdown)}};
}

bool read(HeardMessages& from, Message& message) {
  if (!from.read(message.heard)) return false;
  const Heard& heard = message.heard;
  if (heard.length > 0) {
    message.bytes.resize(heard.length);
    from.read_sysex({reinterpret_cast<unsigned char*>(message.bytes.data()), heard.length});
  } else {
    const std::array<std::uint8_t, 3> bytes = {heard.status, heard.data1, heard.data2};
    message.bytes.assign(bytes.begin(), bytes.begin() + length_of(heard.status));
  }
  return true;
}

std::vector<Message> read_heard(JackProcess& process, int limit, double wait_ms) {
  const nb::gil_scoped_release release;
  std::vector<Message> found;
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::microseconds(static_cast<std::int64_t>(wait_ms * 1000.0));
  for (;;) {
    Message message;
    while (static_cast<int>(found.size()) < limit && read(process.heard(), message)) {
      found.push_back(message);
    }
    if (!found.empty() || std::chrono::steady_clock::now() >= until) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::vector<HeardRow> heard(JackProcess& process, int limit, double wait_ms) {
  std::vector<HeardRow> rows;
  for (const Message& each : read_heard(process, limit, wait_ms)) {
    rows.emplace_back(nb::bytes(each.bytes.data(), each.bytes.size()), each.heard.sample,
                      each.heard.slot, each.heard.change);
  }
  return rows;
}

void set_slots(JackProcess& process, int channel, const std::vector<int>& slots) {
  if (channel < 0 || channel >= kChannels) throw std::invalid_argument("channels are 0..15");
  if (slots.size() != 128) throw std::invalid_argument("there are 128 programs");
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i] < Heard::kNoSlot || slots[i] >= static_cast<int>(kTimbreSlots)) {
      throw std::invalid_argument("no such timbre slot");
    }
    process.set_slot(channel, static_cast<int>(i), static_cast<std::int16_t>(slots[i]));
  }
}

}  // namespace

void bind_jack(nb::module_& m) {
  nb::class_<JackProcess>(m, "JackProcess")
      .def("__init__", &init_process, "engine"_a, "functions"_a, "midi"_a, "left"_a, "right"_a,
           nb::keep_alive<1, 2>())
      .def("callbacks", &callbacks)
      .def("user_data", [](JackProcess& p) { return reinterpret_cast<Address>(&p); })
      .def("heard", &heard, "limit"_a, "wait_ms"_a)
      .def("set_slots", &set_slots, "channel"_a, "slots"_a)
      .def("close", &JackProcess::close, nb::call_guard<nb::gil_scoped_release>())
      .def_prop_ro("alive", &JackProcess::alive)
      .def_prop_ro("rate_hz", &JackProcess::rate_hz)
      .def_prop_ro("port_changes", &JackProcess::port_changes)
      .def_prop_ro("ports_gone", &JackProcess::ports_gone)
      .def_prop_ro("unheard", [](JackProcess& p) { return p.heard().refused(); })
      .def_prop_ro("unheard_moves", [](JackProcess& p) { return p.heard().moves_refused(); })
      .def_prop_ro("unheard_sysex", [](JackProcess& p) { return p.heard().sysex_refused(); });
}

}  // namespace rtsynth
