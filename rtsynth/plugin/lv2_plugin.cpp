#include "lv2_plugin.h"

#include <cerrno>

namespace rtsynth::plugin {
namespace {

constexpr float kOn = 0.5F;  // of a toggled port: what is above

/// The name of the program that loaded the module.
std::string program_name() {
#if defined(__GLIBC__)
  return program_invocation_short_name;
#elif defined(__APPLE__)
  return getprogname();
#else
  return "LV2 host";
#endif
}

}  // namespace

Lv2Plugin::Lv2Plugin(double rate_hz, const LV2_Feature* const* features)
    : rate_hz_(rate_hz), host_(features), events_(host_.urids()), instance_(setup()) {
  LV2_URID_Map map = host_.map();
  lv2_atom_forge_init(&forge_, &map);
}

Setup Lv2Plugin::setup() {
  Setup setup;
  setup.format = "LV2";
  setup.host = program_name();
  setup.context = this;
  setup.log = [](void* self, const char* line) { static_cast<Lv2Plugin*>(self)->host_.log(line); };
  setup.edited = [](void* self) { static_cast<Lv2Plugin*>(self)->edited_.store(true); };
  return setup;
}

void Lv2Plugin::connect(std::uint32_t port, void* data) RT_SAFE {
  auto* value = static_cast<float*>(data);
  switch (port) {
    case kLv2Control:
      control_ = static_cast<const LV2_Atom_Sequence*>(data);
      break;
    case kLv2Notify:
      notify_ = static_cast<LV2_Atom_Sequence*>(data);
      break;
    case kLv2Left:
      left_ = value;
      break;
    case kLv2Right:
      right_ = value;
      break;
    case kLv2Latency:
      latency_ = value;
      break;
    case kLv2Freewheel:
      freewheel_ = value;
      break;
    default:
      ports_.connect(port - kLv2Parameters, value);
  }
}

void Lv2Plugin::run(std::uint32_t samples) {
  const bool offline = freewheel_ != nullptr && *freewheel_ > kOn;
  if (offline != instance_.offline()) instance_.set_offline(offline);
  if (offline) {
    run_offline(samples);
  } else {
    run_live(samples);
  }
}

void Lv2Plugin::run_live(std::uint32_t samples) RT_SAFE {
  const DenormalGuard guard;
  if (!begin(samples)) return;
  Lv2Piece piece;
  while (events_.next(piece)) {
    instance_.process(out_of(piece), piece.samples, piece.events, piece.transport);
  }
  tell_moved();
  tell_changed();
}

void Lv2Plugin::run_offline(std::uint32_t samples) {
  if (!begin(samples)) return;
  Lv2Piece piece;
  while (events_.next(piece)) {
    instance_.process_offline(out_of(piece), piece.samples, piece.events, piece.transport);
  }
  tell_moved();
  tell_changed();
}

/// False: there is nowhere to play to.
bool Lv2Plugin::begin(std::uint32_t samples) RT_SAFE {
  if (latency_ != nullptr) *latency_ = 0.0F;
  if (left_ == nullptr || right_ == nullptr) return false;
  events_.begin(control_, static_cast<int>(samples));
  ports_.read(events_);
  return true;
}

StereoOut Lv2Plugin::out_of(const Lv2Piece& piece) const RT_SAFE {
  return {left_ + piece.begin, right_ + piece.begin, 1};
}

/// What the page or a preset moved, to hosts that let their knobs be moved.
void Lv2Plugin::tell_moved() RT_SAFE {
  Moved moved;
  while (instance_.next_moved(moved)) {
    const auto index = static_cast<std::uint32_t>(moved.index);
    const auto value = static_cast<float>(moved.value);
    if (host_.request_change(kLv2Parameters + index, value)) ports_.expect(index, moved.value);
  }
}

/// A sequence that says nothing, or that the state has changed.
void Lv2Plugin::tell_changed() RT_SAFE {
  if (notify_ == nullptr) return;
  RT_TRUSTED_BEGIN  // the forge writes into the port's memory and does no more
      const std::uint32_t room = notify_->atom.size;
  lv2_atom_forge_set_buffer(&forge_, reinterpret_cast<std::uint8_t*>(notify_), room);
  LV2_Atom_Forge_Frame sequence;
  if (lv2_atom_forge_sequence_head(&forge_, &sequence, 0) == 0) return;
  if (edited_.exchange(false)) write_changed();
  lv2_atom_forge_pop(&forge_, &sequence);
  RT_TRUSTED_END
}

void Lv2Plugin::write_changed() RT_SAFE {
  RT_TRUSTED_BEGIN  // as above
      LV2_Atom_Forge_Frame object;
  lv2_atom_forge_frame_time(&forge_, 0);
  lv2_atom_forge_object(&forge_, &object, 0, host_.urids().state_changed);
  lv2_atom_forge_pop(&forge_, &object);
  RT_TRUSTED_END
}

}  // namespace rtsynth::plugin
