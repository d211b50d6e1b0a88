#include "clap_plugin.h"

#include <algorithm>
#include <climits>
#include <exception>
#include <utility>

#include "clap_extensions.h"
#include "host_parameters.h"

namespace rtsynth::plugin {
namespace {

constexpr std::uint64_t kBothConstant = 3;

/// Whether a block has one stereo output of floats, as our only port says.
bool has_our_output(const clap_process_t& block) RT_SAFE {
  if (block.frames_count > INT_MAX || block.audio_outputs_count < 1) return false;
  if (block.audio_outputs == nullptr) return false;
  const clap_audio_buffer_t& out = block.audio_outputs[0];
  return out.channel_count == 2 && out.data32 != nullptr && out.data32[0] != nullptr &&
         out.data32[1] != nullptr;
}

StereoOut output_of(const clap_process_t& block, int from) RT_SAFE {
  float* const* channels = block.audio_outputs[0].data32;
  return {channels[0] + from, channels[1] + from, 1};
}

}  // namespace

ClapPlugin::ClapPlugin(const clap_host_t* host)
    : handle_{&kClapDescriptor,
              this,
              init,
              destroy,
              activate,
              deactivate,
              start_processing,
              stop_processing,
              reset,
              process,
              get_extension,
              on_main_thread},
      host_(host) {}

// --- life ----------------------------------------------------------------------------------------

bool ClapPlugin::init(const clap_plugin_t* plugin) {
  ClapPlugin& self = of(plugin);
  self.host_.find_extensions();
  self.host_.expect_main("init");
  try {
    self.start();
    return true;
  } catch (const std::exception& fault) {
    self.host_.log(fault.what());
    return false;
  }
}

void ClapPlugin::start() {
  Setup setup;
  setup.format = "CLAP";
  setup.host = host_.name();
  setup.context = &host_;
  setup.log = [](void* context, const char* line) { static_cast<ClapHost*>(context)->log(line); };
  setup.edited = [](void* context) { static_cast<ClapHost*>(context)->say_edited(); };
  setup.awake = [](void* context) { static_cast<ClapHost*>(context)->wake(); };
  instance_ = std::make_unique<Instance>(setup);
}

void ClapPlugin::destroy(const clap_plugin_t* plugin) {
  const std::unique_ptr<ClapPlugin> self(&of(plugin));
  self->host_.expect_main("destroy");
}

bool ClapPlugin::activate(const clap_plugin_t* plugin, double rate_hz, std::uint32_t least,
                          std::uint32_t most) {
  ClapPlugin& self = of(plugin);
  self.host_.expect_main("activate");
  if (self.instance_ == nullptr || self.active_.load() || most > INT_MAX || least > most)
    return false;
  try {
    return self.activate_at(rate_hz, static_cast<int>(most));
  } catch (const std::exception& fault) {
    self.host_.log(fault.what());
    return false;
  }
}

bool ClapPlugin::activate_at(double rate_hz, int most_samples) {
  if (instance_->offline() != wants_offline_.load()) instance_->set_offline(wants_offline_.load());
  if (!instance_->activate(rate_hz, most_samples)) return false;
  rate_hz_ = rate_hz;
  tail_ = instance_->tail_samples();
  active_.store(true);
  return true;
}

void ClapPlugin::deactivate(const clap_plugin_t* plugin) {
  ClapPlugin& self = of(plugin);
  self.host_.expect_main("deactivate");
  self.processing_.store(false);
  if (self.active_.exchange(false)) self.instance_->deactivate();
}

bool ClapPlugin::start_processing(const clap_plugin_t* plugin) {
  ClapPlugin& self = of(plugin);
  if (!self.active_.load()) return false;
  self.processing_.store(true);
  return true;
}

void ClapPlugin::stop_processing(const clap_plugin_t* plugin) {
  of(plugin).processing_.store(false);
}

void ClapPlugin::reset(const clap_plugin_t* plugin) {
  if (of(plugin).active_.load()) of(plugin).instance_->reset();
}

const void* ClapPlugin::get_extension(const clap_plugin_t* /*plugin*/, const char* id) {
  return id != nullptr ? clap_extension(id) : nullptr;
}

void ClapPlugin::on_main_thread(const clap_plugin_t* plugin) { of(plugin).host_.on_main_thread(); }

void ClapPlugin::set_offline(bool on) {
  wants_offline_.store(on);
  if (!processing_.load() && instance_->offline() != on) instance_->set_offline(on);
}

// --- audio ---------------------------------------------------------------------------------------

clap_process_status ClapPlugin::process(const clap_plugin_t* plugin, const clap_process_t* block) {
  ClapPlugin& self = of(plugin);
  if (block == nullptr || !self.processing_.load() || !has_our_output(*block))
    return CLAP_PROCESS_ERROR;
  const bool is_live = !self.wants_offline_.load() && !self.instance_->offline();
  return is_live ? self.play(*block) : self.play_offline(*block);
}

clap_process_status ClapPlugin::play(const clap_process_t& block) RT_SAFE {
  const DenormalGuard guard;
  const bool sounded = instance_->sounds();
  events_.begin(block.in_events, block.frames_count);
  for (Portion portion; events_.next(portion);) {
    instance_->process(output_of(block, portion.from), portion.samples, portion.events,
                       transport_of(block, portion.from));
  }
  return finish(block, sounded);
}

/// A host that begins to render offline while it plays, or ends to, is followed here, where it can
/// be waited for; nothing else calls into a plugin's audio meanwhile.
clap_process_status ClapPlugin::play_offline(const clap_process_t& block) {
  if (instance_->offline() != wants_offline_.load()) instance_->set_offline(wants_offline_.load());
  if (!instance_->offline()) return play(block);
  const bool sounded = instance_->sounds();
  events_.begin(block.in_events, block.frames_count);
  for (Portion portion; events_.next(portion);) {
    instance_->process_offline(output_of(block, portion.from), portion.samples, portion.events,
                               transport_of(block, portion.from));
  }
  return finish(block, sounded);
}

Transport ClapPlugin::transport_of(const clap_process_t& block, int from) const RT_SAFE {
  Transport transport = read_transport(block.transport, rate_hz_);
  transport.sample += from;
  return transport;
}

/// What sounds has to go on, and what was begun; what ends by itself, for the time of the tail;
/// else the host may let us sleep until it has an event for us, or we ask it.
clap_process_status ClapPlugin::finish(const clap_process_t& block, bool sounded) RT_SAFE {
  const bool is_quiet = !sounded && events_.were_none() && !instance_->sounds();
  block.audio_outputs[0].constant_mask = is_quiet ? kBothConstant : 0;
  tell_moved(block.out_events, block.frames_count > 0 ? block.frames_count - 1 : 0);
  tell_tail();
  if (is_quiet) return CLAP_PROCESS_SLEEP;
  return events_.were_none() && instance_->rings_out() ? CLAP_PROCESS_TAIL : CLAP_PROCESS_CONTINUE;
}

void ClapPlugin::tell_tail() RT_SAFE {
  const std::int64_t tail = instance_->tail_samples();
  if (std::exchange(tail_, tail) != tail) host_.say_tail_changed();
}

void ClapPlugin::tell_moved(const clap_output_events_t* out, std::uint32_t at) RT_SAFE {
  if (out == nullptr || out->try_push == nullptr) return;
  Moved moved;
  while (instance_->next_moved(moved)) {
    clap_event_param_value_t event{};
    event.header = {sizeof(event), at, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, 0};
    const HostParameter& row = host_parameters()[static_cast<std::size_t>(moved.index)];
    event.param_id = row.id;
    event.cookie = const_cast<HostParameter*>(&row);
    event.note_id = event.port_index = event.channel = event.key = -1;
    event.value = moved.value;
    RT_TRUSTED_BEGIN  // the host's, which has to be real-time safe
        out->try_push(out, &event.header);
    RT_TRUSTED_END
  }
}

void ClapPlugin::flush(const clap_input_events_t* in, const clap_output_events_t* out) {
  events_.begin(in, 0);
  for (Portion portion; events_.next(portion);) {
    if (active_.load()) {
      instance_->process({nullptr, nullptr, 1}, 0, portion.events, {});
      continue;
    }
    for (const HostEvent& event : portion.events) {
      if (event.kind == EventKind::kParameter) instance_->set_value(event.index, event.value);
    }
  }
  tell_moved(out, 0);
}

}  // namespace rtsynth::plugin
