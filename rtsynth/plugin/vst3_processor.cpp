// The processor: blocks of samples.
#include <algorithm>
#include <cmath>

#include "vst3_plugin.h"

namespace rtsynth::plugin {
namespace {

constexpr v3_speaker_arrangement kStereo = V3_SPEAKER_L | V3_SPEAKER_R;
constexpr std::uint32_t kEndlessTail = 0xFFFFFFFF;

/// Both channels of a block's output; nothing where the host gives none.
float** output_of(const v3_process_data& data) RT_SAFE {
  if (data.num_output_buses < 1 || data.outputs == nullptr) return nullptr;
  const v3_audio_bus_buffers& bus = data.outputs[0];
  const bool whole = bus.num_channels >= 2 && bus.channel_buffers_32 != nullptr &&
                     bus.channel_buffers_32[0] != nullptr && bus.channel_buffers_32[1] != nullptr;
  return whole ? bus.channel_buffers_32 : nullptr;
}

Transport transport_of(const v3_process_context* context) RT_SAFE {
  if (context == nullptr) return {};
  return {(context->state & V3_PROCESS_CTX_PLAYING) != 0, true, context->project_time_in_samples};
}

/// All that the host gives to be filled, beside the two channels that are played.
void silence(const v3_process_data& data, bool ours) RT_SAFE {
  const auto samples = static_cast<std::size_t>(std::max(data.nframes, 0));
  for (int b = 0; data.outputs != nullptr && b < data.num_output_buses; ++b) {
    const v3_audio_bus_buffers& bus = data.outputs[b];
    for (int c = 0; bus.channel_buffers_32 != nullptr && c < bus.num_channels; ++c) {
      const bool played = ours && b == 0 && c < 2;
      if (!played && bus.channel_buffers_32[c] != nullptr)
        std::fill_n(bus.channel_buffers_32[c], samples, 0.0F);
    }
  }
}

bool is_silent(float* const* channels, int samples) RT_SAFE {
  const auto zero = [](float x) { return x == 0.0F; };
  return std::all_of(channels[0], channels[0] + samples, zero) &&
         std::all_of(channels[1], channels[1] + samples, zero);
}

}  // namespace

v3_result Vst3Plugin::set_bus_arrangements(v3_speaker_arrangement*, std::int32_t input_count,
                                           v3_speaker_arrangement* outputs,
                                           std::int32_t output_count) {
  const bool ours = input_count == 0 && output_count == 1 && outputs != nullptr;
  return ours && outputs[0] == kStereo ? V3_TRUE : V3_FALSE;
}

v3_result Vst3Plugin::get_bus_arrangement(std::int32_t direction, std::int32_t bus,
                                          v3_speaker_arrangement* speakers) {
  if (direction != V3_OUTPUT || bus != 0 || speakers == nullptr) return V3_INVALID_ARG;
  *speakers = kStereo;
  return V3_OK;
}

v3_result Vst3Plugin::can_process_sample_size(std::int32_t size) {
  return size == V3_SAMPLE_32 ? V3_TRUE : V3_FALSE;
}

std::uint32_t Vst3Plugin::get_latency_samples() { return 0; }

v3_result Vst3Plugin::setup_processing(v3_process_setup* setup) {
  if (setup == nullptr) return V3_INVALID_ARG;
  if (active_ || setup->symbolic_sample_size != V3_SAMPLE_32) return V3_FALSE;
  if (!std::isfinite(setup->sample_rate) || setup->sample_rate <= 0.0 || setup->max_block_size < 1)
    return V3_INVALID_ARG;
  setup_ = *setup;
  return V3_OK;
}

v3_result Vst3Plugin::set_processing(v3_bool on) {
  if (!instance_) return V3_NOT_INITIALIZED;
  // Stopped by the host: what sounded then does not go on when it starts again.
  if (on == 0 && blocks_.load() > 0) fresh_.store(true);
  return V3_OK;
}

v3_result Vst3Plugin::process(v3_process_data* data) {
  if (data == nullptr || data->nframes < 0) return V3_INVALID_ARG;
  if (data->symbolic_sample_size != V3_SAMPLE_32) return V3_INVALID_ARG;
  if (!instance_ || !active_) {
    silence(*data, false);
    return V3_NOT_INITIALIZED;
  }
  // Some hosts say with blocks alone that nobody listens to them.
  const bool offline = data->process_mode == V3_OFFLINE;
  if (offline != instance_->offline()) instance_->set_offline(offline);
  if (fresh_.exchange(false)) {
    instance_->reset();
    values_.forget_messages();
  }
  if (offline) {
    play_offline(*data);
  } else {
    play_live(*data);
  }
  blocks_.fetch_add(1, std::memory_order_relaxed);
  return V3_OK;
}

void Vst3Plugin::play_live(const v3_process_data& data) RT_SAFE {
  const DenormalGuard guard;  // the door of the audio thread, where the tests watch it
  play(data, [this](const StereoOut& out, int samples, std::span<const HostEvent> events,
                    const Transport& transport)
                 RT_SAFE { instance_->process(out, samples, events, transport); });
}

void Vst3Plugin::play_offline(const v3_process_data& data) {
  play(data, [this](const StereoOut& out, int samples, std::span<const HostEvent> events,
                    const Transport& transport) {
    instance_->process_offline(out, samples, events, transport);
  });
}

/// In parts, where the host sends more than there is room for.
template <class Process>
void Vst3Plugin::play(const v3_process_data& data, const Process& process) {
  Transport transport = transport_of(data.ctx);
  float** const channels = output_of(data);
  std::array<float, 2> nowhere{};
  StereoOut out = channels != nullptr ? StereoOut{channels[0], channels[1], 1}
                                      : StereoOut{&nowhere[0], &nowhere[1], 0};
  const int at_once = Vst3Block::samples_at_once(data);
  int done = 0;
  do {
    const int samples = std::min(at_once, data.nframes - done);
    process(out, samples, block_.gather(data, done, samples, values_), transport);
    done += samples;
    transport.sample += samples;
    out.left += static_cast<std::size_t>(samples) * out.stride;
    out.right += static_cast<std::size_t>(samples) * out.stride;
  } while (done < data.nframes);
  silence(data, channels != nullptr);
  if (channels != nullptr) {
    const bool ended = !instance_->sounds() && is_silent(channels, data.nframes);
    data.outputs[0].channel_silence_bitset = ended ? 3 : 0;
  }
  tell_moved(data.output_params);
}

void Vst3Plugin::tell_moved(v3_param_changes** changes) RT_SAFE {
  Moved moved;
  while (instance_->next_moved(moved)) {
    const std::optional<Vst3Parameter> parameter = vst3_parameter_at(moved.index);
    if (!parameter || parameter->kind != Vst3Parameter::Kind::kHost) continue;
    const auto index = static_cast<std::size_t>(moved.index);
    const double normalised = normalised_of(host_parameters()[index], moved.value);
    values_.set(parameter->place, normalised);
    if (changes == nullptr) continue;
    RT_TRUSTED_BEGIN  // the host's own
        v3_param_id id = vst3_id_of(*parameter);
    std::int32_t place = 0;
    v3_param_value_queue** const queue = v3_cpp_obj(changes)->add_param_data(changes, &id, &place);
    if (queue != nullptr) v3_cpp_obj(queue)->add_point(queue, 0, normalised, &place);
    RT_TRUSTED_END
  }
}

std::uint32_t Vst3Plugin::get_tail_samples() {
  if (!instance_) return 0;
  const std::int64_t samples = instance_->tail_samples();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(samples, 0, kEndlessTail - 1));
}

std::uint32_t Vst3Plugin::get_process_context_requirements() {
  return V3_PROCESS_CTX_NEED_TRANSPORT_STATE;  // the song's position in samples always comes
}

}  // namespace rtsynth::plugin
