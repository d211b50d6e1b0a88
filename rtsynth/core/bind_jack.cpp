#include "bind_jack.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include <map>
#include <stdexcept>
#include <string>

#include "jack_callbacks.h"
#include "jack_process.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

using Address = std::uintptr_t;
using Addresses = std::map<std::string, Address>;

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

}  // namespace

void bind_jack(nb::module_& m) {
  nb::class_<JackProcess>(m, "JackProcess")
      .def("__init__", &init_process, "engine"_a, "functions"_a, "midi"_a, "left"_a, "right"_a,
           nb::keep_alive<1, 2>())
      .def("callbacks", &callbacks)
      .def("user_data", [](JackProcess& p) { return reinterpret_cast<Address>(&p); })
      .def("close", &JackProcess::close, nb::call_guard<nb::gil_scoped_release>())
      .def_prop_ro("alive", &JackProcess::alive)
      .def_prop_ro("rate_hz", &JackProcess::rate_hz)
      .def_prop_ro("port_changes", &JackProcess::port_changes)
      .def_prop_ro("ports_gone", &JackProcess::ports_gone);
}

}  // namespace rtsynth
