/// The frames of one note: its take's, or a substitute's until its own arrives.
#pragma once

#include <cstdint>

#include "kernels.h"
#include "rt.h"
#include "takes.h"
#include "vocoder.h"

namespace rtsynth {

/// Frames over which one take fades into another, and over which a sustained note jumps back.
inline constexpr int kArrivalFrames = 4;
inline constexpr int kLoopFrames = 8;

/// Reads one take, or two while one fades into the other.
class TakeReader {
 public:
  /// [control, stopped] The store must outlive the reader.
  void prepare(TakeStore& takes, const Kernels& kernels);

  /// [audio] Begins at frame 0 of a pinned take, which is unpinned in the end.
  void start(int take, std::uint64_t seed) RT_SAFE;
  /// [audio] Unpins what is read.
  void stop() RT_SAFE;
  /// [audio] Moves on by one frame. Returns true where the next page was late and the last frame
  /// is held instead.
  [[nodiscard]] bool advance() RT_SAFE;
  /// [audio] From the present frame on fades to a pinned take at that take's frame `position`.
  void crossfade_to(int take, int position, int frames) RT_SAFE;
  /// [audio] The present frame, linear, with the take's gain.
  void read(Frame& frame) const RT_SAFE;
  /// [audio] Between the two takes' while one fades into the other.
  [[nodiscard]] Tuning tuning() const RT_SAFE;
  /// [audio] Whether tuning() changed with the last advance() or since.
  [[nodiscard]] bool retuned() const RT_SAFE { return retuned_; }

  /// [audio] The take that is read, or that it fades to.
  [[nodiscard]] int take() const RT_SAFE {
    return to_.take != TakeStore::kNone ? to_.take : from_.take;
  }
  [[nodiscard]] bool active() const RT_SAFE { return from_.take != TakeStore::kNone; }
  [[nodiscard]] bool fading() const RT_SAFE { return to_.take != TakeStore::kNone; }
  /// [audio] The frame of take() that is read.
  [[nodiscard]] int position() const RT_SAFE { return fading() ? to_.position : from_.position; }
  /// [audio] Note values of take().
  [[nodiscard]] const NoteValues& note() const RT_SAFE { return takes_->note(take()); }

 private:
  struct Head {
    int take = TakeStore::kNone;
    int position = 0;
    float held_db = 0.0F;  // how far the level fell while frames were held
  };
  [[nodiscard]] bool advance(Head& head) RT_SAFE;
  void read(const Head& head, Frame& frame) const RT_SAFE;
  void jump_back() RT_SAFE;

  Head from_;
  Head to_;
  float mix_ = 0.0F;  // 0: only `from_`, 1: only `to_`
  float mix_step_ = 0.0F;
  bool retuned_ = false;
  std::uint64_t chance_ = 0;
  TakeStore* takes_ = nullptr;
  const Kernels* kernels_ = nullptr;
};

}  // namespace rtsynth
