/// LV2's extension by which a plugin asks its host to move a control input, which lv2-dev lacks:
/// http://kx.studio/ns/lv2ext/control-input-port-change-request (Carla, MOD).
#pragma once

#include <cstdint>

inline constexpr const char* LV2_CONTROL_INPUT_PORT_CHANGE_REQUEST_URI =
    "http://kx.studio/ns/lv2ext/control-input-port-change-request";

enum LV2_ControlInputPort_Change_Status {
  LV2_CONTROL_INPUT_PORT_CHANGE_SUCCESS = 0,
  LV2_CONTROL_INPUT_PORT_CHANGE_ERR_UNKNOWN = 1,
  LV2_CONTROL_INPUT_PORT_CHANGE_ERR_INVALID_INDEX = 2,
};

/// Data of the feature. [audio] To be called in run() and nowhere else; a host may say no.
struct LV2_ControlInputPort_Change_Request {
  void* handle;
  LV2_ControlInputPort_Change_Status (*request_change)(void* handle, std::uint32_t index,
                                                       float value);
};
