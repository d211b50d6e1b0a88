#include "places.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

extern char** environ;

namespace rtsynth::plugin {
namespace {

std::string from_environment(const char* name) {
  const char* found = std::getenv(name);
  return found != nullptr ? found : "";
}

/// A folder of the XDG base directory specification; one that is not a whole path is none.
std::string folder_of(const char* name, const std::string& home, const char* otherwise) {
  const std::string given = from_environment(name);
  return (given.starts_with('/') ? given : home + otherwise) + "/rtsynth";
}

std::string runtime_folder() {
  const std::string given = from_environment("RTSYNTH_RUNTIME_DIR");
  if (!given.empty()) return given;
  const std::string runtime = from_environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) return runtime + "/rtsynth";
  return "/tmp/rtsynth-" + std::to_string(::getuid());
}

/// Libraries and modules that a host brings along for itself would break a Python of its own.
std::vector<std::string> environment_of_server() {
  constexpr std::array kOfHost = {"LD_PRELOAD=", "LD_LIBRARY_PATH=", "PYTHONHOME=", "PYTHONPATH="};
  std::vector<std::string> kept;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view line = *each;
    bool of_host = false;
    for (const char* name : kOfHost) of_host = of_host || line.starts_with(name);
    if (!of_host) kept.emplace_back(line);
  }
  return kept;
}

bool is_program(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

/// A program's path; empty: there is none of that name.
std::string find_program(const std::string& name, const Places& places) {
  if (name.find('/') != std::string::npos) return is_program(name) ? name : "";
  std::string_view left = places.path;
  while (!left.empty()) {
    const std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(folder.size() + 1, left.size()));
    const std::string path = std::string(folder) + '/' + name;
    if (folder.starts_with('/') && is_program(path)) return path;
  }
  const std::string path = places.home + "/.local/bin/" + name;
  return is_program(path) ? path : "";
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

Places find_places() {
  Places found;
  found.home = from_environment("HOME");
  found.runtime = runtime_folder();
  found.server = from_environment("RTSYNTH_SERVER");
  found.config = folder_of("XDG_CONFIG_HOME", found.home, "/.config");
  found.cache = folder_of("XDG_CACHE_HOME", found.home, "/.cache");
  found.path = from_environment("PATH");
  found.environment = environment_of_server();
  return found;
}

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char each = command[i];
    const bool blank = each == ' ' || each == '\t' || each == '\n' || each == '\r';
    if (quote == 0 && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (each == quote) {
      quote = 0;
    } else if (quote == 0 && (each == '"' || each == '\'')) {
      quote = each;
    } else if (each == '\\' && quote != '\'' && i + 1 < command.size()) {
      words.back().push_back(command[++i]);
    } else {
      words.back().push_back(each);
    }
  }
  return words;
}

std::vector<std::string> server_command(const Places& places) {
  std::vector<std::string> lines = {first_line(places.config + "/server"), "rtsynth serve"};
  if (!places.server.empty()) lines = {places.server};
  for (const std::string& line : lines) {
    std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    words[0] = find_program(words[0], places);
    if (!words[0].empty()) return words;
  }
  return {};
}

}  // namespace rtsynth::plugin
