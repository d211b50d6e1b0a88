// The controller: parameters as the host lists, names, shows and moves them.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "controllers.h"
#include "vst3_plugin.h"
#include "vst3_text.h"
#include "vst3_units.h"

namespace rtsynth::plugin {
namespace {

using Kind = Vst3Parameter::Kind;

const HostParameter& host_parameter(const Vst3Parameter& parameter) {
  return host_parameters()[static_cast<std::size_t>(parameter.index)];
}

/// What a hidden one is called; some hosts pass over what begins so.
std::string title_of(const Vst3Parameter& parameter) {
  std::string what = std::to_string(parameter.number);
  if (parameter.number == V3_CONTROLLER_PRESSURE) what = "pressure";
  if (parameter.number == V3_CONTROLLER_BEND) what = "bend";
  if (parameter.number == V3_CONTROLLER_PROGRAM) what = "program";
  return "MIDI CC " + what + " channel " + std::to_string(parameter.channel + 1);
}

void describe_host(const Vst3Parameter& parameter, v3_param_info& info) {
  const HostParameter& known = host_parameter(parameter);
  write_utf16(known.label, info.title);
  write_utf16(known.label, info.short_title);
  write_utf16(known.unit, info.units);
  info.step_count = vst3_steps(known);
  info.default_normalised_value = normalised_of(known, known.preset);
  info.unit_id = vst3_unit_of_group(known.group);
  info.flags = V3_PARAM_CAN_AUTOMATE;
}

void describe_message(const Vst3Parameter& parameter, v3_param_info& info) {
  const bool program = parameter.number == V3_CONTROLLER_PROGRAM;
  write_utf16(title_of(parameter), info.title);
  write_utf16(title_of(parameter), info.short_title);
  info.step_count = program ? kVst3Programs - 1 : 0;
  info.default_normalised_value = kNoMessage;
  info.unit_id = vst3_unit_of_channel(parameter.channel);
  info.flags = V3_PARAM_IS_HIDDEN;
  if (program) info.flags |= V3_PARAM_PROGRAM_CHANGE | V3_PARAM_IS_LIST;
}

int data_of(double normalised) { return scaled(normalised, 127); }

}  // namespace

std::int32_t Vst3Plugin::get_parameter_count() { return vst3_parameter_count(); }

v3_result Vst3Plugin::get_parameter_info(std::int32_t place, v3_param_info* info) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_at(place);
  if (!parameter || info == nullptr) return V3_INVALID_ARG;
  *info = {};
  info->param_id = vst3_id_of(*parameter);
  if (parameter->kind == Kind::kHost) {
    describe_host(*parameter, *info);
  } else if (parameter->kind == Kind::kMidi) {
    describe_message(*parameter, *info);
  } else {
    write_utf16(parameter->index == 0 ? "Preset" : "MIDI CC preset", info->title);
    write_utf16("Preset", info->short_title);
    info->step_count = preset_steps();
    info->flags = V3_PARAM_PROGRAM_CHANGE | V3_PARAM_IS_LIST;
    if (parameter->index != 0) info->flags |= V3_PARAM_IS_HIDDEN;
  }
  return V3_OK;
}

std::string Vst3Plugin::text_at(const Vst3Parameter& parameter, double normalised) const {
  if (parameter.kind == Kind::kHost) {
    const HostParameter& known = host_parameter(parameter);
    return text_of(known, plain_of(known, normalised));
  }
  if (parameter.kind == Kind::kPresets) return preset_name(preset_at(normalised));
  if (parameter.number == V3_CONTROLLER_PROGRAM)
    return std::to_string(vst3_program_at(normalised) + 1);
  return std::to_string(data_of(normalised));
}

v3_result Vst3Plugin::get_parameter_string_for_value(v3_param_id id, double normalised,
                                                     std::int16_t* text) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(id);
  if (!parameter || text == nullptr) return V3_INVALID_ARG;
  write_utf16_128(text_at(*parameter, normalised), text);
  return V3_OK;
}

v3_result Vst3Plugin::get_parameter_value_for_string(v3_param_id id, std::int16_t* text,
                                                     double* normalised) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(id);
  if (!parameter || text == nullptr || normalised == nullptr) return V3_INVALID_ARG;
  const std::string words = read_utf16(text, kVst3TextPlaces);
  if (parameter->kind == Kind::kHost) {
    const std::optional<double> value = value_of(host_parameter(*parameter), words);
    if (!value) return V3_FALSE;
    *normalised = normalised_of(host_parameter(*parameter), *value);
    return V3_OK;
  }
  if (parameter->kind == Kind::kPresets) {
    for (int i = 0; i <= preset_steps(); ++i) {
      if (preset_name(i) != words) continue;
      *normalised = static_cast<double>(i) / std::max(preset_steps(), 1);
      return V3_OK;
    }
    return V3_FALSE;
  }
  const int first = parameter->number == V3_CONTROLLER_PROGRAM ? 1 : 0;
  int data = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), data);
  if (error != std::errc() || data < first || data > 127 + first) return V3_FALSE;
  *normalised = (data - first) / 127.0;
  return V3_OK;
}

