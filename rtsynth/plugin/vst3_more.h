/// What the VST3 headers of DPF leave out, with the names of the standard in their manner.
#pragma once

#include "travesty/audio_processor.h"
#include "travesty/component.h"
#include "travesty/edit_controller.h"
#include "travesty/events.h"
#include "travesty/factory.h"
#include "travesty/host.h"
#include "travesty/unit.h"

/// Places behind MIDI's 128 controllers, in a MIDI mapping and in the events of a legacy
/// controller.
enum v3_controller_number {
  V3_CONTROLLER_PRESSURE = 128,
  V3_CONTROLLER_BEND = 129,
  V3_CONTROLLER_PROGRAM = 130,
  V3_CONTROLLER_KEY_PRESSURE = 131,
};

enum v3_note_expression_type {
  V3_EXPRESSION_VOLUME = 0,  // 0.25 is 0 dB, linear
  V3_EXPRESSION_PAN = 1,
  V3_EXPRESSION_TUNING = 2,  // -120 to 120 semitones
  V3_EXPRESSION_VIBRATO = 3,
  V3_EXPRESSION_EXPRESSION = 4,
  V3_EXPRESSION_BRIGHTNESS = 5,
};

enum v3_note_expression_flags {
  V3_EXPRESSION_IS_BIPOLAR = 1 << 0,
  V3_EXPRESSION_IS_ABSOLUTE = 1 << 2,
};

struct v3_note_expression_value_description {
  double default_value;
  double minimum;
  double maximum;
  int32_t step_count;
};

struct v3_note_expression_type_info {
  uint32_t type_id;
  v3_str_128 title;
  v3_str_128 short_title;
  v3_str_128 units;
  int32_t unit_id;
  v3_note_expression_value_description value;
  v3_param_id associated_parameter_id;
  int32_t flags;
};

struct v3_note_expression_controller {
  int32_t(V3_API* get_note_expression_count)(void* self, int32_t bus, int16_t channel);
  v3_result(V3_API* get_note_expression_info)(void* self, int32_t bus, int16_t channel, int32_t idx,
                                              v3_note_expression_type_info* info);
  v3_result(V3_API* get_note_expression_string_by_value)(void* self, int32_t bus, int16_t channel,
                                                         uint32_t type, double normalised,
                                                         int16_t* text);
  v3_result(V3_API* get_note_expression_value_by_string)(void* self, int32_t bus, int16_t channel,
                                                         uint32_t type, const int16_t* text,
                                                         double* normalised);
};

static constexpr const v3_tuid v3_note_expression_controller_iid =
    V3_ID(0xB7F8F859, 0x41234872, 0x91169581, 0x4F3721A3);

struct v3_note_expression_controller_cpp : v3_funknown {
  v3_note_expression_controller notes;
};

/// Of the host, beside its component handler.
struct v3_unit_handler {
  v3_result(V3_API* notify_unit_selection)(void* self, int32_t unit_id);
  v3_result(V3_API* notify_program_list_change)(void* self, int32_t list_id, int32_t program_idx);
};

static constexpr const v3_tuid v3_unit_handler_iid =
    V3_ID(0x4B5147F8, 0x4654486B, 0x8DAB30BA, 0x163A3C56);

inline constexpr int32_t V3_ALL_PROGRAMS = -1;
