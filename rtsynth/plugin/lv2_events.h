/// A block of LV2 as the instance takes it: in pieces, within each of which the song goes on
/// evenly.
#pragma once

#include <lv2/atom/atom.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "instance.h"
#include "lv2_urids.h"
#include "rt.h"

namespace rtsynth::plugin {

/// A part of a block.
struct Lv2Piece {
  int begin = 0;    // sample of the block
  int samples = 0;  // 0: events alone
  std::span<const HostEvent> events;
  Transport transport;  // at its first sample
};

/// Reads the control port. A block is cut where the host says that the song is elsewhere, and where
/// more events come than there is room for.
class Lv2Events {
 public:
  /// [main]
  explicit Lv2Events(const Lv2Urids& urids) : urids_(urids) {}

  /// [audio] Begins a block. The sequence (or null) must stay until its last piece is done.
  void begin(const LV2_Atom_Sequence* sequence, int samples) RT_SAFE;
  /// [audio] A parameter that holds from the block's first sample on; before the first piece.
  void add_parameter(int index, double value) RT_SAFE;
  /// [audio] The next piece; false: the block is done. The last piece ends with the block.
  [[nodiscard]] bool next(Lv2Piece& piece) RT_SAFE;

 private:
  static constexpr std::size_t kMostEvents = 1024;  // a piece's

  [[nodiscard]] const LV2_Atom_Event* event() const RT_SAFE;
  void advance(const LV2_Atom_Event& event) RT_SAFE;
  void add_midi(const LV2_Atom_Event& event, int sample) RT_SAFE;
  void add(const HostEvent& event) RT_SAFE;
  [[nodiscard]] bool is_position(const LV2_Atom& atom) const RT_SAFE;
  void read_position(const LV2_Atom_Object& object) RT_SAFE;
  [[nodiscard]] double number_of(const LV2_Atom& atom, double otherwise) const RT_SAFE;
  void finish(Lv2Piece& piece, int end) RT_SAFE;

  Lv2Urids urids_;
  const std::uint8_t* at_ = nullptr;   // of the sequence: the next event
  const std::uint8_t* end_ = nullptr;  // behind the last
  int samples_ = 0;                    // of the block
  int begin_ = 0;                      // of the piece
  int last_ = 0;                       // sample of the last event
  bool done_ = true;
  std::size_t used_ = 0;
  std::array<HostEvent, kMostEvents> events_{};
  Transport transport_;  // at the piece's first sample
  double speed_ = 0.0;   // of the song: 1 while it plays
};

}  // namespace rtsynth::plugin
