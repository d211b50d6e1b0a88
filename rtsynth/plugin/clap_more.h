/// What dpf-source's headers of CLAP 1.1.1 lack, with the standard's own names and layouts.
#pragma once

#include <clap/entry.h>
#include <clap/plugin-factory.h>
#include <clap/plugin.h>
#include <clap/stream.h>

#include <cstdint>

extern "C" {

inline constexpr char CLAP_EXT_RENDER[] = "clap.render";
enum { CLAP_RENDER_REALTIME = 0, CLAP_RENDER_OFFLINE = 1 };
using clap_plugin_render_mode = std::int32_t;
struct clap_plugin_render_t {
  bool(CLAP_ABI* has_hard_realtime_requirement)(const clap_plugin_t* plugin);
  bool(CLAP_ABI* set)(const clap_plugin_t* plugin, clap_plugin_render_mode mode);
};

inline constexpr char CLAP_EXT_TAIL[] = "clap.tail";
struct clap_plugin_tail_t {
  std::uint32_t(CLAP_ABI* get)(const clap_plugin_t* plugin);
};
struct clap_host_tail_t {
  void(CLAP_ABI* changed)(const clap_host_t* host);
};

inline constexpr char CLAP_EXT_VOICE_INFO[] = "clap.voice-info";
enum { CLAP_VOICE_INFO_SUPPORTS_OVERLAPPING_NOTES = 1 << 0 };
struct clap_voice_info_t {
  std::uint32_t voice_count;
  std::uint32_t voice_capacity;
  std::uint64_t flags;
};
struct clap_plugin_voice_info_t {
  bool(CLAP_ABI* get)(const clap_plugin_t* plugin, clap_voice_info_t* info);
};

inline constexpr char CLAP_EXT_STATE_CONTEXT[] = "clap.state-context/2";
struct clap_plugin_state_context_t {
  bool(CLAP_ABI* save)(const clap_plugin_t* plugin, const clap_ostream_t* stream,
                       std::uint32_t context);
  bool(CLAP_ABI* load)(const clap_plugin_t* plugin, const clap_istream_t* stream,
                       std::uint32_t context);
};

inline constexpr char CLAP_EXT_LOG[] = "clap.log";
enum { CLAP_LOG_INFO = 1, CLAP_LOG_HOST_MISBEHAVING = 5 };
using clap_log_severity = std::int32_t;
struct clap_host_log_t {
  void(CLAP_ABI* log)(const clap_host_t* host, clap_log_severity severity, const char* message);
};

inline constexpr char CLAP_EXT_PRESET_LOAD[] = "clap.preset-load/2";
inline constexpr char CLAP_EXT_PRESET_LOAD_COMPAT[] = "clap.preset-load.draft/2";
struct clap_plugin_preset_load_t {
  bool(CLAP_ABI* from_location)(const clap_plugin_t* plugin, std::uint32_t kind,
                                const char* location, const char* load_key);
};
struct clap_host_preset_load_t {
  void(CLAP_ABI* on_error)(const clap_host_t* host, std::uint32_t kind, const char* location,
                           const char* load_key, std::int32_t os_error, const char* message);
  void(CLAP_ABI* loaded)(const clap_host_t* host, std::uint32_t kind, const char* location,
                         const char* load_key);
};

inline constexpr char CLAP_PRESET_DISCOVERY_FACTORY_ID[] = "clap.preset-discovery-factory/2";
inline constexpr char CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT[] =
    "clap.preset-discovery-factory/draft-2";
enum {
  CLAP_PRESET_DISCOVERY_LOCATION_FILE = 0,
  CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN = 1,
};
enum {
  CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT = 1 << 0,
  CLAP_PRESET_DISCOVERY_IS_USER_CONTENT = 1 << 1,
};
using clap_timestamp_t = std::uint64_t;
struct clap_universal_plugin_id_t {
  const char* abi;
  const char* id;
};
struct clap_preset_discovery_metadata_receiver_t {
  using Self = const clap_preset_discovery_metadata_receiver_t*;
  void* receiver_data;
  void(CLAP_ABI* on_error)(Self self, std::int32_t os_error, const char* message);
  bool(CLAP_ABI* begin_preset)(Self self, const char* name, const char* load_key);
  void(CLAP_ABI* add_plugin_id)(Self self, const clap_universal_plugin_id_t* plugin_id);
  void(CLAP_ABI* set_soundpack_id)(Self self, const char* soundpack_id);
  void(CLAP_ABI* set_flags)(Self self, std::uint32_t flags);
  void(CLAP_ABI* add_creator)(Self self, const char* creator);
  void(CLAP_ABI* set_description)(Self self, const char* description);
  void(CLAP_ABI* set_timestamps)(Self self, clap_timestamp_t created, clap_timestamp_t modified);
  void(CLAP_ABI* add_feature)(Self self, const char* feature);
  void(CLAP_ABI* add_extra_info)(Self self, const char* key, const char* value);
};
struct clap_preset_discovery_filetype_t {
  const char* name;
  const char* description;
  const char* file_extension;
};
struct clap_preset_discovery_location_t {
  std::uint32_t flags;
  const char* name;
  std::uint32_t kind;
  const char* location;
};
struct clap_preset_discovery_provider_descriptor_t {
  clap_version_t clap_version;
  const char* id;
  const char* name;
  const char* vendor;
};
struct clap_preset_discovery_provider_t {
  using Self = const clap_preset_discovery_provider_t*;
  const clap_preset_discovery_provider_descriptor_t* desc;
  void* provider_data;
  bool(CLAP_ABI* init)(Self self);
  void(CLAP_ABI* destroy)(Self self);
  bool(CLAP_ABI* get_metadata)(Self self, std::uint32_t kind, const char* location,
                               const clap_preset_discovery_metadata_receiver_t* receiver);
  const void*(CLAP_ABI* get_extension)(Self self, const char* id);
};
struct clap_preset_discovery_indexer_t {
  using Self = const clap_preset_discovery_indexer_t*;
  clap_version_t clap_version;
  const char* name;
  const char* vendor;
  const char* url;
  const char* version;
  void* indexer_data;
  bool(CLAP_ABI* declare_filetype)(Self self, const clap_preset_discovery_filetype_t* filetype);
  bool(CLAP_ABI* declare_location)(Self self, const clap_preset_discovery_location_t* location);
  bool(CLAP_ABI* declare_soundpack)(Self self, const void* soundpack);
  const void*(CLAP_ABI* get_extension)(Self self, const char* id);
};
struct clap_preset_discovery_factory_t {
  using Self = const clap_preset_discovery_factory_t*;
  std::uint32_t(CLAP_ABI* count)(Self self);
  const clap_preset_discovery_provider_descriptor_t*(CLAP_ABI* get_descriptor)(Self self,
                                                                               std::uint32_t index);
  const clap_preset_discovery_provider_t*(CLAP_ABI* create)(
      Self self, const clap_preset_discovery_indexer_t* indexer, const char* provider_id);
};

}  // extern "C"
