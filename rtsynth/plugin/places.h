/// Where things are that a plugin shares with the rest of rtsynth: the socket, the server's
/// program, its log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rtsynth::plugin {

/// What the environment says, read once: a host may change its own while it runs.
struct Places {
  std::string runtime;  // folder of the socket, as rtsynth/serve/meeting.py has it
  std::string server;   // RTSYNTH_SERVER: the command, or empty
  std::string config;   // folder
  std::string cache;    // folder
  std::string home;
  std::string path;                      // PATH
  std::vector<std::string> environment;  // of the server: the host's, without what is its own

  [[nodiscard]] std::string socket() const { return runtime + "/server.sock"; }
  [[nodiscard]] std::string log() const { return cache + "/server.log"; }
};

/// [main]
[[nodiscard]] Places find_places();

/// The words of a command as a shell reads them: blanks between, quotes around, backslashes before.
[[nodiscard]] std::vector<std::string> words_of(std::string_view command);

/// [may wait] The server's command, its program as a path: what RTSYNTH_SERVER says and no
/// other; if it is not set, the file `server` of the config folder, else `rtsynth serve`, of PATH
/// or
/// ~/.local/bin. Empty: not installed.
[[nodiscard]] std::vector<std::string> server_command(const Places& places);

}  // namespace rtsynth::plugin
