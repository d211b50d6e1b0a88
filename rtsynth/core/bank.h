/// The oscillator bank, and its loops for registers of any width (kernels.cpp compiles them).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "contract.h"
#include "fold.h"
#include "rt.h"

namespace rtsynth {

inline constexpr std::size_t kGroups = kPartials / kLanes;

/// Sixteen partials, side by side in memory: all that a piece needs of them.
struct alignas(kAlign) Group {
  using Lanes = std::array<float, kLanes>;
  Lanes re{};  // the phase, a unit vector
  Lanes im{};
  Lanes cosine{};  // of a sample's turn
  Lanes sine{};
  Lanes piece_cosine{};  // of a piece's turn
  Lanes piece_sine{};
  Lanes twice_cosine{};  // the sum of two samples over the one between them
  Lanes amp{};           // now
  Lanes step{};          // added at every sample
};

/// An oscillator bank.
struct alignas(kAlign) Bank {
  std::array<Group, kGroups> groups{};
  std::array<std::uint8_t, kGroups> heard{};  // indices of those that can be heard, ascending
  int heard_count = 0;
};

/// A register's worth of a group's oscillators: s[n + 1] = 2 cos(w) s[n] - s[n - 1].
template <int W>
struct Oscillators {
  using V = typename Vec<W>::Type;
  V now, before, twice_cosine, amp, step;

  RT_INLINE static void get(V& value, const Group::Lanes& lanes, std::size_t lane) {
    std::memcpy(&value, lanes.data() + lane, sizeof(V));
  }
  RT_INLINE static void put(Group::Lanes& lanes, std::size_t lane, const V& value) {
    std::memcpy(lanes.data() + lane, &value, sizeof(V));
  }
  RT_INLINE void begin(const Group& group, std::size_t lane) {
    V re, cosine, sine;
    get(re, group.re, lane);
    get(cosine, group.cosine, lane);
    get(sine, group.sine, lane);
    get(now, group.im, lane);
    before = now * cosine - re * sine;
    get(twice_cosine, group.twice_cosine, lane);
    get(amp, group.amp, lane);
    get(step, group.step, lane);
  }
  RT_INLINE void advance() {
    take_from_product<W>(before, now, twice_cosine);
    std::swap(before, now);
    amp = amp + step;
  }
  /// Turns the phase by `samples`: at once by a whole piece, else one by one.
  RT_INLINE void end(Group& group, std::size_t lane, int samples) const {
    const bool whole = samples == kPieceSamples;
    V re, im, cosine, sine;
    get(re, group.re, lane);
    get(im, group.im, lane);
    get(cosine, whole ? group.piece_cosine : group.cosine, lane);
    get(sine, whole ? group.piece_sine : group.sine, lane);
    for (int i = whole ? kPieceSamples - 1 : 0; i < samples; ++i) {
      const V turned = re * cosine - im * sine;
      im = re * sine + im * cosine;
      re = turned;
    }
    put(group.re, lane, re);
    put(group.im, lane, im);
    put(group.amp, lane, amp);
  }
};

/// The sums of some groups' lanes from `lane` on; every lane adds its groups in ascending order, so
/// that neither their number nor the width of a register shows in the result.
template <int W, std::size_t... kIndex>
RT_INLINE void add_groups(Bank& bank, int first, std::size_t lane, Sums& sums, int samples,
                          std::index_sequence<kIndex...>) {
  using V = typename Vec<W>::Type;
  const std::uint8_t* heard = &bank.heard[static_cast<std::size_t>(first)];
  Oscillators<W> all[sizeof...(kIndex)];
  (all[kIndex].begin(bank.groups[heard[kIndex]], lane), ...);
  RT_UNROLL
  for (int i = 0; i < samples; ++i) {
    V sum{};
    if (first > 0) std::memcpy(&sum, &sums[i][lane], sizeof(V));
    (add_product<W>(sum, all[kIndex].amp, all[kIndex].now), ...);
    std::memcpy(&sums[i][lane], &sum, sizeof(V));
    (all[kIndex].advance(), ...);
  }
  (all[kIndex].end(bank.groups[heard[kIndex]], lane, samples), ...);
}

/// As many groups at once as registers hold: that hides the latency of the recurrence.
template <int W>
RT_INLINE void add_all(Bank& bank, Sums& sums, int samples) {
  constexpr int kAtOnce = W == 16 ? 4 : 2;
  for (std::size_t lane = 0; lane < kLanes; lane += W) {
    int g = 0;
    for (; g + kAtOnce <= bank.heard_count; g += kAtOnce) {
      add_groups<W>(bank, g, lane, sums, samples, std::make_index_sequence<kAtOnce>{});
    }
    const int rest = bank.heard_count - g;
    if (kAtOnce > 3 && rest == 3) {
      add_groups<W>(bank, g, lane, sums, samples, std::make_index_sequence<3>{});
    } else if (kAtOnce > 2 && rest == 2) {
      add_groups<W>(bank, g, lane, sums, samples, std::make_index_sequence<2>{});
    } else if (rest == 1) {
      add_groups<W>(bank, g, lane, sums, samples, std::make_index_sequence<1>{});
    }
  }
}

/// Whole pieces have a loop of known length.
template <int W, bool kWide>
RT_INLINE void bank_body(Bank& bank, float* mid, float* side, int samples) {
  alignas(kAlign) Sums sums;
  if (samples == kPieceSamples) {
    add_all<W>(bank, sums, kPieceSamples);
    fold<W, false>(sums, mid);
    if constexpr (kWide) fold<W, true>(sums, side);
    return;
  }
  const auto bytes = sizeof(float) * static_cast<std::size_t>(samples);
  float whole[kPieceSamples];
  std::memset(sums, 0, sizeof(sums));
  add_all<W>(bank, sums, samples);
  fold<W, false>(sums, whole);
  std::memcpy(mid, whole, bytes);
  if constexpr (!kWide) return;
  fold<W, true>(sums, whole);
  std::memcpy(side, whole, bytes);
}

}  // namespace rtsynth
