/// How an LV2 host keeps an instance: its whole state, and where the host's own knobs stood.

#include <cstddef>
#include <string>
#include <string_view>

#include "lv2_plugin.h"

namespace rtsynth::plugin {
namespace {

constexpr std::uint32_t kKept = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;

/// A property of what is restored.
struct Property {
  const void* value = nullptr;
  std::size_t size = 0;
  std::uint32_t type = 0;

  [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(value), size}; }
};

/// A string is kept with the zero behind it.
std::string_view without_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

}  // namespace

LV2_State_Status Lv2Plugin::save(LV2_State_Store_Function store, LV2_State_Handle handle) {
  const Lv2Urids& urids = host_.urids();
  const std::string state = instance_.save();
  const auto status = store(handle, urids.state, state.data(), state.size(), urids.chunk, kKept);
  if (status != LV2_STATE_SUCCESS) return status;
  const std::string ports = ports_.save();
  return store(handle, urids.ports, ports.c_str(), ports.size() + 1, urids.string, kKept);
}

LV2_State_Status Lv2Plugin::restore(LV2_State_Retrieve_Function retrieve, LV2_State_Handle handle) {
  const Lv2Urids& urids = host_.urids();
  const auto find = [&](LV2_URID key) {
    Property found;
    std::uint32_t flags = 0;
    found.value = retrieve(handle, key, &found.size, &found.type, &flags);
    return found;
  };
  const Property state = find(urids.state);
  const Property preset = find(urids.preset);
  const Property ports = find(urids.ports);
  if (state.value == nullptr && preset.value == nullptr) return LV2_STATE_ERR_NO_PROPERTY;
  if (state.value != nullptr) {
    if (state.type != urids.chunk) return LV2_STATE_ERR_BAD_TYPE;
    if (!instance_.load(state.text())) return LV2_STATE_ERR_UNKNOWN;
  } else {
    if (preset.type != urids.string) return LV2_STATE_ERR_BAD_TYPE;
    instance_.load_preset(without_zero(preset.text()));
  }
  if (ports.value != nullptr && ports.type == urids.string) {
    ports_.expect(without_zero(ports.text()));
  }
  return LV2_STATE_SUCCESS;
}

}  // namespace rtsynth::plugin
