#include "pa_callback.h"

namespace rtsynth {
namespace {

constexpr unsigned long kOutputUnderflow = 0x4;  // paOutputUnderflow
constexpr int kContinue = 0;                     // paContinue

}  // namespace

void render_for_device(Engine& engine, const StereoOut& out, int samples, std::int64_t drop_outs,
                       std::span<const Event> events) RT_SAFE {
  Counters& counters = engine.counters();
  counters.callbacks.add();
  counters.xruns.add(drop_outs);
  engine.render(out, samples, {engine.live_clock().next(now_ns(), samples), events});
}

int pa_callback(const void* /*input*/, void* output, unsigned long samples,
                const PaTimes* /*times*/, unsigned long flags, void* user_data) RT_SAFE {
  const DenormalGuard guard;
  auto* out = static_cast<float*>(output);
  render_for_device(*static_cast<Engine*>(user_data), {out, out + 1, 2}, static_cast<int>(samples),
                    (flags & kOutputUnderflow) != 0 ? 1 : 0);
  return kContinue;
}

}  // namespace rtsynth
