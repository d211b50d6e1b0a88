/// Presets in a host's browser: those that come along, and the files in the user's folder.
#pragma once

#include "clap_more.h"

namespace rtsynth::plugin {

extern const clap_preset_discovery_factory_t kClapPresetDiscovery;

}  // namespace rtsynth::plugin
