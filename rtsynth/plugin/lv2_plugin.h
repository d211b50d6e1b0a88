/// An instance as LV2 sees it: ports, blocks, state.
#pragma once

#include <lv2/atom/forge.h>
#include <lv2/state/state.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "instance.h"
#include "lv2_events.h"
#include "lv2_host.h"
#include "lv2_ports.h"
#include "rt.h"

namespace rtsynth::plugin {

class Lv2Plugin {
 public:
  /// [main] Throws std::runtime_error where the host lacks what is needed, or the machine memory.
  Lv2Plugin(double rate_hz, const LV2_Feature* const* features);

  /// [main, or audio between blocks]
  void connect(std::uint32_t port, void* data) RT_SAFE;
  /// [main, stopped]
  void activate() {  // where that fails it is silent, and the log says why
    static_cast<void>(instance_.activate(rate_hz_, host_.most_samples()));
  }
  void deactivate() { instance_.deactivate(); }
  /// [audio] A block; above 0 in the freewheel port it may wait for the generator.
  void run(std::uint32_t samples);

  /// [main, also while run() is called]
  LV2_State_Status save(LV2_State_Store_Function store, LV2_State_Handle handle);
  LV2_State_Status restore(LV2_State_Retrieve_Function retrieve, LV2_State_Handle handle);
  /// [main, stopped]
  void take_options(const LV2_Options_Option* options) { host_.take(options); }

 private:
  [[nodiscard]] bool begin(std::uint32_t samples) RT_SAFE;
  void run_live(std::uint32_t samples) RT_SAFE;
  void run_offline(std::uint32_t samples);
  [[nodiscard]] StereoOut out_of(const Lv2Piece& piece) const RT_SAFE;
  void tell_moved() RT_SAFE;
  void tell_changed() RT_SAFE;
  void write_changed() RT_SAFE;
  [[nodiscard]] Setup setup();

  const double rate_hz_;
  Lv2Host host_;
  Lv2Events events_;
  Lv2Ports ports_;
  LV2_Atom_Forge forge_{};
  const LV2_Atom_Sequence* control_ = nullptr;
  LV2_Atom_Sequence* notify_ = nullptr;
  float* left_ = nullptr;
  float* right_ = nullptr;
  float* latency_ = nullptr;
  const float* freewheel_ = nullptr;
  std::atomic<bool> edited_{false};  // something to save that the host has not been told of
  Instance instance_;                // last: it calls back from its own threads until it is gone
};

}  // namespace rtsynth::plugin
