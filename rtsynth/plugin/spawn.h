/// Starts the server as a program of its own, which neither waits for the host nor holds anything
/// of it.
#pragma once

#include <string>

#include "places.h"

namespace rtsynth::plugin {

enum class Spawned {
  kStarted,
  kRunning,       // one that a plugin started has not ended yet
  kNotInstalled,  // there is no such program
  kRefused,       // the system takes no more processes
};

/// [may wait] For some milliseconds. The server has a session of its own and is nobody's child; it
/// has no open file of the host's, and the host hears of no ended child. What it writes goes to
/// Places::log(), which it holds locked as long as it lives: so no two are started at once.
[[nodiscard]] Spawned spawn_server(const Places& places);

}  // namespace rtsynth::plugin
