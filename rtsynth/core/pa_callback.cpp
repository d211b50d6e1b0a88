#include "pa_callback.h"

namespace rtsynth {
namespace {

constexpr unsigned long kOutputUnderflow = 0x4;  // paOutputUnderflow
constexpr int kContinue = 0;                     // paContinue

}  // namespace

void render_for_device(Engine& engine, float* out, int samples, bool dropped_out) RT_SAFE {
  Counters& counters = engine.counters();
  counters.callbacks.add();
  if (dropped_out) counters.xruns.add();
  engine.render(out, samples, engine.live_clock().next(now_ns(), samples));
}

int pa_callback(const void* /*input*/, void* output, unsigned long samples,
                const PaTimes* /*times*/, unsigned long flags, void* user_data) RT_SAFE {
  render_for_device(*static_cast<Engine*>(user_data), static_cast<float*>(output),
                    static_cast<int>(samples), (flags & kOutputUnderflow) != 0);
  return kContinue;
}

}  // namespace rtsynth
