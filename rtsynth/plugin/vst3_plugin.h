/// The plugin as VST3 sees it: one object that is component, processor and controller at once.
/// Nothing here is played or stored: Instance does that.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "instance.h"
#include "rt.h"
#include "vst3_block.h"
#include "vst3_more.h"
#include "vst3_parameters.h"

namespace rtsynth::plugin {

class Vst3Plugin;

/// One interface of an object: what a host holds is a pointer to one of these.
struct Vst3Face {
  const void* table = nullptr;  // of functions, laid out as the interface's
  Vst3Plugin* plugin = nullptr;
};

/// Methods bear the names of the standard's and do what it says there. Threads: [main] the host's
/// user-interface thread; [audio]; [any]. What throws gives V3_INTERNAL_ERR (vst3_tables.cpp).
class Vst3Plugin {
 public:
  /// [main] With one reference, the caller's.
  Vst3Plugin();
  Vst3Plugin(const Vst3Plugin&) = delete;
  Vst3Plugin& operator=(const Vst3Plugin&) = delete;

  // FUnknown [any]
  v3_result query_interface(const std::uint8_t* iid, void** found);
  std::uint32_t ref();
  std::uint32_t unref();

  // IPluginBase [main]
  v3_result initialize(v3_funknown** context);
  v3_result terminate();

  // IComponent [main]
  v3_result get_controller_class_id(std::uint8_t* id);
  v3_result set_io_mode(std::int32_t mode);
  std::int32_t get_bus_count(std::int32_t media, std::int32_t direction);
  v3_result get_bus_info(std::int32_t media, std::int32_t direction, std::int32_t bus,
                         v3_bus_info* info);
  v3_result get_routing_info(v3_routing_info* input, v3_routing_info* output);
  v3_result activate_bus(std::int32_t media, std::int32_t direction, std::int32_t bus, v3_bool on);
  v3_result set_active(v3_bool on);
  v3_result set_state(v3_bstream** stream);
  v3_result get_state(v3_bstream** stream);

  // IAudioProcessor [main, and where it says so audio]
  v3_result set_bus_arrangements(v3_speaker_arrangement* inputs, std::int32_t input_count,
                                 v3_speaker_arrangement* outputs, std::int32_t output_count);
  v3_result get_bus_arrangement(std::int32_t direction, std::int32_t bus,
                                v3_speaker_arrangement* speakers);
  v3_result can_process_sample_size(std::int32_t size);
  std::uint32_t get_latency_samples();
  v3_result setup_processing(v3_process_setup* setup);
  v3_result set_processing(v3_bool on);      // [any]
  v3_result process(v3_process_data* data);  // [audio]
  std::uint32_t get_tail_samples();          // [any]
  std::uint32_t get_process_context_requirements();

  // IEditController [main]
  v3_result set_component_state(v3_bstream** stream);
  v3_result set_controller_state(v3_bstream** stream);
  v3_result get_controller_state(v3_bstream** stream);
  std::int32_t get_parameter_count();
  v3_result get_parameter_info(std::int32_t place, v3_param_info* info);
  v3_result get_parameter_string_for_value(v3_param_id id, double normalised, std::int16_t* text);
  v3_result get_parameter_value_for_string(v3_param_id id, std::int16_t* text, double* normalised);
  double normalised_parameter_to_plain(v3_param_id id, double normalised);
  double plain_parameter_to_normalised(v3_param_id id, double plain);
  double get_parameter_normalised(v3_param_id id);
  v3_result set_parameter_normalised(v3_param_id id, double normalised);
  v3_result set_component_handler(v3_component_handler** handler);
  v3_plugin_view** create_view(const char* name);

  // IMidiMapping [main]
  v3_result get_midi_controller_assignment(std::int32_t bus, std::int16_t channel,
                                           std::int16_t number, v3_param_id* id);

  // IUnitInfo [main]
  std::int32_t get_unit_count();
  v3_result get_unit_info(std::int32_t unit, v3_unit_info* info);
  std::int32_t get_program_list_count();
  v3_result get_program_list_info(std::int32_t list, v3_program_list_info* info);
  v3_result get_program_name(std::int32_t list, std::int32_t program, std::int16_t* name);
  v3_result get_program_info(std::int32_t list, std::int32_t program, const char* attribute,
                             std::int16_t* value);
  v3_result has_program_pitch_names(std::int32_t list, std::int32_t program);
  v3_result get_program_pitch_name(std::int32_t list, std::int32_t program, std::int16_t key,
                                   std::int16_t* name);
  std::int32_t get_selected_unit();
  v3_result select_unit(std::int32_t unit);
  v3_result get_unit_by_bus(std::int32_t media, std::int32_t direction, std::int32_t bus,
                            std::int32_t channel, std::int32_t* unit);
  v3_result set_unit_program_data(std::int32_t list, std::int32_t program, v3_bstream** data);

  // INoteExpressionController [main]
  std::int32_t get_note_expression_count(std::int32_t bus, std::int16_t channel);
  v3_result get_note_expression_info(std::int32_t bus, std::int16_t channel, std::int32_t place,
                                     v3_note_expression_type_info* info);
  v3_result get_note_expression_string_by_value(std::int32_t bus, std::int16_t channel,
                                                std::uint32_t type, double normalised,
                                                std::int16_t* text);
  v3_result get_note_expression_value_by_string(std::int32_t bus, std::int16_t channel,
                                                std::uint32_t type, const std::int16_t* text,
                                                double* normalised);

  /// [any but audio] A line for the user: VST3 has no log of its own, so it goes to stderr.
  static void say(const char* line);

 private:
  static constexpr std::size_t kFaces = 7;

  ~Vst3Plugin();

  void show_instance();
  void flush_edits();
  void forget_edits();
  void follow_changes();
  void say_edited();
  [[nodiscard]] int preset_steps() const;
  [[nodiscard]] int preset_at(double normalised) const;
  [[nodiscard]] std::string preset_name(int place) const;
  void tell_presets();
  [[nodiscard]] std::string text_at(const Vst3Parameter& parameter, double normalised) const;
  void play_live(const v3_process_data& data) RT_SAFE;
  void play_offline(const v3_process_data& data);
  template <class Process>
  void play(const v3_process_data& data, const Process& process);
  void tell_moved(v3_param_changes** changes) RT_SAFE;

  std::array<Vst3Face, kFaces> faces_;  // in the order of vst3_tables.cpp
  std::atomic<std::uint32_t> references_{1};
  std::unique_ptr<Instance> instance_;           // from initialize to terminate
  v3_component_handler** handler_ = nullptr;     // [main]
  std::vector<std::string> presets_;             // [main]
  std::unique_ptr<std::atomic<bool>[]> edited_;  // by index, since no block has brought it
  std::atomic<std::int64_t> edited_at_{0};       // blocks_ when it was
  std::mutex saving_;                            // some hosts save on a thread of their own
  v3_process_setup setup_{};                     // [main, stopped]
  bool active_ = false;                          // [main, stopped]
  std::atomic<bool> edited_by_hand_{false};      // [any] the host should save it
  std::atomic<bool> listed_{false};              // [any] the presets are others
  std::atomic<std::int64_t> blocks_{0};          // [audio]
  std::atomic<bool> fresh_{false};               // [any] what sounds is to end with the next block
  Vst3Values values_;
  Vst3Block block_;
};

/// [any] The tables of functions, in the order of `Vst3Plugin::faces_`.
[[nodiscard]] std::array<const void*, 7> vst3_tables();

}  // namespace rtsynth::plugin
