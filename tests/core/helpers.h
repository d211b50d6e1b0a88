// Takes and engines for the tests.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numbers>
#include <vector>

#include "engine.h"

/// News and deletes of this program so far (main.cpp).
long allocation_count();

namespace rtsynth {

inline constexpr double kRate = 48000.0;

/// A store in memory of its own.
struct OwnTakes : TakeStore {
  Segment memory;
  void prepare(std::size_t arena_bytes, FrameFormat format = FrameFormat::kFine) {
    const TakeLayout layout = TakeLayout::of(arena_bytes, format);
    memory = Segment::make(layout.bytes());
    make(memory.data(), layout);
  }
};

struct TakeSpec {
  int pages = int{kTakePages};
  float inharmonicity_log10 = -8.0F;
  float gain_db = -20.0F;
  float tail_db_per_s = 0.0F;
  float release_db_per_s = -100.0F;
  float width = 0.0F;
  std::array<float, kDetunedPartials> detune_cents{};
  /// Deviation of the pitch at a frame.
  std::function<float(int frame)> cents = [](int) { return 0.0F; };
  /// Level in dB of value 0..159 at a frame.
  std::function<float(int frame, std::size_t value)> level = [](int, std::size_t value) {
    return value == 0 ? 0.0F : static_cast<float>(kFloorDb);
  };
};

/// A sinusoid at a multiple of the key's frequency.
inline TakeSpec one_partial(std::size_t partial, int pages = 16) {
  TakeSpec spec;
  spec.pages = pages;
  spec.level = [partial](int, std::size_t v) { return v + 1 == partial ? 0.0F : -100.0F; };
  return spec;
}

/// Many partials and all noise bands, moving: nothing special, but all of it in use.
inline TakeSpec dense_spec(float decay_db_per_s = 0.0F) {
  TakeSpec spec;
  spec.tail_db_per_s = decay_db_per_s;
  spec.gain_db = -24.0F;
  spec.inharmonicity_log10 = -3.6F;
  spec.level = [decay_db_per_s](int frame, std::size_t value) {
    const float time_s = static_cast<float>(frame) / static_cast<float>(kFrameRateHz);
    const float wobble = static_cast<float>((frame * 7 + static_cast<int>(value) * 13) % 11) * 0.3F;
    const float slope = value < kPartials ? -0.35F * static_cast<float>(value)
                                          : -30.0F - 0.3F * static_cast<float>(value - kPartials);
    return slope + wobble + decay_db_per_s * time_s;
  };
  return spec;
}

/// The same with vibrato, detuned partials and width.
inline TakeSpec lively_spec(float decay_db_per_s = 0.0F, float vibrato_cents = 40.0F) {
  TakeSpec spec = dense_spec(decay_db_per_s);
  spec.width = 0.7F;
  for (std::size_t i = 0; i < kDetunedPartials; ++i) {
    spec.detune_cents[i] = static_cast<float>(i * 37 % 23) * 5.0F - 50.0F;
  }
  spec.cents = [vibrato_cents](int frame) {
    return vibrato_cents * std::sin(0.2F * static_cast<float>(frame));  // 6 Hz
  };
  return spec;
}

inline bool put_take(TakeStore& takes, TakeId id, const TakeSpec& spec, int first_page = 0) {
  std::vector<float> frames(static_cast<std::size_t>(spec.pages) * kPageValues);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const int frame = first_page * int{kPageFrames} + static_cast<int>(i / kFrameValues);
    const std::size_t value = i % kFrameValues;
    frames[i] = value == kFramePitch ? spec.cents(frame) : spec.level(frame, value);
  }
  std::vector<float> note = {spec.inharmonicity_log10, spec.gain_db, spec.tail_db_per_s,
                             spec.release_db_per_s, spec.width};
  note.insert(note.end(), spec.detune_cents.begin(), spec.detune_cents.end());
  return takes.put(id, first_page, frames, note);
}

/// Without variation a note is exactly its frames.
inline std::unique_ptr<Engine> make_engine(int polyphony = 64, double rate_hz = kRate,
                                           std::uint64_t seed = 1, float variation = 0.0F,
                                           FrameFormat frames = FrameFormat::kFine) {
  EngineConfig config;
  config.rate_hz = rate_hz;
  config.polyphony = polyphony;
  config.arena_bytes = std::size_t{16} << 20;
  config.seed = seed;
  config.variation = variation;
  config.frames = frames;
  return std::make_unique<Engine>(config);
}

