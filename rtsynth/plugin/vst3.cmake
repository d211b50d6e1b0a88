# The VST3 module: a folder that hosts take for one plugin, with a list of its classes, so that
# they can look without loading it.
if(APPLE)
  message(STATUS "VST3 is built for Linux only: this plugin is left out")
  return()
endif()
rtsynth_plugin(rtsynth_vst3 "rtsynth.vst3/Contents/${CMAKE_SYSTEM_PROCESSOR}-linux/rtsynth"
               vst3_block.cpp vst3_component.cpp vst3_controller.cpp vst3_events.cpp
               vst3_expression.cpp vst3_factory.cpp vst3_parameters.cpp vst3_processor.cpp
               vst3_tables.cpp vst3_text.cpp vst3_units.cpp)
set_target_properties(rtsynth_vst3 PROPERTIES SUFFIX ".so")
target_include_directories(rtsynth_vst3 SYSTEM PRIVATE "${DPF_INCLUDE_DIR}")
target_link_options(rtsynth_vst3 PRIVATE
                    "-Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/vst3.map")
configure_file(vst3_moduleinfo.json.in
               "${RTSYNTH_PLUGIN_DIR}/rtsynth.vst3/Contents/Resources/moduleinfo.json" @ONLY)
