/// What a CLAP host can ask of the plugin beside its audio.
#pragma once

#include <clap/ext/params.h>
#include <clap/ext/state.h>

#include <span>
#include <string_view>

#include "clap_more.h"

namespace rtsynth::plugin {

/// [any] One of the standard's extensions; null: we do not have it.
[[nodiscard]] const void* clap_extension(std::string_view id);
/// [any] Writes what has room of a text, and a zero.
void write_text(std::string_view text, std::span<char> field);

extern const clap_plugin_params_t kClapParams;               // clap_params.cpp
extern const clap_plugin_state_t kClapState;                 // clap_state.cpp
extern const clap_plugin_state_context_t kClapStateContext;  // clap_state.cpp
extern const clap_plugin_preset_load_t kClapPresetLoad;      // clap_presets.cpp

}  // namespace rtsynth::plugin
