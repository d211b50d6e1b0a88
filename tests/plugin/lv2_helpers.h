// A host's side of LV2 for the tests: URIs by number, and sequences of events.
#pragma once

#include <lv2/atom/forge.h>
#include <lv2/time/time.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lv2_urids.h"

namespace rtsynth::plugin {

/// Numbers URIs as they come.
class UriMap {
 public:
  UriMap() : map_{this, number} {}
  UriMap(const UriMap&) = delete;
  UriMap& operator=(const UriMap&) = delete;
  [[nodiscard]] LV2_URID_Map& map() { return map_; }
  [[nodiscard]] LV2_URID operator()(const char* uri) { return number(this, uri); }

 private:
  static LV2_URID number(LV2_URID_Map_Handle self, const char* uri) {
    auto& uris = static_cast<UriMap*>(self)->uris_;
    for (std::size_t i = 0; i < uris.size(); ++i) {
      if (uris[i] == uri) return static_cast<LV2_URID>(i + 1);
    }
    uris.emplace_back(uri);
    return static_cast<LV2_URID>(uris.size());
  }
  std::vector<std::string> uris_;
  LV2_URID_Map map_;
};

/// A control port's sequence.
class Sequence {
 public:
  Sequence() {
    lv2_atom_forge_init(&forge_, &uris_.map());
    lv2_atom_forge_set_buffer(&forge_, reinterpret_cast<std::uint8_t*>(memory_.data()),
                              memory_.size() * sizeof(memory_[0]));
    lv2_atom_forge_sequence_head(&forge_, &frame_, 0);
  }
  [[nodiscard]] UriMap& uris() { return uris_; }
  void midi(std::int64_t sample, const std::vector<std::uint8_t>& bytes) {
    lv2_atom_forge_frame_time(&forge_, sample);
    lv2_atom_forge_atom(&forge_, static_cast<std::uint32_t>(bytes.size()),
                        uris_(LV2_MIDI__MidiEvent));
    lv2_atom_forge_write(&forge_, bytes.data(), static_cast<std::uint32_t>(bytes.size()));
  }
  void position(std::int64_t sample, std::int64_t frame, float speed) {
    LV2_Atom_Forge_Frame object;
    lv2_atom_forge_frame_time(&forge_, sample);
    lv2_atom_forge_object(&forge_, &object, 0, uris_(LV2_TIME__Position));
    lv2_atom_forge_key(&forge_, uris_(LV2_TIME__frame));
    lv2_atom_forge_long(&forge_, frame);
    lv2_atom_forge_key(&forge_, uris_(LV2_TIME__speed));
    lv2_atom_forge_float(&forge_, speed);
    lv2_atom_forge_pop(&forge_, &object);
  }
  [[nodiscard]] LV2_Atom_Sequence* done() {
    return reinterpret_cast<LV2_Atom_Sequence*>(memory_.data());
  }

 private:
  UriMap uris_;
  LV2_Atom_Forge forge_{};
  LV2_Atom_Forge_Frame frame_{};
  std::vector<std::uint64_t> memory_ = std::vector<std::uint64_t>(65536);
};

}  // namespace rtsynth::plugin
