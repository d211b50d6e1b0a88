/// Channels without an engine, for Python to follow a song ahead of time.
#pragma once

#include <nanobind/nanobind.h>

namespace rtsynth {

/// Adds the class Channels to the module.
void bind_channels(nanobind::module_& m);

}  // namespace rtsynth