inline bool send(Engine& engine, int status, int data1, int data2, std::int64_t due = Event::kNow) {
  Event event;
  event.status = static_cast<std::uint8_t>(status);
  event.data1 = static_cast<std::uint8_t>(data1);
  event.data2 = static_cast<std::uint8_t>(data2);
  event.due = due;
  return engine.send(event);
}

inline void set(Engine& engine, Parameter parameter, float value, std::int64_t due = Event::kNow) {
  Event event;
  event.kind = Event::Kind::kParameter;
  event.data1 = static_cast<std::uint8_t>(parameter);
  event.value = value;
  event.due = due;
  static_cast<void>(engine.send(event));
}

/// Fifteen channels play notes: drums are silent.
inline constexpr int kSounding = kChannels - 1;
inline int sounding_channel(int i) {
  const int channel = i % kSounding;
  return channel < kDrumChannel ? channel : channel + 1;
}

/// Interleaved stereo.
inline std::vector<float> render(Engine& engine, int samples, int block = 64) {
  std::vector<float> out(2 * static_cast<std::size_t>(samples));
  for (int done = 0; done < samples; done += block) {
    engine.render(out.data() + 2 * done, std::min(block, samples - done));
  }
  return out;
}

inline std::vector<float> left_of(const std::vector<float>& stereo) {
  std::vector<float> left(stereo.size() / 2);
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = stereo[2 * i];
  return left;
}

/// First sample that is not zero on either side, or -1.
inline std::int64_t first_sound(const std::vector<float>& stereo) {
  for (std::size_t i = 0; i < stereo.size(); ++i) {
    if (stereo[i] != 0.0F) return static_cast<std::int64_t>(i / 2);
  }
  return -1;
}

inline double rms(const std::vector<float>& x, std::size_t first, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = first; i < first + count; ++i) sum += static_cast<double>(x[i]) * x[i];
  return std::sqrt(sum / static_cast<double>(count));
}

inline double to_db(double linear) { return 20.0 * std::log10(std::max(linear, 1e-12)); }

/// Sound power of both sides as one level in dB.
inline double level_db(const std::vector<float>& stereo, std::size_t first, std::size_t count) {
  return to_db(rms(stereo, 2 * first, 2 * count) * std::numbers::sqrt2);
}

/// Largest step between neighbouring samples of a part.
inline float largest_step(const std::vector<float>& x, std::size_t first, std::size_t count) {
  float step = 0.0F;
  for (std::size_t i = first + 1; i < first + count; ++i)
    step = std::max(step, std::abs(x[i] - x[i - 1]));
  return step;
}

/// Complex amplitude at a frequency under a Hann window: a sinusoid of peak 1 gives length 1.
inline std::pair<double, double> probe(const std::vector<float>& x, std::size_t first,
                                       std::size_t count, double hz, double rate_hz = kRate) {
  double re = 0.0, im = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    const double w = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * (static_cast<double>(i) + 0.5) /
                                          static_cast<double>(count));
    const double phase = 2.0 * std::numbers::pi * hz * static_cast<double>(first + i) / rate_hz;
    re += w * x[first + i] * std::cos(phase);
    im += w * x[first + i] * std::sin(phase);
    sum += w;
  }
  return {2.0 * re / sum, 2.0 * im / sum};
}

/// Frequency of a sinusoid near `hz`: the slope of its phase between two windows.
inline double measure_hz(const std::vector<float>& x, std::size_t first, std::size_t count,
                         double hz, double rate_hz = kRate) {
  const std::size_t half = count / 2;
  const auto [re0, im0] = probe(x, first, half, hz, rate_hz);
  const auto [re1, im1] = probe(x, first + half, half, hz, rate_hz);
  double turn = std::atan2(im0, re0) - std::atan2(im1, re1);  // cos(w t - p): p falls as w rises
  turn = std::remainder(turn, 2.0 * std::numbers::pi);
  return hz + turn / (2.0 * std::numbers::pi) * rate_hz / static_cast<double>(half);
}

inline double cents(double hz, double reference_hz) {
  return 1200.0 * std::log2(hz / reference_hz);
}

inline double key_hz(int key) { return 440.0 * std::exp2((key - 69) / 12.0); }

}  // namespace rtsynth
