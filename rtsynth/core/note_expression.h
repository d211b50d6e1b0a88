/// What a host says of a single note beside its channel: as in CLAP's and VST3's note expressions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "envelope.h"
#include "rt.h"

namespace rtsynth {

/// In the order of CLAP; what each has at a note's start stands behind it.
enum class NoteField : std::uint8_t {
  kVolume,      // linear, 0..4: 1
  kPan,         // 0 left .. 1 right, added to the note's place: 0.5
  kTuning,      // semitones, -120..120: 0
  kVibrato,     // 0..1, of what the wheel would bring: 0
  kExpression,  // 0..1, by the square law, as controller 11: 1
  kBrightness,  // 0..1, as controller 74: 0.5
  kPressure,    // 0..1, the channel's counts where it is stronger: 0
};
inline constexpr std::size_t kNoteFields = 7;

/// Values that glide. A note of which nothing is said costs nothing.
class NoteExpression {
 public:
  /// [audio] A note begins.
  void reset() RT_SAFE {
    for (std::size_t i = 0; i < kNoteFields; ++i) glides_[i].set(kStart[i]);
    moves_ = false;
    said_ = false;
  }
  /// [audio] From the next tick on; what lies outside its range is taken into it. Before a note's
  /// first tick it is there `at_once`.
  void set(NoteField field, float value, bool at_once) RT_SAFE {
    const auto i = static_cast<std::size_t>(field);
    const float inside = std::clamp(value, kLow[i], kHigh[i]);
    if (at_once) {
      glides_[i].set(inside);
    } else {
      glides_[i].aim(inside);
    }
    moves_ = said_ = true;
  }
  /// [audio] At ticks; parts as of Glide::tick.
  void tick(float level_part, float pitch_part) RT_SAFE {
    if (!moves_) return;
    moves_ = false;
    for (std::size_t i = 0; i < kNoteFields; ++i) {
      const bool pitch = i == static_cast<std::size_t>(NoteField::kTuning);
      glides_[i].tick(pitch ? pitch_part : level_part);
      moves_ = moves_ || !glides_[i].still();
    }
  }
  /// [audio] Whether anything was ever said.
  [[nodiscard]] bool said() const RT_SAFE { return said_; }
  /// [audio] Of volume and expression, linear.
  [[nodiscard]] float gain() const RT_SAFE {
    const float expression = at(NoteField::kExpression);
    return at(NoteField::kVolume) * expression * expression;
  }
  /// [audio] -1..1
  [[nodiscard]] float pan() const RT_SAFE { return 2.0F * at(NoteField::kPan) - 1.0F; }
  [[nodiscard]] float semitones() const RT_SAFE { return at(NoteField::kTuning); }
  [[nodiscard]] float vibrato() const RT_SAFE { return at(NoteField::kVibrato); }
  /// [audio] -1..1
  [[nodiscard]] float bright() const RT_SAFE { return 2.0F * at(NoteField::kBrightness) - 1.0F; }
  [[nodiscard]] float pressure() const RT_SAFE { return at(NoteField::kPressure); }

 private:
  using Values = std::array<float, kNoteFields>;
  static constexpr Values kStart = {1.0F, 0.5F, 0.0F, 0.0F, 1.0F, 0.5F, 0.0F};
  static constexpr Values kLow = {0.0F, 0.0F, -120.0F, 0.0F, 0.0F, 0.0F, 0.0F};
  static constexpr Values kHigh = {4.0F, 1.0F, 120.0F, 1.0F, 1.0F, 1.0F, 1.0F};

  [[nodiscard]] float at(NoteField field) const RT_SAFE {
    return glides_[static_cast<std::size_t>(field)].value();
  }

  std::array<Glide, kNoteFields> glides_{};
  bool moves_ = false;
  bool said_ = false;
};

}  // namespace rtsynth
