#include "clap_host.h"

#include <cstdio>

namespace rtsynth::plugin {

template <class T>
const T* ClapHost::extension(const char* id) const {
  if (host_ == nullptr || host_->get_extension == nullptr) return nullptr;
  return static_cast<const T*>(host_->get_extension(host_, id));
}

void ClapHost::find_extensions() {
  log_ = extension<clap_host_log_t>(CLAP_EXT_LOG);
  params_ = extension<clap_host_params_t>(CLAP_EXT_PARAMS);
  state_ = extension<clap_host_state_t>(CLAP_EXT_STATE);
  preset_load_ = extension<clap_host_preset_load_t>(CLAP_EXT_PRESET_LOAD);
  if (preset_load_ == nullptr)
    preset_load_ = extension<clap_host_preset_load_t>(CLAP_EXT_PRESET_LOAD_COMPAT);
  tail_ = extension<clap_host_tail_t>(CLAP_EXT_TAIL);
  thread_check_ = extension<clap_host_thread_check_t>(CLAP_EXT_THREAD_CHECK);
}

std::string ClapHost::name() const {
  if (host_ == nullptr || host_->name == nullptr) return "an unknown host";
  std::string name = host_->name;
  if (host_->version != nullptr && *host_->version != '\0')
    name += std::string(" ") + host_->version;
  return name;
}

void ClapHost::log(const char* line, clap_log_severity severity) const {
  if (log_ != nullptr && log_->log != nullptr) {
    log_->log(host_, severity, line);
  } else {
    std::fprintf(stderr, "rtsynth: %s\n", line);
  }
}

void ClapHost::wake() const {
  if (host_ == nullptr) return;
  if (params_ != nullptr && params_->request_flush != nullptr) params_->request_flush(host_);
  if (host_->request_process != nullptr) host_->request_process(host_);
}

void ClapHost::say_edited() {
  edited_.store(true);
  if (host_ != nullptr && host_->request_callback != nullptr) host_->request_callback(host_);
}

void ClapHost::say_tail_changed() const RT_SAFE {
  if (tail_ == nullptr || tail_->changed == nullptr) return;
  RT_TRUSTED_BEGIN  // the host's, to be called on the audio thread
      tail_->changed(host_);
  RT_TRUSTED_END
}

void ClapHost::on_main_thread() {
  if (!edited_.exchange(false)) return;
  if (state_ != nullptr && state_->mark_dirty != nullptr) state_->mark_dirty(host_);
}

void ClapHost::say_values_changed() const {
  if (params_ != nullptr && params_->rescan != nullptr)
    params_->rescan(host_, CLAP_PARAM_RESCAN_VALUES);
}

void ClapHost::say_preset_loaded(std::uint32_t kind, const char* location, const char* key) const {
  if (preset_load_ != nullptr && preset_load_->loaded != nullptr)
    preset_load_->loaded(host_, kind, location, key);
}

void ClapHost::say_preset_failed(std::uint32_t kind, const char* location, const char* key,
                                 const char* line) const {
  if (preset_load_ != nullptr && preset_load_->on_error != nullptr) {
    preset_load_->on_error(host_, kind, location, key, 0, line);
  } else {
    log(line);
  }
}

void ClapHost::expect_main([[maybe_unused]] const char* what) const {
#if !defined(NDEBUG)
  if (thread_check_ == nullptr || thread_check_->is_main_thread == nullptr) return;
  if (thread_check_->is_main_thread(host_)) return;
  const std::string line =
      std::string("the host calls ") + what + " on another than its main thread";
  log(line.c_str(), CLAP_LOG_HOST_MISBEHAVING);
#endif
}

}  // namespace rtsynth::plugin
