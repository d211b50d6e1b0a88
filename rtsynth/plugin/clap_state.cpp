/// The whole state, through the host's streams, which may take and give a few bytes at a time.
#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "clap_extensions.h"
#include "clap_plugin.h"
#include "state.h"

namespace rtsynth::plugin {
namespace {

bool write_all(const clap_ostream_t& stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::int64_t done = stream.write(&stream, bytes.data(), bytes.size());
    if (done <= 0 || static_cast<std::uint64_t>(done) > bytes.size()) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

/// Nothing: the host could not read it. What is too long to be a state is not read to its end.
std::optional<std::string> read_all(const clap_istream_t& stream) {
  std::string bytes;
  std::array<char, 65536> piece;
  while (bytes.size() <= kMostStateBytes) {
    const std::int64_t done = stream.read(&stream, piece.data(), piece.size());
    if (done < 0 || static_cast<std::uint64_t>(done) > piece.size()) return std::nullopt;
    if (done == 0) break;
    bytes.append(piece.data(), static_cast<std::size_t>(done));
  }
  return bytes;
}

bool save(const clap_plugin_t* plugin, const clap_ostream_t* stream) {
  ClapPlugin& self = ClapPlugin::of(plugin);
  self.host().expect_main("state.save");
  if (self.instance() == nullptr || stream == nullptr || stream->write == nullptr) return false;
  try {
    if (write_all(*stream, self.instance()->save())) return true;
    self.host().log("the host did not take the whole state, so it is not saved");
  } catch (const std::exception& fault) {
    self.host().log(fault.what());
  }
  return false;
}

bool load(const clap_plugin_t* plugin, const clap_istream_t* stream) {
  ClapPlugin& self = ClapPlugin::of(plugin);
  self.host().expect_main("state.load");
  if (self.instance() == nullptr || stream == nullptr || stream->read == nullptr) return false;
  try {
    const auto bytes = read_all(*stream);
    if (!bytes) self.host().log("the host could not read the state");
    if (!bytes || !self.instance()->load(*bytes)) return false;
    self.host().say_values_changed();
    return true;
  } catch (const std::exception& fault) {
    self.host().log(fault.what());
    return false;
  }
}

/// A state is the same whatever it is for.
bool save_for(const clap_plugin_t* plugin, const clap_ostream_t* stream,
              std::uint32_t /*context*/) {
  return save(plugin, stream);
}

bool load_for(const clap_plugin_t* plugin, const clap_istream_t* stream,
              std::uint32_t /*context*/) {
  return load(plugin, stream);
}

}  // namespace

const clap_plugin_state_t kClapState = {save, load};
const clap_plugin_state_context_t kClapStateContext = {save_for, load_for};

}  // namespace rtsynth::plugin
