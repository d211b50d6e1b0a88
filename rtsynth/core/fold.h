/// Registers of any width, and the sums of their lanes.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "contract.h"
#include "rt.h"
#include "stereo.h"

namespace rtsynth {

inline constexpr std::size_t kLanes = kStereoLeans;  // of a group that is rendered or skipped
inline constexpr std::size_t kAlign = 64;
/// Oscillators run this far on from their phase, then the phase is turned by as much: what is left
/// of rounding at the end of such a piece lies 100 dB below the partial.
inline constexpr int kPieceSamples = 16;

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
    friend Type operator-(Type a) {
      for (int i = 0; i < W; ++i) a.v[i] = -a.v[i];
      return a;
    }
  };
};
#endif

#if defined(__clang__) && defined(__x86_64__)
#if __has_builtin(__builtin_elementwise_fma)
#define RTSYNTH_CLANG_FUSES 1
#endif
#endif

/// sum = a * b + sum: rounded once on sets of instructions that can (AVX2 with FMA, AVX-512, NEON),
/// else twice. Written out: a compiler that chooses where it fuses breaks the sameness of blocks.
/// Clang has no wide registers for assembly in a template, but a function of its own; before it
/// had, its sets do not fuse.
template <int W>
RT_INLINE void add_product(typename Vec<W>::Type& sum, const typename Vec<W>::Type& a,
                           const typename Vec<W>::Type& b) {
#if defined(__aarch64__) && defined(__GNUC__)
  __asm__("fmla %0.4s, %1.4s, %2.4s" : "+w"(sum) : "w"(a), "w"(b));
#else
#if defined(RTSYNTH_CLANG_FUSES)
  if constexpr (W > 4) {
    sum = __builtin_elementwise_fma(a, b, sum);
    return;
  }
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  if constexpr (W > 4) {
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return;
  }
#endif
  sum = a * b + sum;
#endif
}

/// value = a * b - value, likewise.
template <int W>
RT_INLINE void take_from_product(typename Vec<W>::Type& value, const typename Vec<W>::Type& a,
                                 const typename Vec<W>::Type& b) {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  if constexpr (W > 4) {
    __asm__("vfmsub231ps %2, %1, %0" : "+v"(value) : "v"(a), "v"(b));
    return;
  }
#endif
  value = -value;
  add_product<W>(value, a, b);
}

/// Row `i` of a piece: sixteen lanes that still have to be added up.
using Sums = float[kPieceSamples][kLanes];

/// A row's lanes, and with `kLeant` each times its lean, as W: halves of more lanes are added.
template <int W, bool kLeant>
RT_INLINE void load_row(const float (&row)[kLanes], typename Vec<W>::Type& value) {
  constexpr std::size_t kParts = kLanes / W;
  typename Vec<W>::Type parts[kParts];
  std::memcpy(parts, row, sizeof(parts));
  if constexpr (kLeant) {
    typename Vec<W>::Type leans[kParts];
    std::memcpy(leans, kLeans.data(), sizeof(leans));
    for (std::size_t n = 0; n < kParts; ++n) parts[n] = parts[n] * leans[n];
  }
  for (std::size_t n = kParts / 2; n > 0; n /= 2) {
    for (std::size_t i = 0; i < n; ++i) parts[i] = parts[i] + parts[i + n];
  }
  value = parts[0];
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define RT_SHUFFLE 1
#endif
#endif

#if defined(RT_SHUFFLE)
/// Which lane of two registers, W lanes each, stands in `lane` where the lower halves of parts of
/// `2 * half` lanes are put side by side. Parts of four and of two lanes stay in their quarter of a
/// register, which costs less; `row_lane` says where a row is in the end.
[[nodiscard]] constexpr int lower_lane(int width, int half, int lane) {
  if (half >= 4) {
    const int part = lane / half, parts = width / (2 * half);
    return (part < parts ? part : part - parts) * 2 * half + lane % half +
           (part < parts ? 0 : width);
  }
  const int place = lane % 4;
  return lane - place + place % 2 * (2 / half) + (place < 2 ? 0 : width);
}
[[nodiscard]] constexpr int row_lane(int width, int row) {
  return 4 * (row % (width / 4)) + row / (width / 4);
}

template <int W, int kHalf, int... kLane>
RT_INLINE void add_halves(typename Vec<W>::Type& to, const typename Vec<W>::Type& a,
                          const typename Vec<W>::Type& b, std::integer_sequence<int, kLane...>) {
  to = __builtin_shufflevector(a, b, lower_lane(W, kHalf, kLane)...) +
       __builtin_shufflevector(a, b, (lower_lane(W, kHalf, kLane) + kHalf)...);
}

template <int W, int... kRow>
RT_INLINE void order_rows(typename Vec<W>::Type& rows, std::integer_sequence<int, kRow...>) {
  rows = __builtin_shufflevector(rows, rows, row_lane(W, kRow)...);
}

/// Of W rows in W registers the sums, side by side in the first.
template <int W, int kHalf = W / 2>
RT_INLINE void fold_rows(typename Vec<W>::Type* rows) {
  using Lanes = std::make_integer_sequence<int, W>;
  for (int i = 0; i < kHalf; ++i) {
    add_halves<W, kHalf>(rows[i], rows[2 * i], rows[2 * i + 1], Lanes{});
  }
  if constexpr (kHalf > 1) {
    fold_rows<W, kHalf / 2>(rows);
  } else {
    order_rows<W>(rows[0], Lanes{});
  }
}
#else
template <int W>
RT_INLINE void fold_rows(typename Vec<W>::Type* rows) {
  float sums[W][W];
  std::memcpy(sums, rows, sizeof(sums));
  for (int half = W / 2; half > 0; half /= 2) {
    for (int i = 0; i < W; ++i) {
      for (int lane = 0; lane < half; ++lane) sums[i][lane] += sums[i][lane + half];
    }
  }
  for (int i = 0; i < W; ++i) sums[0][i] = sums[i][0];
  std::memcpy(rows, sums[0], sizeof(sums[0]));
}
#endif

/// Row by row the sum of the lanes, with `kLeant` each times its lean, in a tree of halves that is
/// the same for every W.
template <int W, bool kLeant>
RT_INLINE void fold(const Sums& sums, float* out) {
  typename Vec<W>::Type rows[W];
  for (int first = 0; first < kPieceSamples; first += W) {
    for (int i = 0; i < W; ++i) load_row<W, kLeant>(sums[first + i], rows[i]);
    fold_rows<W>(rows);
    std::memcpy(out + first, &rows[0], sizeof(rows[0]));
  }
}

}  // namespace rtsynth
