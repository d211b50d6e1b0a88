/// A plugin of CLAP: its life and its audio. What else a host can ask is in clap_extensions.
#pragma once

#include <clap/plugin.h>

#include <atomic>
#include <memory>

#include "clap_events.h"
#include "clap_host.h"
#include "instance.h"
#include "rt.h"

namespace rtsynth::plugin {

extern const clap_plugin_descriptor_t kClapDescriptor;

class ClapPlugin {
 public:
  /// [any] Calls nothing of the host's.
  explicit ClapPlugin(const clap_host_t* host);
  ClapPlugin(const ClapPlugin&) = delete;
  ClapPlugin& operator=(const ClapPlugin&) = delete;

  [[nodiscard]] static ClapPlugin& of(const clap_plugin_t* plugin) noexcept {
    return *static_cast<ClapPlugin*>(plugin->plugin_data);
  }
  /// [any] What the host sees of it.
  [[nodiscard]] const clap_plugin_t* handle() const noexcept { return &handle_; }
  [[nodiscard]] ClapHost& host() noexcept { return host_; }
  /// [any] From init() on; null if that failed.
  [[nodiscard]] Instance* instance() noexcept { return instance_.get(); }
  /// [any] Between activate() and deactivate().
  [[nodiscard]] bool is_active() const noexcept { return active_.load(); }

  /// [main] Where the host renders offline the audio thread may wait; may be asked for at any time.
  void set_offline(bool on);
  /// [audio while active, else main] Parameters without audio.
  void flush(const clap_input_events_t* in, const clap_output_events_t* out);

 private:
  static bool CLAP_ABI init(const clap_plugin_t* plugin);
  static void CLAP_ABI destroy(const clap_plugin_t* plugin);
  static bool CLAP_ABI activate(const clap_plugin_t* plugin, double rate_hz, std::uint32_t least,
                                std::uint32_t most);
  static void CLAP_ABI deactivate(const clap_plugin_t* plugin);
  static bool CLAP_ABI start_processing(const clap_plugin_t* plugin);
  static void CLAP_ABI stop_processing(const clap_plugin_t* plugin);
  static void CLAP_ABI reset(const clap_plugin_t* plugin);
  static clap_process_status CLAP_ABI process(const clap_plugin_t* plugin,
                                              const clap_process_t* block);
  static const void* CLAP_ABI get_extension(const clap_plugin_t* plugin, const char* id);
  static void CLAP_ABI on_main_thread(const clap_plugin_t* plugin);

  void start();
  [[nodiscard]] bool activate_at(double rate_hz, int most_samples);
  [[nodiscard]] clap_process_status play(const clap_process_t& block) RT_SAFE;
  [[nodiscard]] clap_process_status play_offline(const clap_process_t& block);
  [[nodiscard]] Transport transport_of(const clap_process_t& block, int from) const RT_SAFE;
  [[nodiscard]] clap_process_status finish(const clap_process_t& block, bool sounded) RT_SAFE;
  void tell_tail() RT_SAFE;
  void tell_moved(const clap_output_events_t* out, std::uint32_t at) RT_SAFE;

  clap_plugin_t handle_;
  ClapHost host_;
  std::unique_ptr<Instance> instance_;
  ClapEvents events_;  // [audio]
  double rate_hz_ = 48000.0;
  std::int64_t tail_ = 0;  // [audio] as the host knows it
  std::atomic<bool> active_{false};
  std::atomic<bool> processing_{false};
  std::atomic<bool> wants_offline_{false};
};

}  // namespace rtsynth::plugin
