// The CLAP plugin's audio thread, with a host in C++, so that every guard of the core sees it.
#include <clap/entry.h>
#include <clap/plugin-factory.h>
#include <clap/process.h>
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "clap_more.h"
#include "clap_plugin.h"
#include "host_parameters.h"
#include "watched.h"

namespace rtsynth::plugin {
namespace {

/// Any of the events that the plugin reads.
union AnyEvent {
  clap_event_header_t header;
  clap_event_note_t note;
  clap_event_note_expression_t expression;
  clap_event_param_value_t parameter;
  clap_event_midi_t midi;
  clap_event_midi_sysex_t sysex;
};

template <class T>
void begin(T& event, std::uint16_t type, std::uint32_t sample) {
  event = {};
  event.header = {sizeof(T), sample, CLAP_CORE_EVENT_SPACE_ID, type, 0};
}

AnyEvent note(std::uint16_t type, int key, std::uint32_t sample) {
  AnyEvent event{};
  begin(event.note, type, sample);
  event.note.note_id = key;
  event.note.key = static_cast<std::int16_t>(key);
  event.note.velocity = 0.8;
  return event;
}

AnyEvent parameter(std::uint32_t id, double value, std::uint32_t sample) {
  AnyEvent event{};
  begin(event.parameter, CLAP_EVENT_PARAM_VALUE, sample);
  event.parameter.param_id = id;
  event.parameter.note_id = event.parameter.key = event.parameter.channel = -1;
  event.parameter.value = value;
  return event;
}

AnyEvent midi(int status, int data1, int data2, std::uint32_t sample) {
  AnyEvent event{};
  begin(event.midi, CLAP_EVENT_MIDI, sample);
  event.midi.data[0] = static_cast<std::uint8_t>(status);
  event.midi.data[1] = static_cast<std::uint8_t>(data1);
  event.midi.data[2] = static_cast<std::uint8_t>(data2);
  return event;
}

/// A host with one instance of the plugin, on its way from begun to destroyed.
class TestHost {
 public:
  TestHost() {
    setenv("RTSYNTH_RUNTIME_DIR", "/nonexistent", 1);     // no server is there
    setenv("RTSYNTH_SERVER", "/nonexistent/rtsynth", 1);  // and none can be started
    host_.clap_version = CLAP_VERSION;
    host_.name = "test host";
    host_.get_extension = [](const clap_host_t*, const char* id) -> const void* {
      return std::string_view(id) == CLAP_EXT_LOG ? &kQuiet : nullptr;
    };
    host_.request_restart = host_.request_process =
        host_.request_callback = [](const clap_host_t*) {};
    const auto* factory =
        static_cast<const clap_plugin_factory_t*>(clap_entry.get_factory(CLAP_PLUGIN_FACTORY_ID));
    plugin_ = factory->create_plugin(factory, &host_, kClapDescriptor.id);
    REQUIRE(plugin_ != nullptr);
    REQUIRE(plugin_->init(plugin_));
    REQUIRE(plugin_->activate(plugin_, 48000.0, 1, kSamples));
    REQUIRE(plugin_->start_processing(plugin_));
  }
  ~TestHost() {
    plugin_->stop_processing(plugin_);
    plugin_->deactivate(plugin_);
    plugin_->destroy(plugin_);
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  clap_process_status process(const std::vector<AnyEvent>& events) {
    clap_input_events_t in{};
    in.ctx = const_cast<std::vector<AnyEvent>*>(&events);
    in.size = [](const clap_input_events_t* list) {
      return static_cast<std::uint32_t>(of(list).size());
    };
    in.get = [](const clap_input_events_t* list, std::uint32_t index) {
      return &of(list)[index].header;
    };
    clap_output_events_t out{};
    out.try_push = [](const clap_output_events_t*, const clap_event_header_t*) { return true; };
    float* channels[] = {left.data(), right.data()};
    clap_audio_buffer_t buffer{};
    buffer.data32 = channels;
    buffer.channel_count = 2;
    clap_process_t block{};
    block.frames_count = kSamples;
    block.audio_outputs = &buffer;
    block.audio_outputs_count = 1;
    block.in_events = &in;
    block.out_events = &out;
    return plugin_->process(plugin_, &block);
  }
  [[nodiscard]] double value(std::uint32_t id) const {
    const auto* params =
        static_cast<const clap_plugin_params_t*>(plugin_->get_extension(plugin_, CLAP_EXT_PARAMS));
    double value = 0.0;
    REQUIRE(params->get_value(plugin_, id, &value));
    return value;
  }

  static constexpr int kSamples = 256;
  std::array<float, kSamples> left{};
  std::array<float, kSamples> right{};

 private:
  static const std::vector<AnyEvent>& of(const clap_input_events_t* list) {
    return *static_cast<const std::vector<AnyEvent>*>(list->ctx);
  }
  static constexpr clap_host_log_t kQuiet = {
      [](const clap_host_t*, clap_log_severity, const char*) {}};

  clap_host_t host_{};
  const clap_plugin_t* plugin_ = nullptr;
};

/// Of every kind, so many of each.
std::vector<AnyEvent> events_of_all_kinds(int each) {
  static constexpr std::uint8_t kReset[] = {0xF0, 0x7E, 0x7F, 0x09, 0x01, 0xF7};
  std::vector<AnyEvent> events;
  for (int i = 0; i < each; ++i) {
    const auto sample = static_cast<std::uint32_t>(i * TestHost::kSamples / each);
    const int key = i % 128;
    events.push_back(note(CLAP_EVENT_NOTE_ON, key, sample));
    AnyEvent said{};
    begin(said.expression, CLAP_EVENT_NOTE_EXPRESSION, sample);
    said.expression.expression_id = i % 7;
    said.expression.note_id = key;
    said.expression.key = said.expression.channel = -1;
    said.expression.value = 0.3;
    events.push_back(said);
    events.push_back(parameter(
        host_parameters()[static_cast<std::size_t>(i) % host_parameters().size()].id, 0.5, sample));
    events.push_back(midi(0xB0, i % 120, 64, sample));
    events.push_back(midi(0xC0, i % 128, 0, sample));
    AnyEvent sysex{};
    begin(sysex.sysex, CLAP_EVENT_MIDI_SYSEX, sample);
    sysex.sysex.buffer = kReset;
    sysex.sysex.size = sizeof(kReset);
    events.push_back(sysex);
    events.push_back(note(i % 2 == 0 ? CLAP_EVENT_NOTE_OFF : CLAP_EVENT_NOTE_CHOKE, key, sample));
  }
  return events;
}

TEST_CASE("CLAP: blocks with events of all kinds never wait and take no memory") {
  TestHost host;
  const Watched watched(5);
  for (const int each : {0, 1, 20, 40, 2000}) {  // the last ones are played in portions
    const auto events = events_of_all_kinds(each);
    const clap_process_status status = host.process(events);
    CHECK(status == (each == 0 ? CLAP_PROCESS_SLEEP : CLAP_PROCESS_CONTINUE));
    for (const float sample : host.left) CHECK(std::isfinite(sample));
  }
}

TEST_CASE("CLAP: none of thousands of events is lost, and the last one holds") {
  TestHost host;
  std::vector<AnyEvent> events;
  for (std::uint32_t i = 0; i < 5000; ++i) events.push_back(parameter(1, -0.001 * i, 200));
  events.push_back(parameter(1, -12.5, 3));  // not in the order of the samples
  host.process(events);
  CHECK(host.value(1) == doctest::Approx(-12.5));
}

}  // namespace
}  // namespace rtsynth::plugin
