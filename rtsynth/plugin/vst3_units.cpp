// Units, programs of channels, and the list of presets.
#include "vst3_units.h"

#include "vst3_plugin.h"
#include "vst3_text.h"

namespace rtsynth::plugin {
namespace {

constexpr std::int32_t kRoot = 0;
constexpr std::int32_t kNothing = -1;
constexpr std::int32_t kFirstChannel = 1000;  // behind all groups that may ever come
constexpr std::int32_t kChannels = 16;
constexpr std::int32_t kPresetList = 1;
constexpr std::int32_t kProgramList = 2;

/// Groups in the order of their first parameters.
const std::vector<std::string>& groups() {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> found;
    for (const HostParameter& each : host_parameters()) {
      if (std::find(found.begin(), found.end(), each.group) == found.end())
        found.emplace_back(each.group);
    }
    return found;
  }();
  return kAll;
}

void describe(v3_unit_info& info, std::int32_t id, std::int32_t parent, std::string_view name,
              std::int32_t list) {
  info = {};
  info.id = id;
  info.parent_unit_id = parent;
  write_utf16(name, info.name);
  info.program_list_id = list;
}

}  // namespace

std::int32_t vst3_unit_of_group(std::string_view group) {
  const auto found = std::find(groups().begin(), groups().end(), group);
  return found == groups().end() ? kRoot : 1 + static_cast<std::int32_t>(found - groups().begin());
}

std::int32_t vst3_unit_of_channel(int channel) { return kFirstChannel + channel; }

std::int32_t Vst3Plugin::get_unit_count() {
  return 1 + static_cast<std::int32_t>(groups().size()) + kChannels;
}

v3_result Vst3Plugin::get_unit_info(std::int32_t unit, v3_unit_info* info) {
  if (info == nullptr || unit < 0 || unit >= get_unit_count()) return V3_INVALID_ARG;
  const auto group_count = static_cast<std::int32_t>(groups().size());
  const std::int32_t channel = unit - 1 - group_count;
  if (unit == 0) {
    describe(*info, kRoot, kNothing, "rtsynth", kPresetList);
  } else if (channel < 0) {
    describe(*info, unit, kRoot, groups()[static_cast<std::size_t>(unit - 1)], kNothing);
  } else {
    describe(*info, kFirstChannel + channel, kRoot, "Channel " + std::to_string(channel + 1),
             kProgramList);
  }
  return V3_OK;
}

std::int32_t Vst3Plugin::get_program_list_count() { return 2; }

v3_result Vst3Plugin::get_program_list_info(std::int32_t list, v3_program_list_info* info) {
  if (info == nullptr || list < 0 || list >= get_program_list_count()) return V3_INVALID_ARG;
  *info = {};
  info->id = list == 0 ? kPresetList : kProgramList;
  write_utf16(list == 0 ? "Presets" : "Programs", info->name);
  info->programCount = list == 0 ? preset_steps() + 1 : kVst3Programs;
  return V3_OK;
}

v3_result Vst3Plugin::get_program_name(std::int32_t list, std::int32_t program,
                                       std::int16_t* name) {
  const bool presets = list == kPresetList;
  if (name == nullptr || (!presets && list != kProgramList)) return V3_INVALID_ARG;
  if (program < 0 || program >= (presets ? preset_steps() + 1 : kVst3Programs))
    return V3_INVALID_ARG;
  write_utf16_128(presets ? preset_name(program) : "Program " + std::to_string(program + 1), name);
  return V3_OK;
}

v3_result Vst3Plugin::get_program_info(std::int32_t, std::int32_t, const char*, std::int16_t*) {
  return V3_FALSE;
}

v3_result Vst3Plugin::has_program_pitch_names(std::int32_t, std::int32_t) { return V3_FALSE; }

v3_result Vst3Plugin::get_program_pitch_name(std::int32_t, std::int32_t, std::int16_t,
                                             std::int16_t*) {
  return V3_FALSE;
}

std::int32_t Vst3Plugin::get_selected_unit() { return kRoot; }

v3_result Vst3Plugin::select_unit(std::int32_t) { return V3_OK; }

v3_result Vst3Plugin::get_unit_by_bus(std::int32_t media, std::int32_t direction, std::int32_t bus,
                                      std::int32_t channel, std::int32_t* unit) {
  if (unit == nullptr || bus != 0 || get_bus_count(media, direction) == 0) return V3_FALSE;
  if (media == V3_EVENT && (channel < 0 || channel >= kChannels)) return V3_FALSE;
  *unit = media == V3_EVENT ? vst3_unit_of_channel(channel) : kRoot;
  return V3_TRUE;
}

v3_result Vst3Plugin::set_unit_program_data(std::int32_t, std::int32_t, v3_bstream**) {
  return V3_NOT_IMPLEMENTED;
}

// --- presets: place 0 is what the project has ----------------------------------------------------

int Vst3Plugin::preset_steps() const { return static_cast<int>(presets_.size()); }

int Vst3Plugin::preset_at(double normalised) const {
  return vst3_place_at(normalised, preset_steps() + 1);
}

std::string Vst3Plugin::preset_name(int place) const {
  return place == 0 ? "As in the project" : presets_[static_cast<std::size_t>(place - 1)];
}

void Vst3Plugin::tell_presets() {
  v3_unit_handler** units = nullptr;
  if (v3_cpp_obj_query_interface(handler_, v3_unit_handler_iid, &units) == V3_OK &&
      units != nullptr) {
    v3_cpp_obj(units)->notify_program_list_change(units, kPresetList, V3_ALL_PROGRAMS);
    v3_cpp_obj_unref(units);
  }
  v3_cpp_obj(handler_)->restart_component(handler_, V3_RESTART_PARAM_TITLES_CHANGED);
}

}  // namespace rtsynth::plugin
