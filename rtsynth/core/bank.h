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

inline constexpr std::size_t kLanes = 16;  // partials in a group that is rendered or skipped
inline constexpr std::size_t kGroups = kPartials / kLanes;
inline constexpr std::size_t kAlign = 64;

/// An oscillator bank: a unit vector a partial, turned by its rotation at every sample.
struct alignas(kAlign) Bank {
  std::array<float, kPartials> re{};
  std::array<float, kPartials> im{};
  std::array<float, kPartials> cosine{};
  std::array<float, kPartials> sine{};
  std::array<float, kPartials> amp{};          // now
  std::array<float, kPartials> step{};         // added at every sample
  std::array<std::uint8_t, kGroups> groups{};  // those that can be heard, ascending
  int group_count = 0;
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

/// One register's worth of oscillators.
template <int W>
struct Oscillators {
  using V = typename Vec<W>::Type;
  V re, im, cosine, sine, amp, step;

  RT_INLINE void load(const Bank& bank, std::size_t at) {
    std::memcpy(&re, &bank.re[at], sizeof(V));
    std::memcpy(&im, &bank.im[at], sizeof(V));
    std::memcpy(&cosine, &bank.cosine[at], sizeof(V));
    std::memcpy(&sine, &bank.sine[at], sizeof(V));
    std::memcpy(&amp, &bank.amp[at], sizeof(V));
    std::memcpy(&step, &bank.step[at], sizeof(V));
  }
  RT_INLINE void store(Bank& bank, std::size_t at) const {
    std::memcpy(&bank.re[at], &re, sizeof(V));
    std::memcpy(&bank.im[at], &im, sizeof(V));
    std::memcpy(&bank.amp[at], &amp, sizeof(V));
  }
  /// Gives this sample to `add`, and turns on by one.
  template <class Adder>
  RT_INLINE void advance(const Adder& add, int i) {
    add(i, amp * im);
    const V turned = re * cosine - im * sine;
    im = re * sine + im * cosine;
    re = turned;
    amp = amp + step;
  }
};

using Sums = float[kTickSamples][kLanes];

/// Adds up what a chunk of oscillators gives, and for a wide note the same times its leans.
template <int W, bool kWide>
struct Adder {
  using V = typename Vec<W>::Type;
  Sums& mid;
  Sums& side;
  std::size_t lane;
  V lean;

  RT_INLINE Adder(Sums& mid_sums, Sums& side_sums, std::size_t at)
      : mid(mid_sums), side(side_sums), lane(at % kLanes) {
    if constexpr (kWide) std::memcpy(&lean, &kLeans[at], sizeof(V));
  }
  RT_INLINE void operator()(int i, const V& sample) const {
    add(mid[i] + lane, sample);
    if constexpr (kWide) add(side[i] + lane, sample * lean);
  }
  RT_INLINE static void add(float* sum, const V& value) {
    V acc;
    std::memcpy(&acc, sum, sizeof(V));
    acc = acc + value;
    std::memcpy(sum, &acc, sizeof(V));
  }
};

/// Two registers at a time, to hide the latency of the rotation. Every lane of the sums adds its
/// groups in ascending order, so the width of a register does not show in the result.
template <int W, bool kWide>
RT_INLINE void bank_sums(Bank& bank, Sums& mid, Sums& side, int samples) {
  constexpr int kParts = static_cast<int>(kLanes) / W;
  const int chunks = bank.group_count * kParts;
  for (int chunk = 0; chunk < chunks; chunk += 2) {
    const auto place = [&bank](int c) {
      return bank.groups[static_cast<std::size_t>(c / kParts)] * kLanes +
             static_cast<std::size_t>(c % kParts * W);
    };
    Oscillators<W> a;
    const std::size_t at_a = place(chunk);
    const Adder<W, kWide> add_a(mid, side, at_a);
    a.load(bank, at_a);
    if (chunk + 1 < chunks) {
      Oscillators<W> b;
      const std::size_t at_b = place(chunk + 1);
      const Adder<W, kWide> add_b(mid, side, at_b);
      b.load(bank, at_b);
      for (int i = 0; i < samples; ++i) {
        a.advance(add_a, i);
        b.advance(add_b, i);
      }
      b.store(bank, at_b);
    } else {
      for (int i = 0; i < samples; ++i) a.advance(add_a, i);
    }
    a.store(bank, at_a);
  }
}

/// `to[i]` becomes the first half of the first 2 * W lanes of sums[i] plus the second half.
template <int W>
RT_INLINE void fold(const float* from, float* to) {
  using V = typename Vec<W>::Type;
  V low, high;
  std::memcpy(&low, from, sizeof(V));
  std::memcpy(&high, from + W, sizeof(V));
  low = low + high;
  std::memcpy(to, &low, sizeof(V));
}

/// Each row of the sums as one number.
RT_INLINE void fold_all(Sums& sums, float* out, int samples) {
  alignas(kAlign) float folded[kTickSamples][kLanes / 4];  // a tree, in the same order everywhere
  for (int i = 0; i < samples; ++i) {
    fold<kLanes / 2>(sums[i], sums[i]);
    fold<kLanes / 4>(sums[i], folded[i]);
  }
  for (int i = 0; i < samples; ++i) {
    out[i] = (folded[i][0] + folded[i][2]) + (folded[i][1] + folded[i][3]);
  }
}

RT_INLINE void clear(Sums& sums, int samples) {
  std::memset(sums, 0, sizeof(sums[0]) * static_cast<std::size_t>(samples));
}

template <int W>
RT_INLINE void bank_body(Bank& bank, float* out, int samples) {
  alignas(kAlign) Sums sums;
  clear(sums, samples);
  bank_sums<W, false>(bank, sums, sums, samples);
  fold_all(sums, out, samples);
}

template <int W>
RT_INLINE void wide_bank_body(Bank& bank, float* mid, float* side, int samples) {
  alignas(kAlign) Sums mid_sums;
  alignas(kAlign) Sums side_sums;
  clear(mid_sums, samples);
  clear(side_sums, samples);
  bank_sums<W, true>(bank, mid_sums, side_sums, samples);
  fold_all(mid_sums, mid, samples);
  fold_all(side_sums, side, samples);
}

}  // namespace rtsynth
