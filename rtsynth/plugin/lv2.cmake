# The LV2 bundle: the module, and its description, which a small program writes beside it.
set(bundle "${RTSYNTH_PLUGIN_DIR}/rtsynth.lv2")
rtsynth_plugin(rtsynth_lv2 rtsynth.lv2/rtsynth.so
               lv2.cpp lv2_events.cpp lv2_host.cpp lv2_plugin.cpp lv2_ports.cpp lv2_state.cpp)
target_include_directories(rtsynth_lv2 PRIVATE "${LV2_INCLUDE_DIR}")

add_executable(lv2_ttl lv2_ttl.cpp)
target_link_libraries(lv2_ttl PRIVATE rtplugin)
add_custom_command(OUTPUT "${bundle}/manifest.ttl" "${bundle}/rtsynth.ttl" "${bundle}/presets.ttl"
                   COMMAND "${CMAKE_COMMAND}" -E make_directory "${bundle}"
                   COMMAND lv2_ttl "${bundle}" DEPENDS lv2_ttl)
add_custom_target(rtsynth_lv2_ttl DEPENDS "${bundle}/manifest.ttl")
add_dependencies(rtsynth_lv2 rtsynth_lv2_ttl)
