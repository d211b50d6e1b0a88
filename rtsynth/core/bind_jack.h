/// A JACK client's process callback, as Python sees it.
#pragma once

#include <nanobind/nanobind.h>

namespace rtsynth {

/// Adds JackProcess to the module.
void bind_jack(nanobind::module_& m);

}  // namespace rtsynth
