/// What a plugin says to its CLAP host: news for the log, and that it wants to be called.
#pragma once

#include <clap/ext/params.h>
#include <clap/ext/state.h>
#include <clap/ext/thread-check.h>
#include <clap/host.h>

#include <atomic>
#include <string>

#include "clap_more.h"
#include "rt.h"

namespace rtsynth::plugin {

class ClapHost {
 public:
  /// [any] The host must live on; null is one that says nothing.
  explicit ClapHost(const clap_host_t* host) : host_(host) {}
  ClapHost(const ClapHost&) = delete;
  ClapHost& operator=(const ClapHost&) = delete;

  /// [main] Asks for its extensions, which the standard allows from init() on.
  void find_extensions();
  /// [any] What it calls itself, with its version.
  [[nodiscard]] std::string name() const;

  /// [any but audio] One line for its log; without one, for standard error.
  void log(const char* line, clap_log_severity severity = CLAP_LOG_INFO) const;
  /// [any but audio] Something waits to be played or told: the host is asked to process, even where
  /// it let us sleep, and to take values from us.
  void wake() const;
  /// [any but audio] A hand changed what a project keeps: the host is asked to come on its main
  /// thread.
  void say_edited();
  /// [main] What say_edited() asked for.
  void on_main_thread();
  /// [audio] The tail is another than before.
  void say_tail_changed() const RT_SAFE;
  /// [main] All values are others now, at one stroke.
  void say_values_changed() const;
  /// [main]
  void say_preset_loaded(std::uint32_t kind, const char* location, const char* key) const;
  void say_preset_failed(std::uint32_t kind, const char* location, const char* key,
                         const char* line) const;

  /// [any] In builds for debugging: a line in the log where the host calls on another thread.
  void expect_main(const char* what) const;

 private:
  template <class T>
  [[nodiscard]] const T* extension(const char* id) const;

  const clap_host_t* host_;
  const clap_host_log_t* log_ = nullptr;
  const clap_host_params_t* params_ = nullptr;
  const clap_host_state_t* state_ = nullptr;
  const clap_host_preset_load_t* preset_load_ = nullptr;
  const clap_host_thread_check_t* thread_check_ = nullptr;
  const clap_host_tail_t* tail_ = nullptr;
  std::atomic<bool> edited_{false};
};

}  // namespace rtsynth::plugin
