/// The LV2 module: what a host calls, handed to Lv2Plugin.

#include <lv2/core/lv2.h>
#include <lv2/options/options.h>
#include <lv2/state/state.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>

#include "lv2_names.h"
#include "lv2_plugin.h"

namespace rtsynth::plugin {
namespace {

Lv2Plugin& of(LV2_Handle handle) { return *static_cast<Lv2Plugin*>(handle); }

/// Nothing may be thrown at a host: what went wrong is said, and `otherwise` returned.
template <class Result, class Work>
Result guarded(Result otherwise, const Work& work) noexcept {
  try {
    return work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rtsynth: %s\n", error.what());
    return otherwise;
  }
}

LV2_Handle instantiate(const LV2_Descriptor* /*descriptor*/, double rate_hz, const char* /*bundle*/,
                       const LV2_Feature* const* features) {
  return guarded(LV2_Handle{}, [&]() -> LV2_Handle {
    return std::make_unique<Lv2Plugin>(rate_hz, features).release();
  });
}

void cleanup(LV2_Handle handle) { std::unique_ptr<Lv2Plugin>(&of(handle)).reset(); }

LV2_State_Status save(LV2_Handle handle, LV2_State_Store_Function store, LV2_State_Handle state,
                      std::uint32_t /*flags*/, const LV2_Feature* const* /*features*/) {
  return guarded(LV2_STATE_ERR_UNKNOWN, [&] { return of(handle).save(store, state); });
}

LV2_State_Status restore(LV2_Handle handle, LV2_State_Retrieve_Function retrieve,
                         LV2_State_Handle state, std::uint32_t /*flags*/,
                         const LV2_Feature* const* /*features*/) {
  return guarded(LV2_STATE_ERR_UNKNOWN, [&] { return of(handle).restore(retrieve, state); });
}

void activate(LV2_Handle handle) {
  static_cast<void>(guarded(false, [&] {
    of(handle).activate();
    return true;
  }));
}

std::uint32_t get_options(LV2_Handle /*handle*/, LV2_Options_Option* /*options*/) {
  return LV2_OPTIONS_ERR_BAD_KEY;  // there are none to be read
}

std::uint32_t set_options(LV2_Handle handle, const LV2_Options_Option* options) {
  of(handle).take_options(options);
  return LV2_OPTIONS_SUCCESS;
}

const void* extension_data(const char* uri) {
  static constexpr LV2_State_Interface kState = {save, restore};
  static constexpr LV2_Options_Interface kOptions = {get_options, set_options};
  if (std::strcmp(uri, LV2_STATE__interface) == 0) return &kState;
  if (std::strcmp(uri, LV2_OPTIONS__interface) == 0) return &kOptions;
  return nullptr;
}

constexpr LV2_Descriptor kDescriptor = {
    kLv2Uri,
    instantiate,
    [](LV2_Handle handle, std::uint32_t port, void* data) { of(handle).connect(port, data); },
    activate,
    [](LV2_Handle handle, std::uint32_t samples) { of(handle).run(samples); },
    [](LV2_Handle handle) { of(handle).deactivate(); },
    cleanup,
    extension_data,
};

}  // namespace
}  // namespace rtsynth::plugin

LV2_SYMBOL_EXPORT const LV2_Descriptor* lv2_descriptor(std::uint32_t index) {
  return index == 0 ? &rtsynth::plugin::kDescriptor : nullptr;
}
