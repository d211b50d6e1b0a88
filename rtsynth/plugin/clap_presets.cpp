#include "clap_presets.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "clap_extensions.h"
#include "clap_plugin.h"
#include "preset_table.h"

namespace rtsynth::plugin {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".toml";

const clap_preset_discovery_provider_descriptor_t kProvider = {CLAP_VERSION_INIT, "rtsynth.presets",
                                                               "rtsynth's presets", "rtsynth"};

/// As platformdirs' user_data_path in stage/shelf.py; it need not exist.
fs::path user_folder() {
#if defined(__APPLE__)
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr ? home : "/") / "Library/Application Support/rtsynth/presets";
#else
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data != '\0') return fs::path(data) / "rtsynth/presets";
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr ? home : "/") / ".local/share/rtsynth/presets";
#endif
}

/// The name of a preset in a file; nothing: it is no file of the user's presets.
std::optional<std::string> name_of_file(const char* location) {
  if (location == nullptr) return std::nullopt;
  const fs::path path(location);
  std::error_code fault;
  const bool is_ours = path.extension() == kSuffix && fs::is_regular_file(path, fault) &&
                       fs::equivalent(path.parent_path(), user_folder(), fault);
  if (!is_ours) return std::nullopt;
  return path.stem().string();
}

/// The name of a preset that a host chose; nothing: there is none.
std::optional<std::string> name_of(std::uint32_t kind, const char* location, const char* key) {
  if (kind == CLAP_PRESET_DISCOVERY_LOCATION_FILE) return name_of_file(location);
  if (kind != CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN || key == nullptr) return std::nullopt;
  const auto is_it = [key](const BundledPreset& each) { return std::strcmp(each.name, key) == 0; };
  if (!std::ranges::any_of(kBundledPresets, is_it)) return std::nullopt;
  return key;
}

bool from_location(const clap_plugin_t* plugin, std::uint32_t kind, const char* location,
                   const char* key) {
  ClapPlugin& self = ClapPlugin::of(plugin);
  self.host().expect_main("preset-load.from_location");
  if (self.instance() == nullptr) return false;
  try {
    if (const auto name = name_of(kind, location, key)) {
      self.instance()->load_preset(*name);
      self.host().say_preset_loaded(kind, location, key);
      return true;
    }
    const char* asked = key != nullptr ? key : location;
    const std::string line =
        std::string("no preset of rtsynth: ") + (asked != nullptr ? asked : "it has no name");
    self.host().say_preset_failed(kind, location, key, line.c_str());
  } catch (const std::exception& fault) {
    self.host().say_preset_failed(kind, location, key, fault.what());
  }
  return false;
}

// --- the factory, which needs no plugin ----------------------------------------------------------

struct Provider {
  clap_preset_discovery_provider_t handle;
  const clap_preset_discovery_indexer_t* indexer;
};

bool declare(const clap_preset_discovery_provider_t* provider) {
  const auto* indexer = static_cast<const Provider*>(provider->provider_data)->indexer;
  const clap_preset_discovery_filetype_t filetype = {"rtsynth preset", "", kSuffix + 1};
  const clap_preset_discovery_location_t bundled = {CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
                                                    "rtsynth",
                                                    CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, nullptr};
  if (!indexer->declare_filetype(indexer, &filetype)) return false;
  if (!indexer->declare_location(indexer, &bundled)) return false;
  std::error_code fault;
  const std::string folder = user_folder().string();
  if (!fs::is_directory(folder, fault)) return true;
  const clap_preset_discovery_location_t users = {
      CLAP_PRESET_DISCOVERY_IS_USER_CONTENT, "Presets of your own",
      CLAP_PRESET_DISCOVERY_LOCATION_FILE, folder.c_str()};
  return indexer->declare_location(indexer, &users);
}

void destroy(const clap_preset_discovery_provider_t* provider) {
  const std::unique_ptr<Provider> ours(static_cast<Provider*>(provider->provider_data));
}

/// False: the host wants no more.
bool describe(const clap_preset_discovery_metadata_receiver_t& receiver, const char* name,
              const char* key) {
  const clap_universal_plugin_id_t plugin = {"clap", kClapDescriptor.id};
  if (!receiver.begin_preset(&receiver, name, key)) return false;
  receiver.add_plugin_id(&receiver, &plugin);
  receiver.add_feature(&receiver, CLAP_PLUGIN_FEATURE_INSTRUMENT);
  return true;
}

void describe_bundled(const clap_preset_discovery_metadata_receiver_t& receiver) {
  for (const BundledPreset& preset : kBundledPresets) {
    if (!describe(receiver, preset.name, preset.name)) return;
    receiver.set_description(&receiver, preset.about);
  }
}

bool get_metadata(const clap_preset_discovery_provider_t* /*provider*/, std::uint32_t kind,
                  const char* location, const clap_preset_discovery_metadata_receiver_t* receiver) {
  if (receiver == nullptr) return false;
  if (kind == CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN) {
    describe_bundled(*receiver);
    return true;
  }
  if (const auto name = name_of_file(location)) {
    describe(*receiver, name->c_str(), nullptr);
    return true;
  }
  receiver->on_error(receiver, 0, "not a preset of rtsynth");
  return false;
}

const void* no_extension(const clap_preset_discovery_provider_t* /*provider*/, const char* /*id*/) {
  return nullptr;
}

std::uint32_t count(const clap_preset_discovery_factory_t* /*factory*/) { return 1; }

const clap_preset_discovery_provider_descriptor_t* get_descriptor(
    const clap_preset_discovery_factory_t* /*factory*/, std::uint32_t index) {
  return index == 0 ? &kProvider : nullptr;
}

const clap_preset_discovery_provider_t* create(const clap_preset_discovery_factory_t* /*factory*/,
                                               const clap_preset_discovery_indexer_t* indexer,
                                               const char* id) {
  if (indexer == nullptr || id == nullptr || std::string_view(id) != kProvider.id) return nullptr;
  auto ours = std::make_unique<Provider>();
  ours->handle = {&kProvider, ours.get(), declare, destroy, get_metadata, no_extension};
  ours->indexer = indexer;
  return &ours.release()->handle;  // destroy() has it again
}

}  // namespace

const clap_plugin_preset_load_t kClapPresetLoad = {from_location};
const clap_preset_discovery_factory_t kClapPresetDiscovery = {count, get_descriptor, create};

}  // namespace rtsynth::plugin
