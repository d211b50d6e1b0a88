// Tables of functions for the interfaces of VST3: each calls a method of Vst3Plugin, and lets no
// exception out.
#include <exception>
#include <type_traits>

#include "vst3_plugin.h"

namespace rtsynth::plugin {
namespace {

template <auto Method>
struct Call;

template <class Result, class... Arguments, Result (Vst3Plugin::*Method)(Arguments...)>
struct Call<Method> {
  static Result V3_API call(void* self, Arguments... arguments) noexcept {
    Vst3Plugin& plugin = *static_cast<Vst3Face*>(self)->plugin;
    try {
      return (plugin.*Method)(arguments...);
    } catch (const std::exception& error) {
      Vst3Plugin::say(error.what());
    }
    if constexpr (std::is_pointer_v<Result>) {
      return nullptr;
    } else {
      return static_cast<Result>(V3_INTERNAL_ERR);
    }
  }
};

template <auto Method>
constexpr auto kCall = &Call<Method>::call;

using P = Vst3Plugin;

constexpr v3_funknown kUnknown = {kCall<&P::query_interface>, kCall<&P::ref>, kCall<&P::unref>};
constexpr v3_plugin_base kBase = {kCall<&P::initialize>, kCall<&P::terminate>};

const v3_component_cpp kComponent = {
    kUnknown,
    kBase,
    {kCall<&P::get_controller_class_id>, kCall<&P::set_io_mode>, kCall<&P::get_bus_count>,
     kCall<&P::get_bus_info>, kCall<&P::get_routing_info>, kCall<&P::activate_bus>,
     kCall<&P::set_active>, kCall<&P::set_state>, kCall<&P::get_state>}};

const v3_audio_processor_cpp kProcessor = {
    kUnknown,
    {kCall<&P::set_bus_arrangements>, kCall<&P::get_bus_arrangement>,
     kCall<&P::can_process_sample_size>, kCall<&P::get_latency_samples>,
     kCall<&P::setup_processing>, kCall<&P::set_processing>, kCall<&P::process>,
     kCall<&P::get_tail_samples>}};

const v3_edit_controller_cpp kController = {
    kUnknown,
    kBase,
    {kCall<&P::set_component_state>, kCall<&P::set_controller_state>,
     kCall<&P::get_controller_state>, kCall<&P::get_parameter_count>, kCall<&P::get_parameter_info>,
     kCall<&P::get_parameter_string_for_value>, kCall<&P::get_parameter_value_for_string>,
     kCall<&P::normalised_parameter_to_plain>, kCall<&P::plain_parameter_to_normalised>,
     kCall<&P::get_parameter_normalised>, kCall<&P::set_parameter_normalised>,
     kCall<&P::set_component_handler>, kCall<&P::create_view>}};

const v3_midi_mapping_cpp kMidiMapping = {kUnknown, {kCall<&P::get_midi_controller_assignment>}};

const v3_unit_information_cpp kUnits = {
    kUnknown,
    {kCall<&P::get_unit_count>, kCall<&P::get_unit_info>, kCall<&P::get_program_list_count>,
     kCall<&P::get_program_list_info>, kCall<&P::get_program_name>, kCall<&P::get_program_info>,
     kCall<&P::has_program_pitch_names>, kCall<&P::get_program_pitch_name>,
     kCall<&P::get_selected_unit>, kCall<&P::select_unit>, kCall<&P::get_unit_by_bus>,
     kCall<&P::set_unit_program_data>}};

const v3_process_context_requirements_cpp kRequirements = {
    kUnknown, {kCall<&P::get_process_context_requirements>}};

const v3_note_expression_controller_cpp kExpressions = {
    kUnknown,
    {kCall<&P::get_note_expression_count>, kCall<&P::get_note_expression_info>,
     kCall<&P::get_note_expression_string_by_value>,
     kCall<&P::get_note_expression_value_by_string>}};

struct Offered {
  const std::uint8_t* iid;
  const void* table;
};

const std::array<Offered, 7> kOffered = {{
    {v3_component_iid, &kComponent},
    {v3_audio_processor_iid, &kProcessor},
    {v3_edit_controller_iid, &kController},
    {v3_midi_mapping_iid, &kMidiMapping},
    {v3_unit_information_iid, &kUnits},
    {v3_process_context_requirements_iid, &kRequirements},
    {v3_note_expression_controller_iid, &kExpressions},
}};

}  // namespace

std::array<const void*, 7> vst3_tables() {
  std::array<const void*, 7> tables{};
  for (std::size_t i = 0; i < tables.size(); ++i) tables[i] = kOffered[i].table;
  return tables;
}

v3_result Vst3Plugin::query_interface(const std::uint8_t* iid, void** found) {
  if (found == nullptr || iid == nullptr) return V3_INVALID_ARG;
  *found = nullptr;
  for (std::size_t i = 0; i < kOffered.size(); ++i) {
    // The first one stands for the object itself, whichever interface is asked.
    const bool itself =
        i == 0 && (v3_tuid_match(iid, v3_funknown_iid) || v3_tuid_match(iid, v3_plugin_base_iid));
    if (!itself && !v3_tuid_match(iid, kOffered[i].iid)) continue;
    *found = &faces_[i];
    ref();
    return V3_OK;
  }
  return V3_NO_INTERFACE;
}

std::uint32_t Vst3Plugin::ref() { return references_.fetch_add(1, std::memory_order_relaxed) + 1; }

std::uint32_t Vst3Plugin::unref() {
  const std::uint32_t left = references_.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (left == 0) delete this;
  return left;
}

}  // namespace rtsynth::plugin
