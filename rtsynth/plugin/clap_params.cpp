/// Parameters, as CLAP asks for them.
#include <exception>
#include <span>
#include <string>

#include "clap_extensions.h"
#include "clap_plugin.h"
#include "host_parameters.h"

namespace rtsynth::plugin {
namespace {

const HostParameter* parameter_of(clap_id id) {
  const auto index = index_of(id);
  return index ? &host_parameters()[static_cast<std::size_t>(*index)] : nullptr;
}

std::uint32_t count(const clap_plugin_t* /*plugin*/) {
  return static_cast<std::uint32_t>(host_parameters().size());
}

bool get_info(const clap_plugin_t* /*plugin*/, std::uint32_t index, clap_param_info_t* info) {
  if (index >= host_parameters().size() || info == nullptr) return false;
  const HostParameter& row = host_parameters()[index];
  *info = {};
  info->id = row.id;
  info->flags = CLAP_PARAM_IS_AUTOMATABLE;
  if (row.is_switch || row.whole) info->flags |= CLAP_PARAM_IS_STEPPED;
  info->cookie = const_cast<HostParameter*>(&row);
  write_text(row.label, info->name);
  write_text(row.group, info->module);
  info->min_value = row.low;
  info->max_value = row.high;
  info->default_value = row.preset;
  return true;
}

bool get_value(const clap_plugin_t* plugin, clap_id id, double* value) {
  const auto index = index_of(id);
  const Instance* instance = ClapPlugin::of(plugin).instance();
  if (!index || value == nullptr || instance == nullptr) return false;
  *value = instance->value(*index);
  return true;
}

bool value_to_text(const clap_plugin_t* /*plugin*/, clap_id id, double value, char* text,
                   std::uint32_t size) {
  const HostParameter* row = parameter_of(id);
  if (row == nullptr || text == nullptr || size == 0) return false;
  try {
    write_text(text_of(*row, value), {text, size});
    return true;
  } catch (const std::exception&) {  // no memory
    return false;
  }
}

bool text_to_value(const clap_plugin_t* /*plugin*/, clap_id id, const char* text, double* value) {
  const HostParameter* row = parameter_of(id);
  if (row == nullptr || text == nullptr || value == nullptr) return false;
  const auto found = value_of(*row, text);
  if (found) *value = *found;
  return found.has_value();
}

void flush(const clap_plugin_t* plugin, const clap_input_events_t* in,
           const clap_output_events_t* out) {
  ClapPlugin& self = ClapPlugin::of(plugin);
  if (self.instance() != nullptr) self.flush(in, out);
}

}  // namespace

const clap_plugin_params_t kClapParams = {count,         get_info,      get_value,
                                          value_to_text, text_to_value, flush};

}  // namespace rtsynth::plugin
