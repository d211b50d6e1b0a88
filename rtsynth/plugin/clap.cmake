# rtsynth.clap; its headers are CLAP 1.1.1's, as DPF brings them.
rtsynth_plugin(rtsynth_clap rtsynth.clap clap.cpp clap_events.cpp clap_extensions.cpp clap_host.cpp
               clap_params.cpp clap_plugin.cpp clap_presets.cpp clap_state.cpp)
target_include_directories(rtsynth_clap SYSTEM PRIVATE "${DPF_INCLUDE_DIR}")
if(NOT APPLE)  # the C++ library's own templates are exported otherwise
  target_link_options(rtsynth_clap PRIVATE
                      "-Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/clap.map")
endif()
