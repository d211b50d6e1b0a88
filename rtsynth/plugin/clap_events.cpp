#include "clap_events.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "host_parameters.h"

namespace rtsynth::plugin {
namespace {

/// Whether an event is as long as it says it is, and as its kind has to be.
template <class T>
const T* as(const clap_event_header_t& header) RT_SAFE {
  return header.size >= sizeof(T) ? reinterpret_cast<const T*>(&header) : nullptr;
}

bool is_our_port(int port) RT_SAFE { return port == 0 || port == -1; }

bool is_within(int value, int first, int last) RT_SAFE { return value >= first && value <= last; }

/// Which notes an event is for, where they can be: -1 stands for any of them.
bool read_address(int port, int channel, int key, std::int32_t note, HostEvent& event) RT_SAFE {
  if (!is_our_port(port) || !is_within(channel, -1, 15) || !is_within(key, -1, 127)) return false;
  event.channel = static_cast<std::int16_t>(channel);
  event.key = static_cast<std::int16_t>(key);
  event.note = std::max(note, kNoNote);
  return true;
}

bool read_note(const clap_event_header_t& header, HostEvent& event) RT_SAFE {
  const auto* note = as<clap_event_note_t>(header);
  if (note == nullptr) return false;
  if (!read_address(note->port_index, note->channel, note->key, note->note_id, event)) return false;
  const bool has_velocity = std::isfinite(note->velocity);
  event.value = has_velocity ? std::clamp(note->velocity, 0.0, 1.0) : 0.0;
  if (header.type != CLAP_EVENT_NOTE_ON) {  // whatever its velocity, it ends what it names
    event.kind = header.type == CLAP_EVENT_NOTE_OFF ? EventKind::kNoteOff : EventKind::kChoke;
    return true;
  }
  event.kind = EventKind::kNoteOn;
  return has_velocity && event.channel >= 0 && event.key >= 0;
}

bool read_expression(const clap_event_header_t& header, HostEvent& event) RT_SAFE {
  const auto* said = as<clap_event_note_expression_t>(header);
  if (said == nullptr || !std::isfinite(said->value)) return false;
  if (!is_within(said->expression_id, CLAP_NOTE_EXPRESSION_VOLUME, CLAP_NOTE_EXPRESSION_PRESSURE))
    return false;
  if (!read_address(said->port_index, said->channel, said->key, said->note_id, event)) return false;
  event.kind = EventKind::kExpression;
  event.expression = static_cast<Expression>(said->expression_id);
  double low = 0.0;
  double high = 1.0;
  if (event.expression == Expression::kVolume) high = 4.0;
  if (event.expression == Expression::kTuning) {
    low = -120.0;
    high = 120.0;
  }
  event.value = std::clamp(said->value, low, high);
  return true;
}

/// By the cookie, if the host kept it, else by its number.
int parameter_index(clap_id id, const void* cookie) RT_SAFE {
  const auto all = host_parameters();
  const auto* row = static_cast<const HostParameter*>(cookie);
  const std::less<const HostParameter*> is_before;
  const bool is_row =
      row != nullptr && !is_before(row, all.data()) && is_before(row, all.data() + all.size());
  if (is_row && row->id == id) return static_cast<int>(row - all.data());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].id == id) return static_cast<int>(i);
  }
  return -1;
}

/// Those of single notes are not claimed.
bool read_parameter(const clap_event_header_t& header, HostEvent& event) RT_SAFE {
  const auto* set = as<clap_event_param_value_t>(header);
  if (set == nullptr || !std::isfinite(set->value) || set->note_id >= 0 || set->key >= 0)
    return false;
  event.index = parameter_index(set->param_id, set->cookie);
  if (event.index < 0) return false;
  event.kind = EventKind::kParameter;
  event.value = inside(host_parameters()[static_cast<std::size_t>(event.index)], set->value);
  return true;
}

