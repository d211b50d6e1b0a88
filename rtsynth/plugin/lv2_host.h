/// What an LV2 host offers: its features, looked through once.
#pragma once

#include <lv2/core/lv2.h>
#include <lv2/log/logger.h>
#include <lv2/options/options.h>

#include "lv2_more.h"
#include "lv2_urids.h"
#include "rt.h"

namespace rtsynth::plugin {

inline constexpr int kUsualBlock = 1024;  // samples, where the host says nothing

class Lv2Host {
 public:
  /// [main] Throws std::runtime_error where the host cannot map URIs.
  explicit Lv2Host(const LV2_Feature* const* features);

  [[nodiscard]] const Lv2Urids& urids() const noexcept { return urids_; }
  [[nodiscard]] const LV2_URID_Map& map() const noexcept { return map_; }
  /// [main] The longest block to prepare for, in samples.
  [[nodiscard]] int most_samples() const noexcept { return most_samples_; }
  /// [main] Takes in what is known of a list of options that ends with a zero.
  void take(const LV2_Options_Option* options);
  /// [any but audio] A line for the host's log, or for stderr.
  void log(const char* line);
  /// [audio] Asks the host to move one of its control ports. False: it cannot, or will not.
  [[nodiscard]] bool request_change(std::uint32_t port, float value) const RT_SAFE;

 private:
  LV2_URID_Map map_;
  Lv2Urids urids_;
  LV2_Log_Logger logger_{};
  const LV2_ControlInputPort_Change_Request* request_ = nullptr;
  int most_samples_ = kUsualBlock;
};

}  // namespace rtsynth::plugin
