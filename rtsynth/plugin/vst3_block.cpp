#include "vst3_block.h"

#include <algorithm>

#include "controllers.h"
#include "midi_status.h"
#include "vst3_units.h"

namespace rtsynth::plugin {
namespace {

constexpr int kBendMost = 16383;

// A key that sorts: sample, phase, rank, and below them the order of arrival.
constexpr int kRankShift = 13;
constexpr int kPhaseShift = kRankShift + 3;
constexpr int kSampleShift = kPhaseShift + 8;
constexpr std::uint64_t kOrderMask = (std::uint64_t{1} << kRankShift) - 1;
static_assert(Vst3Block::kMostEvents <= kOrderMask + 1);

}  // namespace

Vst3Block::Rank Vst3Block::rank_of(int controller) RT_SAFE {
  const bool bank = controller == 0 || controller == kFirstLow;
  return bank || (controller >= kNrpnLow && controller <= kRpnHigh) ? kChooses : kSets;
}

int Vst3Block::samples_at_once(const v3_process_data& data) RT_SAFE {
  std::int64_t sent = 0;
  RT_TRUSTED_BEGIN  // the host's own
      if (data.input_events != nullptr) sent +=
      v3_cpp_obj(data.input_events)->get_event_count(data.input_events);
  if (data.input_params != nullptr) {
    v3_param_changes* const changes = v3_cpp_obj(data.input_params);
    const int count = changes->get_param_count(data.input_params);
    for (int i = 0; i < count; ++i) {
      v3_param_value_queue** const queue = changes->get_param_data(data.input_params, i);
      if (queue != nullptr) sent += v3_cpp_obj(queue)->get_point_count(queue);
    }
  }
  RT_TRUSTED_END
  constexpr auto kMost = static_cast<std::int64_t>(kMostEvents);
  if (sent <= kMost) return data.nframes;
  return std::max(static_cast<int>(data.nframes * (kMost / 2) / sent), 1);
}

bool Vst3Block::is_due(int& sample) const RT_SAFE {
  sample = std::clamp(sample, 0, last_);
  return sample >= first_ && sample < end_;
}

std::span<const HostEvent> Vst3Block::gather(const v3_process_data& data, int first, int samples,
                                             Vst3Values& values) RT_SAFE {
  used_ = 0;
  sysex_used_ = 0;
  first_ = first;
  end_ = first + std::max(samples, 1);
  last_ = std::max(data.nframes - 1, 0);
  add_events(data);  // first: what has no room is a point of a curve, not the end of a note
  add_points(data, values);
  const auto keys = std::span(store_->keys).first(used_);
  RT_TRUSTED_BEGIN  // sorts in place
      std::sort(keys.begin(), keys.end());
  RT_TRUSTED_END
  for (std::size_t i = 0; i < used_; ++i)
    store_->sorted[i] = store_->arrived[static_cast<std::size_t>(keys[i] & kOrderMask)];
  return std::span(store_->sorted).first(used_);
}

void Vst3Block::add(const HostEvent& event, int sample, unsigned phase, Rank rank) RT_SAFE {
  if (!is_due(sample)) return;
  if (used_ == kMostEvents) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const int at = sample - first_;
  store_->arrived[used_] = event;
  store_->arrived[used_].sample = at;
  store_->keys[used_] = static_cast<std::uint64_t>(at) << kSampleShift |
                        std::uint64_t{phase} << kPhaseShift | std::uint64_t{rank} << kRankShift |
                        used_;
  ++used_;
}

void Vst3Block::add_midi(int status, int data1, int data2, int sample, unsigned phase,
                         Rank rank) RT_SAFE {
  HostEvent event;
  event.kind = EventKind::kMidi;
  event.channel = static_cast<std::int16_t>(status & 0x0F);
  event.bytes = {static_cast<std::uint8_t>(status), static_cast<std::uint8_t>(data1 & 0x7F),
                 static_cast<std::uint8_t>(data2 & 0x7F)};
  add(event, sample, phase, rank);
}

void Vst3Block::add_points(const v3_process_data& data, Vst3Values& values) RT_SAFE {
  if (data.input_params == nullptr) return;
  RT_TRUSTED_BEGIN  // the host's own
      v3_param_changes* const changes = v3_cpp_obj(data.input_params);
  const int count = changes->get_param_count(data.input_params);
  for (int i = 0; i < count; ++i) {
    v3_param_value_queue** const queue = changes->get_param_data(data.input_params, i);
    if (queue != nullptr) add_queue(queue, values);
  }
  RT_TRUSTED_END
}

void Vst3Block::add_queue(v3_param_value_queue** queue, Vst3Values& values) RT_SAFE {
  RT_TRUSTED_BEGIN  // the host's own
      v3_param_value_queue* const points = v3_cpp_obj(queue);
  const std::optional<Vst3Parameter> parameter = vst3_parameter_of(points->get_param_id(queue));
  if (!parameter) return;
  const int count = points->get_point_count(queue);
  int before = -1;
  unsigned phase = 0;
  for (int i = 0; i < count; ++i) {
    int sample = 0;
    double value = 0.0;
    if (points->get_point(queue, i, &sample, &value) != V3_OK || value != value) continue;
    phase = sample == before ? std::min(phase + 1, kAfterPoints - 1) : 0;
    before = sample;
    if (!is_due(sample)) continue;
    values.set(parameter->place, value);
    add_point(*parameter, values.get(parameter->place), sample, phase);
  }
  RT_TRUSTED_END
}

void Vst3Block::add_point(const Vst3Parameter& parameter, double value, int sample,
                          unsigned phase) RT_SAFE {
  if (parameter.kind == Vst3Parameter::Kind::kMidi)
    return add_message(parameter.channel, parameter.number, value, sample, phase);
  if (parameter.kind == Vst3Parameter::Kind::kPresets) return;  // set_parameter_normalised does it
  HostEvent event;
  event.kind = EventKind::kParameter;
  event.index = parameter.index;
  event.value = plain_of(host_parameters()[static_cast<std::size_t>(parameter.index)], value);
  add(event, sample, phase, kPrograms);
}

void Vst3Block::add_message(int channel, int number, double value, int sample,
                            unsigned phase) RT_SAFE {
  if (number == V3_CONTROLLER_BEND) {
    const int bend = scaled(value, kBendMost);
    add_midi(kBendStatus | channel, bend & 0x7F, bend >> 7, sample, phase, kSets);
  } else if (value == kNoMessage) {
    return;
  } else if (number == V3_CONTROLLER_PRESSURE) {
    add_midi(kPressureStatus | channel, scaled(value, 127), 0, sample, phase, kSets);
  } else if (number == V3_CONTROLLER_PROGRAM) {
    add_midi(kProgramStatus | channel, vst3_program_at(value), 0, sample, phase, kPrograms);
  } else {
    add_midi(kControlStatus | channel, number, scaled(value, 127), sample, phase, rank_of(number));
  }
}

}  // namespace rtsynth::plugin
