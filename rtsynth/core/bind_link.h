/// A Link as Python sees it: what the generator and whoever follows a callback do.
#pragma once

#include <nanobind/nanobind.h>

#include "link.h"

namespace rtsynth {

/// [control] Adds to the class what the generator does with takes.
void bind_takes(nanobind::class_<Link>& link);
/// [control] Adds what was played and told, and what goes back.
void bind_heard(nanobind::class_<Link>& link);
/// [control] Adds adopting, what stands in the memory, and to the module wait_any().
void bind_link(nanobind::module_& m, nanobind::class_<Link>& link);

}  // namespace rtsynth
