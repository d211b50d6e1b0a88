// The component: buses, activation, and the state that a project keeps.
#include <algorithm>
#include <iterator>

#include "vst3_plugin.h"
#include "vst3_text.h"

namespace rtsynth::plugin {
namespace {

constexpr std::int32_t kMidiChannels = 16;
constexpr std::size_t kMostStateBytes = std::size_t{64} << 20;
constexpr std::int32_t kPiece = 1 << 16;

/// All that a stream has, from where it stands.
std::string read_all(v3_bstream** stream) {
  std::string text;
  std::vector<char> piece(kPiece);
  while (text.size() < kMostStateBytes) {
    std::int32_t got = 0;
    const v3_result result = v3_cpp_obj(stream)->read(stream, piece.data(), kPiece, &got);
    if (got <= 0 || got > kPiece) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (result != V3_OK) break;
  }
  return text;
}

bool write_all(v3_bstream** stream, std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto count = static_cast<std::int32_t>(std::min<std::size_t>(text.size() - done, kPiece));
    std::int32_t put = count;  // some hosts do not say how many they took
    if (v3_cpp_obj(stream)->write(stream, text.data() + done, count, &put) != V3_OK) return false;
    if (put <= 0 || put > count) return false;
    done += static_cast<std::size_t>(put);
  }
  return true;
}

/// What a host calls itself; empty where it does not say.
std::string name_of(v3_funknown** host) {
  v3_host_application** application = nullptr;
  if (host == nullptr ||
      v3_cpp_obj_query_interface(host, v3_host_application_iid, &application) != V3_OK ||
      application == nullptr)
    return {};
  v3_str_128 name{};
  const v3_result result = v3_cpp_obj(application)->get_name(application, name);
  v3_cpp_obj_unref(application);
  return result == V3_OK ? read_utf16(name, std::size(name)) : std::string();
}

}  // namespace

Vst3Plugin::Vst3Plugin()
    : edited_(std::make_unique<std::atomic<bool>[]>(host_parameters().size())) {
  const auto tables = vst3_tables();
  for (std::size_t i = 0; i < kFaces; ++i) faces_[i] = {tables[i], this};
  setup_ = {V3_REALTIME, V3_SAMPLE_32, 1024, 48000.0};  // until the host says
}

Vst3Plugin::~Vst3Plugin() { terminate(); }

v3_result Vst3Plugin::initialize(v3_funknown** context) {
  if (instance_) return V3_FALSE;
  Setup setup;
  setup.format = "VST3";
  setup.host = name_of(context);
  setup.log = [](void*, const char* line) { say(line); };
  setup.context = this;
  setup.edited = [](void* self) { static_cast<Vst3Plugin*>(self)->edited_by_hand_.store(true); };
  setup.listed = [](void* self) { static_cast<Vst3Plugin*>(self)->listed_.store(true); };
  instance_ = std::make_unique<Instance>(setup);
  presets_ = instance_->presets();
  show_instance();
  return V3_OK;
}

v3_result Vst3Plugin::terminate() {
  set_component_handler(nullptr);
  if (!instance_) return V3_OK;
  if (active_) set_active(0);
  instance_.reset();
  return V3_OK;
}

v3_result Vst3Plugin::get_controller_class_id(std::uint8_t*) { return V3_NOT_IMPLEMENTED; }

v3_result Vst3Plugin::set_io_mode(std::int32_t) { return V3_OK; }

std::int32_t Vst3Plugin::get_bus_count(std::int32_t media, std::int32_t direction) {
  return (media == V3_AUDIO && direction == V3_OUTPUT) ||
                 (media == V3_EVENT && direction == V3_INPUT)
             ? 1
             : 0;
}

v3_result Vst3Plugin::get_bus_info(std::int32_t media, std::int32_t direction, std::int32_t bus,
                                   v3_bus_info* info) {
  if (info == nullptr || bus < 0 || bus >= get_bus_count(media, direction)) return V3_INVALID_ARG;
  *info = {};
  info->media_type = media;
  info->direction = direction;
  info->channel_count = media == V3_AUDIO ? 2 : kMidiChannels;
  write_utf16(media == V3_AUDIO ? "Output" : "Notes", info->bus_name);
  info->bus_type = V3_MAIN;
  info->flags = V3_DEFAULT_ACTIVE;
  return V3_OK;
}

v3_result Vst3Plugin::get_routing_info(v3_routing_info*, v3_routing_info*) {
  return V3_NOT_IMPLEMENTED;
}

v3_result Vst3Plugin::activate_bus(std::int32_t media, std::int32_t direction, std::int32_t bus,
                                   v3_bool) {
  return bus >= 0 && bus < get_bus_count(media, direction) ? V3_OK : V3_INVALID_ARG;
}

v3_result Vst3Plugin::set_active(v3_bool on) {
  if (!instance_) return V3_NOT_INITIALIZED;
  if ((on != 0) == active_) return V3_OK;
  if (on != 0) {
    instance_->set_offline(setup_.process_mode == V3_OFFLINE);
    if (!instance_->activate(setup_.sample_rate, setup_.max_block_size)) return V3_INTERNAL_ERR;
    active_ = true;
    return V3_OK;
  }
  active_ = false;
  instance_->deactivate();
  values_.forget_messages();
  if (const std::int64_t lost = block_.take_lost(); lost > 0)
    say((std::to_string(lost) + " events of the host found no room: it sent more than " +
         std::to_string(Vst3Block::kMostEvents) + " in a block")
            .c_str());
  return V3_OK;
}

v3_result Vst3Plugin::set_state(v3_bstream** stream) {
  if (!instance_) return V3_NOT_INITIALIZED;
  if (stream == nullptr) return V3_INVALID_ARG;
  const std::string state = read_all(stream);
  {
    const std::lock_guard lock(saving_);
    if (!instance_->load(state)) return V3_FALSE;
    forget_edits();
    show_instance();
  }
  if (handler_ != nullptr)
    v3_cpp_obj(handler_)->restart_component(handler_, V3_RESTART_PARAM_VALUES_CHANGED);
  return V3_OK;
}

v3_result Vst3Plugin::get_state(v3_bstream** stream) {
  if (!instance_) return V3_NOT_INITIALIZED;
  if (stream == nullptr) return V3_INVALID_ARG;
  std::string state;
  {
    const std::lock_guard lock(saving_);
    flush_edits();
    state = instance_->save();
  }
  return write_all(stream, state) ? V3_OK : V3_INTERNAL_ERR;
}

}  // namespace rtsynth::plugin