bool read_midi(const clap_event_header_t& header, HostEvent& event) RT_SAFE {
  const auto* midi = as<clap_event_midi_t>(header);
  if (midi == nullptr || midi->port_index != 0) return false;
  event.kind = EventKind::kMidi;
  std::copy_n(midi->data, event.bytes.size(), event.bytes.begin());
  return true;
}

bool read_sysex(const clap_event_header_t& header, HostEvent& event) RT_SAFE {
  const auto* sysex = as<clap_event_midi_sysex_t>(header);
  if (sysex == nullptr || sysex->port_index != 0 || sysex->buffer == nullptr) return false;
  event.kind = EventKind::kSysex;
  event.sysex = {sysex->buffer, sysex->size};
  return true;
}

}  // namespace

bool read_event(const clap_event_header_t& header, HostEvent& event) RT_SAFE {
  if (header.space_id != CLAP_CORE_EVENT_SPACE_ID) return false;
  switch (header.type) {
    case CLAP_EVENT_NOTE_ON:
    case CLAP_EVENT_NOTE_OFF:
    case CLAP_EVENT_NOTE_CHOKE:
      return read_note(header, event);
    case CLAP_EVENT_NOTE_EXPRESSION:
      return read_expression(header, event);
    case CLAP_EVENT_PARAM_VALUE:
      return read_parameter(header, event);
    case CLAP_EVENT_MIDI:
      return read_midi(header, event);
    case CLAP_EVENT_MIDI_SYSEX:
      return read_sysex(header, event);
    default:
      return false;
  }
}

Transport read_transport(const clap_event_transport_t* transport, double rate_hz) RT_SAFE {
  Transport found;
  if (transport == nullptr) return found;
  found.playing = (transport->flags & CLAP_TRANSPORT_IS_PLAYING) != 0;
  found.known = (transport->flags & CLAP_TRANSPORT_HAS_SECONDS_TIMELINE) != 0;
  const double seconds =
      static_cast<double>(transport->song_pos_seconds) / static_cast<double>(CLAP_SECTIME_FACTOR);
  if (found.known) found.sample = static_cast<std::int64_t>(std::round(seconds * rate_hz));
  return found;
}

void ClapEvents::begin(const clap_input_events_t* in, std::uint32_t samples) RT_SAFE {
  in_ = in;
  next_ = 0;
  samples_ = static_cast<int>(samples);
  sample_ = 0;
  from_ = 0;
  over_ = false;
  RT_TRUSTED_BEGIN  // the host's, which has to be real-time safe
      count_ = in != nullptr && in->size != nullptr && in->get != nullptr ? in->size(in) : 0;
  RT_TRUSTED_END
}

bool ClapEvents::next(Portion& portion) RT_SAFE {
  if (over_) return false;
  bool has_room = true;
  for (used_ = 0; has_room && next_ < count_; next_ += has_room ? 1 : 0) {
    RT_TRUSTED_BEGIN  // as above
        const clap_event_header_t* header = in_->get(in_, next_);
    RT_TRUSTED_END
    if (header != nullptr) has_room = take(*header);
  }
  over_ = has_room;
  const int end = over_ ? samples_ : sample_;
  portion = {from_, end - from_, {events_.data(), used_}};
  from_ = end;
  return true;
}

/// False: there is no room, and the event begins the next portion.
bool ClapEvents::take(const clap_event_header_t& header) RT_SAFE {
  const int last = std::max(samples_ - 1, 0);
  const auto at =
      static_cast<int>(std::min<std::uint32_t>(header.time, static_cast<std::uint32_t>(last)));
  HostEvent event;
  if (!read_event(header, event)) return true;
  sample_ = std::max(sample_, at);  // where a host does not sort them none is lost
  if (used_ == events_.size()) return false;
  event.sample = sample_ - from_;
  events_[used_++] = event;
  return true;
}

}  // namespace rtsynth::plugin
