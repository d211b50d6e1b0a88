// Prints how long a block with dense held voices takes:
// core_load [voices] [block] [partials] [width] [vibrato in cents] [render threads] [polyphony].
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "helpers.h"

using namespace rtsynth;

int main(int argc, char** argv) {
  const int voices = argc > 1 ? std::atoi(argv[1]) : 64;
  const int block = argc > 2 ? std::atoi(argv[2]) : 64;
  const auto partials = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 128);
  const float width = argc > 4 ? static_cast<float>(std::atof(argv[4])) : 0.0F;
  const float vibrato = argc > 5 ? static_cast<float>(std::atof(argv[5])) : 0.0F;
  EngineConfig config;
  config.arena_bytes = std::size_t{64} << 20;
  config.render_threads = argc > 6 ? std::atoi(argv[6]) : 0;
  config.polyphony = argc > 7 ? std::atoi(argv[7]) : voices;
  const auto engine = std::make_unique<Engine>(config);
  TakeSpec spec = lively_spec(0.0F, vibrato);
  const auto dense = spec.level;
  spec.gain_db = -40.0F;
  spec.width = width;
  spec.level = [&](int frame, std::size_t value) {
    return value >= partials && value < kPartials ? -100.0F : dense(frame, value);
  };
  for (int key = 30; key < 94; ++key) {
    if (!put_take(engine->takes(), {0, key, 7}, spec)) return 1;
  }
  for (int i = 0; i < voices; ++i) {
    if (!send(*engine, 0x90 + sounding_channel(i / 64), 30 + i % 64, 127)) return 1;
  }
  std::vector<float> out(2 * static_cast<std::size_t>(block));
  std::vector<double> times_us;
  for (int i = 0; i < 400000 / block; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    engine->render(out.data(), block);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    times_us.push_back(took.count());
  }
  std::sort(times_us.begin(), times_us.end());
  const double block_us = block / kRate * 1e6;
  const auto at = [&times_us](double part) {
    return times_us[static_cast<std::size_t>(part * static_cast<double>(times_us.size() - 1))];
  };
  std::printf(
      "%s: %lld voices, %d render threads (%lld units by them, %lld late), block %d (%.0f us): "
      "median %.1f us (%.1f %%), p99 %.1f us\n",
      best_kernels().name, static_cast<long long>(engine->counters().voices.get()),
      config.render_threads,
      static_cast<long long>(engine->voices().units().workers().units_rendered()),
      static_cast<long long>(engine->counters().units_late.get()), block, block_us, at(0.5),
      100.0 * at(0.5) / block_us, at(0.99));
  return 0;
}
