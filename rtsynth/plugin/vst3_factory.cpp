// What a host finds when it loads the module: its entry, and the factory of its one class.
#include <atomic>
#include <cstdio>
#include <iterator>

#include "vst3_plugin.h"
#include "vst3_text.h"

namespace rtsynth::plugin {
namespace {

constexpr v3_tuid kClass = V3_ID(0xE3E7BFAE, 0xED7CEA8E, 0xDD6DA838, 0x3A5B0D2C);
constexpr const char* kVendor = "rtsynth";
constexpr const char* kName = "rtsynth";
constexpr const char* kCategory = "Audio Module Class";
constexpr const char* kKinds = "Instrument|Synth";
constexpr const char* kSdk = "VST 3.7.9";
constexpr std::int32_t kUnicode = 1 << 4;
constexpr std::int32_t kManyInstances = 0x7FFFFFFF;

/// There is one, as long as the module is loaded, however often hosts let go of it.
struct Factory {
  const void* table = nullptr;
  std::atomic<std::uint32_t> references{0};
};

Factory& factory() noexcept;

template <class Info>
v3_result fill_class(std::int32_t place, Info* info) noexcept {
  if (place != 0 || info == nullptr) return V3_INVALID_ARG;
  *info = {};
  std::copy(std::begin(kClass), std::end(kClass), info->class_id);
  info->cardinality = kManyInstances;
  write_ascii(kCategory, info->category);
  return V3_OK;
}

v3_result V3_API query(void* self, const v3_tuid iid, void** found) noexcept {
  if (found == nullptr || iid == nullptr) return V3_INVALID_ARG;
  *found = nullptr;
  if (!v3_tuid_match(iid, v3_funknown_iid) && !v3_tuid_match(iid, v3_plugin_factory_iid) &&
      !v3_tuid_match(iid, v3_plugin_factory_2_iid) && !v3_tuid_match(iid, v3_plugin_factory_3_iid))
    return V3_NO_INTERFACE;
  factory().references.fetch_add(1);
  *found = self;
  return V3_OK;
}

std::uint32_t V3_API ref(void*) noexcept { return factory().references.fetch_add(1) + 1; }

std::uint32_t V3_API unref(void*) noexcept {
  std::uint32_t held = factory().references.load();
  while (held > 0 && !factory().references.compare_exchange_weak(held, held - 1)) {
  }
  return held > 0 ? held - 1 : 0;
}

v3_result V3_API get_factory_info(void*, v3_factory_info* info) noexcept {
  if (info == nullptr) return V3_INVALID_ARG;
  *info = {};
  write_ascii(kVendor, info->vendor);
  info->flags = kUnicode;
  return V3_OK;
}

std::int32_t V3_API num_classes(void*) noexcept { return 1; }

v3_result V3_API get_class_info(void*, std::int32_t place, v3_class_info* info) noexcept {
  const v3_result result = fill_class(place, info);
  if (result == V3_OK) write_ascii(kName, info->name);
  return result;
}

v3_result V3_API get_class_info_2(void*, std::int32_t place, v3_class_info_2* info) noexcept {
  const v3_result result = fill_class(place, info);
  if (result != V3_OK) return result;
  write_ascii(kName, info->name);
  write_ascii(kKinds, info->sub_categories);
  write_ascii(kVendor, info->vendor);
  write_ascii(RTSYNTH_VERSION, info->version);
  write_ascii(kSdk, info->sdk_version);
  return V3_OK;
}

v3_result V3_API get_class_info_3(void*, std::int32_t place, v3_class_info_3* info) noexcept {
  const v3_result result = fill_class(place, info);
  if (result != V3_OK) return result;
  write_utf16(kName, info->name);
  write_ascii(kKinds, info->sub_categories);
  write_utf16(kVendor, info->vendor);
  write_utf16(RTSYNTH_VERSION, info->version);
  write_utf16(kSdk, info->sdk_version);
  return V3_OK;
}

v3_result V3_API create_instance(void*, const v3_tuid class_id, const v3_tuid iid,
                                 void** instance) noexcept {
  if (instance == nullptr || class_id == nullptr) return V3_INVALID_ARG;
  *instance = nullptr;
  if (!v3_tuid_match(class_id, kClass)) return V3_INVALID_ARG;
  try {
    auto* const made = new Vst3Plugin;
    const v3_result result = made->query_interface(iid, instance);
    made->unref();
    return result;
  } catch (const std::exception& error) {
    Vst3Plugin::say(error.what());
    return V3_NOMEM;
  }
}

/// Each instance is told of the host, too (initialize).
v3_result V3_API set_host_context(void*, v3_funknown**) noexcept { return V3_OK; }

struct FactoryTable : v3_funknown {
  v3_plugin_factory v1;
  v3_plugin_factory_2 v2;
  v3_plugin_factory_3 v3;
};

const FactoryTable kTable = {{&query, &ref, &unref},
                             {&get_factory_info, &num_classes, &get_class_info, &create_instance},
                             {&get_class_info_2},
                             {&get_class_info_3, &set_host_context}};

Factory& factory() noexcept {
  static Factory the_one{&kTable};
  return the_one;
}

}  // namespace

void Vst3Plugin::say(const char* line) { std::fprintf(stderr, "rtsynth: %s\n", line); }

}  // namespace rtsynth::plugin

#define RTSYNTH_EXPORT extern "C" __attribute__((visibility("default")))

RTSYNTH_EXPORT bool ModuleEntry(void*) { return true; }

RTSYNTH_EXPORT bool ModuleExit() { return true; }

RTSYNTH_EXPORT void* GetPluginFactory() {
  auto& factory = rtsynth::plugin::factory();
  factory.references.fetch_add(1);
  return &factory;
}
