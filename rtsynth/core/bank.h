/// The oscillator bank, and its loops for registers of any width (kernels.cpp compiles them).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "contract.h"
#include "rt.h"
#include "stereo.h"

namespace rtsynth {

inline constexpr std::size_t kLanes = kStereoLeans;  // of a group that is rendered or skipped
inline constexpr std::size_t kGroups = kPartials / kLanes;
inline constexpr std::size_t kAlign = 64;
/// Oscillators run this far on from their phase, then the phase is turned by as much: what is left
/// of rounding at the end of such a piece lies 100 dB below the partial.
inline constexpr int kPieceSamples = 16;

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

/// W floats in a register, where the compiler has such a type; else an array it may vectorise.
#if defined(__GNUC__)
template <int W>
struct Vec {
  typedef float Type __attribute__((vector_size(W * sizeof(float))));
};
#else
template <int W>
struct Vec {
  struct Type {
    float v[W];
    friend Type operator+(Type a, const Type& b) {
      for (int i = 0; i < W; ++i) a.v[i] += b.v[i];
      return a;
    }
    friend Type operator-(Type a, const Type& b) {
      for (int i = 0; i < W; ++i) a.v[i] -= b.v[i];
      return a;
    }
    friend Type operator*(Type a, const Type& b) {
      for (int i = 0; i < W; ++i) a.v[i] *= b.v[i];
      return a;
    }
  };
};
#endif

/// Row `i` of a piece: sixteen lanes that still have to be added up.
using Sums = float[kPieceSamples][kLanes];

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
    const V next = twice_cosine * now - before;
    before = now;
    now = next;
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

/// The sums of N groups' lanes from `lane` on; every lane adds its groups in ascending order, so
/// that neither N nor the width of a register shows in the result.
template <int W, int N>
RT_INLINE void add_groups(Bank& bank, int first, std::size_t lane, Sums& sums, int samples) {
  using V = typename Vec<W>::Type;
  Group* groups[N];
  Oscillators<W> all[N];
  for (int n = 0; n < N; ++n) {
    groups[n] = &bank.groups[bank.heard[static_cast<std::size_t>(first + n)]];
    all[n].begin(*groups[n], lane);
  }
  for (int i = 0; i < samples; ++i) {
    V sum = all[0].amp * all[0].now;
    if (first > 0) {
      V earlier;
      std::memcpy(&earlier, &sums[i][lane], sizeof(V));
      sum = earlier + sum;
    }
    for (int n = 1; n < N; ++n) sum = sum + all[n].amp * all[n].now;
    std::memcpy(&sums[i][lane], &sum, sizeof(V));
    for (int n = 0; n < N; ++n) all[n].advance();
  }
  for (int n = 0; n < N; ++n) all[n].end(*groups[n], lane, samples);
}

/// As many groups at once as registers hold: that hides the latency of the recurrence.
template <int W>
RT_INLINE void add_all(Bank& bank, Sums& sums, int samples) {
  constexpr int kAtOnce = W == 16 ? 4 : 2;
  for (std::size_t lane = 0; lane < kLanes; lane += W) {
    int g = 0;
    for (; g + kAtOnce <= bank.heard_count; g += kAtOnce) {
      add_groups<W, kAtOnce>(bank, g, lane, sums, samples);
    }
    if constexpr (kAtOnce == 4) {
      if (g + 3 == bank.heard_count) {
        add_groups<W, 3>(bank, g, lane, sums, samples);
      } else if (g + 2 == bank.heard_count) {
        add_groups<W, 2>(bank, g, lane, sums, samples);
      }
    }
    if (g + 1 == bank.heard_count) add_groups<W, 1>(bank, g, lane, sums, samples);
  }
}

/// Each row as one number, and with `kLeant` each lane times its lean before: a tree of halves, in
/// the same order everywhere.
template <bool kLeant>
RT_INLINE void fold(const Sums& sums, float* out, int samples) {
  using Half = typename Vec<8>::Type;
  using Quarter = typename Vec<4>::Type;
  alignas(kAlign) float folded[kPieceSamples][4];
  for (int i = 0; i < samples; ++i) {
    Half low, high;
    std::memcpy(&low, &sums[i][0], sizeof(Half));
    std::memcpy(&high, &sums[i][8], sizeof(Half));
    if constexpr (kLeant) {
      Half lean_low, lean_high;
      std::memcpy(&lean_low, &kLeans[0], sizeof(Half));
      std::memcpy(&lean_high, &kLeans[8], sizeof(Half));
      low = low * lean_low;
      high = high * lean_high;
    }
    low = low + high;
    Quarter first, second;
    std::memcpy(&first, &low, sizeof(Quarter));
    std::memcpy(&second, reinterpret_cast<const float*>(&low) + 4, sizeof(Quarter));
    first = first + second;
    std::memcpy(folded[i], &first, sizeof(Quarter));
  }
  for (int i = 0; i < samples; ++i) {
    out[i] = (folded[i][0] + folded[i][2]) + (folded[i][1] + folded[i][3]);
  }
}

/// Whole pieces have a loop of known length.
template <int W, bool kWide>
RT_INLINE void bank_body(Bank& bank, float* mid, float* side, int samples) {
  alignas(kAlign) Sums sums;
  if (samples == kPieceSamples) {
    add_all<W>(bank, sums, kPieceSamples);
    fold<false>(sums, mid, kPieceSamples);
    if constexpr (kWide) fold<true>(sums, side, kPieceSamples);
  } else {
    add_all<W>(bank, sums, samples);
    fold<false>(sums, mid, samples);
    if constexpr (kWide) fold<true>(sums, side, samples);
  }
}

}  // namespace rtsynth
