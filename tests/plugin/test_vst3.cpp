// The VST3 plugin's audio thread, with a host in C++, so that every guard of the core sees it.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <string>

#include "vst3_helpers.h"
#include "vst3_plugin.h"
#include "vst3_text.h"
#include "watched.h"

namespace rtsynth::plugin {
namespace {

/// A host with one instance of the plugin, on its way from begun to let go.
class TestHost {
 public:
  TestHost() : plugin_(new Vst3Plugin) {
    setenv("RTSYNTH_RUNTIME_DIR", "/nonexistent", 1);     // no server is there
    setenv("RTSYNTH_SERVER", "/nonexistent/rtsynth", 1);  // and none can be started
    REQUIRE(plugin_->initialize(nullptr) == V3_OK);
    v3_process_setup setup{V3_REALTIME, V3_SAMPLE_32, kSamples, 48000.0};
    REQUIRE(plugin_->setup_processing(&setup) == V3_OK);
    REQUIRE(plugin_->set_active(1) == V3_OK);
    REQUIRE(plugin_->set_processing(1) == V3_OK);
  }
  ~TestHost() {
    CHECK(plugin_->terminate() == V3_OK);
    CHECK(plugin_->unref() == 0);
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  v3_result process(HostBlock& block) {
    v3_process_data data = block.data(kSamples);
    std::array<float*, 2> channels = {left.data(), right.data()};
    v3_audio_bus_buffers bus{};
    bus.num_channels = 2;
    bus.channel_buffers_32 = channels.data();
    data.num_output_buses = 1;
    data.outputs = &bus;
    return plugin_->process(&data);
  }
  [[nodiscard]] double value(v3_param_id id) { return plugin_->get_parameter_normalised(id); }
  v3_result stop() { return plugin_->set_processing(0); }
  [[nodiscard]] std::string text(v3_param_id id, double normalised) {
    v3_str_128 text{};
    CHECK(plugin_->get_parameter_string_for_value(id, normalised, text) == V3_OK);
    return read_utf16(text, std::size(text));
  }
  v3_result set(v3_param_id id, double normalised) {
    return plugin_->set_parameter_normalised(id, normalised);
  }

  static constexpr int kSamples = 256;
  std::array<float, kSamples> left{};
  std::array<float, kSamples> right{};

 private:
  Vst3Plugin* plugin_;
};

/// Of every kind, so many of each.
void fill(HostBlock& block, int each) {
  static constexpr std::array<std::uint8_t, 6> kReset = {0xF0, 0x7E, 0x7F, 0x09, 0x01, 0xF7};
  for (int i = 0; i < each; ++i) {
    const int sample = i * TestHost::kSamples / each;
    const auto key = static_cast<std::int16_t>(i % 128);
    block.event(V3_EVENT_NOTE_ON, sample).note_on = {0, key, 10.0F, 0.8F, 0, key};
    block.event(V3_EVENT_NOTE_EXP_VALUE, sample).note_exp_value = {
        static_cast<std::uint32_t>(i % 6), key, 0.3};
    block.event(V3_EVENT_POLY_PRESSURE, sample).poly_pressure = {0, key, 0.3F, -1};
    block.event(V3_EVENT_DATA, sample).data = {kReset.size(), 0, kReset.data()};
    block.event(V3_EVENT_NOTE_OFF, sample).note_off = {0, key, 0.5F, key, 0.0F};
    const Vst3Parameter any = vst3_parameter_at(i % vst3_parameter_count()).value();
    block.point(vst3_id_of(any), sample, 0.3);
  }
}

}  // namespace

TEST_CASE("VST3: what lies outside of 0..1, or is no number, means an end of a list") {
  TestHost host;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double low : {0.0, -0.1, -1e30, -infinity, std::nan("")}) {
    CHECK(host.text(kPresetsId, low) == "As in the project");
    CHECK(host.text(*vst3_controller_id(0, V3_CONTROLLER_PROGRAM), low) == "1");
  }
  const std::string last = host.text(kPresetsId, 1.0);
  CHECK(last != "As in the project");
  for (const double high : {1.1, 1e30, infinity}) {
    CHECK(host.text(kPresetsId, high) == last);
    CHECK(host.text(*vst3_controller_id(0, V3_CONTROLLER_PROGRAM), high) == "128");
    CHECK(host.set(kPresetsId, high) == V3_OK);
  }
  CHECK(host.set(kPresetsId, std::nan("")) == V3_INVALID_ARG);
}

TEST_CASE("VST3: blocks with events of all kinds never wait and take no memory") {
  TestHost host;
  const Watched watched(6);
  for (const int each : {0, 1, 20, 900, 4000}) {  // the last one is played in parts
    HostBlock block;
    fill(block, each);
    CHECK(host.process(block) == V3_OK);
    for (const float sample : host.left) CHECK(std::isfinite(sample));
  }
  CHECK(host.stop() == V3_OK);
  HostBlock block;
  CHECK(host.process(block) == V3_OK);  // begins with a reset
}

TEST_CASE("VST3: the last of thousands of points holds") {
  TestHost host;
  HostBlock block;
  for (int i = 0; i < 20000; ++i) block.point(1, i * TestHost::kSamples / 20000, i / 20000.0);
  REQUIRE(host.process(block) == V3_OK);
  CHECK(host.value(1) == 19999 / 20000.0);
}

}  // namespace rtsynth::plugin
