/// The C function that PortAudio calls; its types are declared here, so that no header is needed.
#pragma once

#include "engine.h"

namespace rtsynth {

/// PaStreamCallbackTimeInfo of portaudio.h, version 19.
struct PaTimes {
  double input_adc_s;
  double current_s;
  double output_dac_s;
};

using PaCallback = int (*)(const void* input, void* output, unsigned long samples,
                           const PaTimes* times, unsigned long flags, void* user_data);

/// [audio] A PaStreamCallback for interleaved stereo float32; `user_data` is an Engine.
int pa_callback(const void* input, void* output, unsigned long samples, const PaTimes* times,
                unsigned long flags, void* user_data) RT_SAFE;

/// [audio] What any device does for a block, which came after so many drop-outs.
void render_for_device(Engine& engine, const StereoOut& out, int samples, std::int64_t drop_outs,
                       std::span<const Event> events = {}) RT_SAFE;

}  // namespace rtsynth
