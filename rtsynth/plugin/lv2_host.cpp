#include "lv2_host.h"

#include <lv2/core/lv2_util.h>

#include <stdexcept>

namespace rtsynth::plugin {
namespace {

/// The data of a feature that the host has, or null.
template <class Data>
Data* feature(const LV2_Feature* const* features, const char* uri) {
  return static_cast<Data*>(lv2_features_data(features, uri));
}

const LV2_URID_Map& map_of(const LV2_Feature* const* features) {
  const auto* map = feature<LV2_URID_Map>(features, LV2_URID__map);
  if (map == nullptr) throw std::runtime_error("the host has no urid:map");
  return *map;
}

}  // namespace

Lv2Host::Lv2Host(const LV2_Feature* const* features) : map_(map_of(features)), urids_(map_) {
  lv2_log_logger_init(&logger_, &map_, feature<LV2_Log_Log>(features, LV2_LOG__log));
  request_ = feature<LV2_ControlInputPort_Change_Request>(
      features, LV2_CONTROL_INPUT_PORT_CHANGE_REQUEST_URI);
  const auto* options = feature<const LV2_Options_Option>(features, LV2_OPTIONS__options);
  if (options != nullptr) take(options);
}

void Lv2Host::take(const LV2_Options_Option* options) {
  for (const auto* each = options; each->key != 0 || each->value != nullptr; ++each) {
    if (each->key != urids_.max_block_length || each->type != urids_.int_number) continue;
    if (each->size != sizeof(std::int32_t) || each->value == nullptr) continue;
    const auto samples = *static_cast<const std::int32_t*>(each->value);
    if (samples > 0) most_samples_ = samples;
  }
}

void Lv2Host::log(const char* line) { lv2_log_note(&logger_, "rtsynth: %s\n", line); }

bool Lv2Host::request_change(std::uint32_t port, float value) const RT_SAFE {
  if (request_ == nullptr) return false;
  RT_TRUSTED_BEGIN  // the extension says: to be called in run()
      return request_->request_change(request_->handle, port, value) ==
      LV2_CONTROL_INPUT_PORT_CHANGE_SUCCESS;
  RT_TRUSTED_END
}

}  // namespace rtsynth::plugin
