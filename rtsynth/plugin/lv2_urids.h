/// The numbers that the host gives to the URIs which the LV2 module reads and writes.
#pragma once

#include <lv2/atom/atom.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/midi/midi.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>
#include <lv2/urid/urid.h>

#include "lv2_names.h"

namespace rtsynth::plugin {

struct Lv2Urids {
  /// [main]
  explicit Lv2Urids(const LV2_URID_Map& map)
      : chunk(map.map(map.handle, LV2_ATOM__Chunk)),
        double_number(map.map(map.handle, LV2_ATOM__Double)),
        float_number(map.map(map.handle, LV2_ATOM__Float)),
        int_number(map.map(map.handle, LV2_ATOM__Int)),
        long_number(map.map(map.handle, LV2_ATOM__Long)),
        blank(map.map(map.handle, LV2_ATOM__Blank)),
        object(map.map(map.handle, LV2_ATOM__Object)),
        string(map.map(map.handle, LV2_ATOM__String)),
        max_block_length(map.map(map.handle, LV2_BUF_SIZE__maxBlockLength)),
        midi_event(map.map(map.handle, LV2_MIDI__MidiEvent)),
        state_changed(map.map(map.handle, LV2_STATE__StateChanged)),
        position(map.map(map.handle, LV2_TIME__Position)),
        frame(map.map(map.handle, LV2_TIME__frame)),
        speed(map.map(map.handle, LV2_TIME__speed)),
        state(map.map(map.handle, kLv2StateUri)),
        preset(map.map(map.handle, kLv2PresetUri)),
        ports(map.map(map.handle, kLv2PortsUri)) {}

  LV2_URID chunk;
  LV2_URID double_number;
  LV2_URID float_number;
  LV2_URID int_number;
  LV2_URID long_number;
  LV2_URID blank;
  LV2_URID object;
  LV2_URID string;
  LV2_URID max_block_length;
  LV2_URID midi_event;
  LV2_URID state_changed;
  LV2_URID position;
  LV2_URID frame;
  LV2_URID speed;
  LV2_URID state;
  LV2_URID preset;
  LV2_URID ports;
};

}  // namespace rtsynth::plugin
