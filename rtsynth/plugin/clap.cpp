/// The door that a CLAP host opens: rtsynth.clap.
#include <clap/entry.h>
#include <clap/plugin-factory.h>
#include <clap/plugin-features.h>

#include <exception>
#include <memory>
#include <string_view>

#include "clap_plugin.h"
#include "clap_presets.h"

namespace rtsynth::plugin {
namespace {

const char* kFeatures[] = {CLAP_PLUGIN_FEATURE_INSTRUMENT, CLAP_PLUGIN_FEATURE_SYNTHESIZER,
                           CLAP_PLUGIN_FEATURE_STEREO, nullptr};

std::uint32_t count(const clap_plugin_factory_t* /*factory*/) { return 1; }

const clap_plugin_descriptor_t* get_descriptor(const clap_plugin_factory_t* /*factory*/,
                                               std::uint32_t index) {
  return index == 0 ? &kClapDescriptor : nullptr;
}

const clap_plugin_t* create(const clap_plugin_factory_t* /*factory*/, const clap_host_t* host,
                            const char* id) {
  if (host == nullptr || id == nullptr || std::string_view(id) != kClapDescriptor.id)
    return nullptr;
  if (!clap_version_is_compatible(host->clap_version)) return nullptr;
  try {
    return std::make_unique<ClapPlugin>(host).release()->handle();  // destroy() has it again
  } catch (const std::exception&) {  // no memory; the host must not be called yet
    return nullptr;
  }
}

const clap_plugin_factory_t kFactory = {count, get_descriptor, create};

bool init(const char* /*path*/) { return true; }
void deinit() {}

const void* get_factory(const char* id) {
  if (id == nullptr) return nullptr;
  const std::string_view wanted = id;
  if (wanted == CLAP_PLUGIN_FACTORY_ID) return &kFactory;
  const bool is_presets = wanted == CLAP_PRESET_DISCOVERY_FACTORY_ID ||
                          wanted == CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT;
  return is_presets ? &kClapPresetDiscovery : nullptr;
}

}  // namespace

const clap_plugin_descriptor_t kClapDescriptor = {CLAP_VERSION_INIT,
                                                  "rtsynth.rtsynth",
                                                  "rtsynth",
                                                  "rtsynth",
                                                  "",
                                                  "",
                                                  "",
                                                  RTSYNTH_VERSION,
                                                  "A neural instrument that is played live",
                                                  kFeatures};

}  // namespace rtsynth::plugin

const clap_plugin_entry_t clap_entry = {CLAP_VERSION_INIT, rtsynth::plugin::init,
                                        rtsynth::plugin::deinit, rtsynth::plugin::get_factory};
