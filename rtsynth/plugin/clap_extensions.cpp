#include "clap_extensions.h"

#include <clap/ext/audio-ports.h>
#include <clap/ext/latency.h>
#include <clap/ext/note-ports.h>
#include <clap/ext/params.h>
#include <clap/ext/state.h>

#include <algorithm>
#include <array>
#include <climits>
#include <exception>
#include <string_view>
#include <utility>

#include "clap_plugin.h"
#include "engine.h"

namespace rtsynth::plugin {

void write_text(std::string_view text, std::span<char> field) {
  if (field.empty()) return;
  const std::size_t length = std::min(text.size(), field.size() - 1);
  std::copy_n(text.begin(), length, field.begin());
  field[length] = '\0';
}

namespace {

constexpr clap_id kPort = 0;

// --- ports ---------------------------------------------------------------------------------------

std::uint32_t audio_port_count(const clap_plugin_t* /*plugin*/, bool is_input) {
  return is_input ? 0 : 1;
}

bool audio_port(const clap_plugin_t* /*plugin*/, std::uint32_t index, bool is_input,
                clap_audio_port_info_t* info) {
  if (is_input || index != 0 || info == nullptr) return false;
  *info = {};
  info->id = kPort;
  write_text("Output", info->name);
  info->flags = CLAP_AUDIO_PORT_IS_MAIN;
  info->channel_count = 2;
  info->port_type = CLAP_PORT_STEREO;
  info->in_place_pair = CLAP_INVALID_ID;
  return true;
}

std::uint32_t note_port_count(const clap_plugin_t* /*plugin*/, bool is_input) {
  return is_input ? 1 : 0;
}

bool note_port(const clap_plugin_t* /*plugin*/, std::uint32_t index, bool is_input,
               clap_note_port_info_t* info) {
  if (!is_input || index != 0 || info == nullptr) return false;
  *info = {};
  info->id = kPort;
  write_text("Notes", info->name);
  info->supported_dialects =
      CLAP_NOTE_DIALECT_CLAP | CLAP_NOTE_DIALECT_MIDI | CLAP_NOTE_DIALECT_MIDI_MPE;
  info->preferred_dialect = CLAP_NOTE_DIALECT_CLAP;
  return true;
}

// --- time ----------------------------------------------------------------------------------------

std::uint32_t latency(const clap_plugin_t* /*plugin*/) { return 0; }

std::uint32_t tail(const clap_plugin_t* plugin) {
  const Instance* instance = ClapPlugin::of(plugin).instance();
  if (instance == nullptr) return 0;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(instance->tail_samples(), 0, INT_MAX));
}

bool has_hard_realtime_requirement(const clap_plugin_t* /*plugin*/) { return false; }

bool set_render_mode(const clap_plugin_t* plugin, clap_plugin_render_mode mode) {
  ClapPlugin& self = ClapPlugin::of(plugin);
  self.host().expect_main("render.set");
  if (mode != CLAP_RENDER_REALTIME && mode != CLAP_RENDER_OFFLINE) return false;
  if (self.instance() == nullptr) return false;
  try {
    self.set_offline(mode == CLAP_RENDER_OFFLINE);
    return true;
  } catch (const std::exception& fault) {
    self.host().log(fault.what());
    return false;
  }
}

// --- voices --------------------------------------------------------------------------------------

/// A key of a channel is held once, so notes of one key do not overlap.
bool voice_info(const clap_plugin_t* /*plugin*/, clap_voice_info_t* info) {
  if (info == nullptr) return false;
  const auto voices = static_cast<std::uint32_t>(EngineConfig{}.polyphony);
  *info = {voices, voices, 0};
  return true;
}

constexpr clap_plugin_audio_ports_t kAudioPorts = {audio_port_count, audio_port};
constexpr clap_plugin_note_ports_t kNotePorts = {note_port_count, note_port};
constexpr clap_plugin_latency_t kLatency = {latency};
constexpr clap_plugin_tail_t kTail = {tail};
constexpr clap_plugin_render_t kRender = {has_hard_realtime_requirement, set_render_mode};
constexpr clap_plugin_voice_info_t kVoiceInfo = {voice_info};

}  // namespace

const void* clap_extension(std::string_view id) {
  const std::pair<std::string_view, const void*> all[] = {
      {CLAP_EXT_AUDIO_PORTS, &kAudioPorts},
      {CLAP_EXT_NOTE_PORTS, &kNotePorts},
      {CLAP_EXT_LATENCY, &kLatency},
      {CLAP_EXT_TAIL, &kTail},
      {CLAP_EXT_RENDER, &kRender},
      {CLAP_EXT_VOICE_INFO, &kVoiceInfo},
      {CLAP_EXT_PARAMS, &kClapParams},
      {CLAP_EXT_STATE, &kClapState},
      {CLAP_EXT_STATE_CONTEXT, &kClapStateContext},
      {CLAP_EXT_PRESET_LOAD, &kClapPresetLoad},
      {CLAP_EXT_PRESET_LOAD_COMPAT, &kClapPresetLoad},
  };
  for (const auto& [name, extension] : all) {
    if (name == id) return extension;
  }
  return nullptr;
}

}  // namespace rtsynth::plugin