double Vst3Plugin::normalised_parameter_to_plain(v3_param_id id, double normalised) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(id);
  if (!parameter) return normalised;
  if (parameter->kind == Kind::kHost) return plain_of(host_parameter(*parameter), normalised);
  if (parameter->kind == Kind::kPresets) return preset_at(normalised);
  return data_of(normalised);
}

double Vst3Plugin::plain_parameter_to_normalised(v3_param_id id, double plain) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(id);
  if (!parameter) return plain;
  if (parameter->kind == Kind::kHost) return normalised_of(host_parameter(*parameter), plain);
  const double most = parameter->kind == Kind::kPresets ? std::max(preset_steps(), 1) : 127.0;
  return plain >= 0.0 ? std::min(plain / most, 1.0) : 0.0;
}

double Vst3Plugin::get_parameter_normalised(v3_param_id id) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(id);
  return parameter ? values_.get(parameter->place) : 0.0;
}

/// While blocks are processed these bring values at their own samples, and what comes here is for
/// the eye: carried out, it would come late and undo them.
v3_result Vst3Plugin::set_parameter_normalised(v3_param_id id, double normalised) {
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(id);
  if (!parameter || std::isnan(normalised)) return V3_INVALID_ARG;
  follow_changes();
  const double before = values_.get(parameter->place);
  values_.set(parameter->place, normalised);
  if (!instance_) return V3_OK;
  if (parameter->kind == Kind::kHost) {
    const auto index = static_cast<std::size_t>(parameter->index);
    const std::int64_t now = blocks_.load();
    if (edited_at_.exchange(now) != now) forget_edits();
    edited_[index].store(true);
    if (!active_) flush_edits();
  } else if (parameter->kind == Kind::kPresets) {
    const int preset = preset_at(normalised);
    if (preset > 0 && preset != preset_at(before))
      instance_->load_preset(presets_[static_cast<std::size_t>(preset - 1)]);
  }
  return V3_OK;
}

/// Values that no block has brought to the instance.
void Vst3Plugin::flush_edits() {
  if (edited_at_.load() != blocks_.load()) return;
  for (std::size_t i = 0; i < host_parameters().size(); ++i) {
    if (!edited_[i].exchange(false)) continue;
    const int index = static_cast<int>(i);
    instance_->set_value(index, plain_of(host_parameters()[i], values_.get(index)));
  }
}

void Vst3Plugin::forget_edits() {
  for (std::size_t i = 0; i < host_parameters().size(); ++i) edited_[i].store(false);
}

/// What the instance has now is what the host sees.
void Vst3Plugin::show_instance() {
  for (int i = 0; i < static_cast<int>(host_parameters().size()); ++i)
    values_.set(i,
                normalised_of(host_parameters()[static_cast<std::size_t>(i)], instance_->value(i)));
  values_.forget_messages();
}

/// Something came from the other side that the host should save or list anew.
void Vst3Plugin::follow_changes() {
  if (!instance_ || handler_ == nullptr) return;
  if (edited_by_hand_.exchange(false)) say_edited();
  if (!listed_.exchange(false)) return;
  if (std::vector<std::string> now = instance_->presets(); now != presets_) {
    presets_ = std::move(now);
    tell_presets();
  }
}

void Vst3Plugin::say_edited() {
  v3_component_handler2** more = nullptr;
  if (v3_cpp_obj_query_interface(handler_, v3_component_handler2_iid, &more) != V3_OK ||
      more == nullptr)
    return;
  v3_cpp_obj(more)->set_dirty(more, 1);
  v3_cpp_obj_unref(more);
}

v3_result Vst3Plugin::set_component_state(v3_bstream**) {
  if (!instance_) return V3_NOT_INITIALIZED;
  show_instance();  // the component, this same object, has read it
  return V3_OK;
}

v3_result Vst3Plugin::set_controller_state(v3_bstream**) { return V3_OK; }

v3_result Vst3Plugin::get_controller_state(v3_bstream**) { return V3_OK; }

v3_result Vst3Plugin::set_component_handler(v3_component_handler** handler) {
  if (handler == handler_) return V3_OK;
  if (handler_ != nullptr) v3_cpp_obj_unref(handler_);
  handler_ = handler;
  if (handler_ != nullptr) v3_cpp_obj_ref(handler_);
  return V3_OK;
}

v3_plugin_view** Vst3Plugin::create_view(const char*) { return nullptr; }

v3_result Vst3Plugin::get_midi_controller_assignment(std::int32_t bus, std::int16_t channel,
                                                     std::int16_t number, v3_param_id* id) {
  if (id == nullptr || bus != 0) return V3_FALSE;
  const std::optional<v3_param_id> found = vst3_controller_id(channel, number);
  if (!found) return V3_FALSE;
  *id = *found;
  return V3_TRUE;
}

}  // namespace rtsynth::plugin
