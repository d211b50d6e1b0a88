/// What Python sends to the audio thread.
#pragma once

#include <nanobind/nanobind.h>

#include "link.h"

namespace rtsynth {

/// [control] Adds MIDI and all settings of an engine to its class, and their tables (PARAMETERS,
/// CONTROLLERS) to the module.
void bind_settings(nanobind::module_& m, nanobind::class_<Link>& link);

}  // namespace rtsynth
