#include "server_state.h"

#include <chrono>
#include <utility>

namespace rtsynth::plugin {

std::string ServerState::question() { return pack_number(FrameKind::kAskState, ++asked_); }

void ServerState::set_state(std::string_view desk) {
  const Lock lock(mutex_);
  desk_ = desk;
  preset_.clear();
  values_.clear();
  if (!greeted_) return;  // the greeting says it
  posted_ += pack(FrameKind::kStateIn, desk_) + question();
  valid_ = asked_;
}

DeskState ServerState::state(double wait_s, const std::function<void()>& wake) {
  Lock lock(mutex_);
  bool is_new = false;
  if (connected_) {
    posted_ += question();
    const std::uint32_t number = asked_;
    wake();
    answered_now_.wait_for(lock, std::chrono::duration<double>(wait_s),
                           [&] { return answered_ >= number || !connected_; });
    is_new = answered_ >= number && answered_ >= valid_;
  }
  return {desk_, preset_, is_new ? values_ : std::vector<double>(), is_new};
}

bool ServerState::wait_settled(double wait_s) {
  Lock lock(mutex_);
  answered_now_.wait_for(lock, std::chrono::duration<double>(wait_s),
                         [&] { return is_settled() || hopeless_; });
  return is_settled();
}

void ServerState::load_preset(std::string_view name) {
  const Lock lock(mutex_);
  preset_ = name;
  if (!greeted_) return;  // behind the greeting
  posted_ += pack(FrameKind::kPreset, preset_) + question();
  valid_ = asked_;
}

void ServerState::end() {
  const Lock lock(mutex_);
  ending_ = true;
}

std::vector<std::string> ServerState::presets() const {
  const Lock lock(mutex_);
  return presets_;
}

bool ServerState::connected() const {
  const Lock lock(mutex_);
  return connected_;
}

bool ServerState::ending() const {
  const Lock lock(mutex_);
  return ending_;
}

std::string ServerState::greeting() {
  const Lock lock(mutex_);
  const std::string hello = pack(FrameKind::kHello, json_of(hello_));
  greeted_ = true;
  const std::string preset = preset_.empty() ? "" : pack(FrameKind::kPreset, preset_);
  const std::string greeting = hello + pack(FrameKind::kStateIn, desk_) + preset + question();
  valid_ = asked_;
  return greeting;
}

std::string ServerState::take_posted() {
  const Lock lock(mutex_);
  return std::exchange(posted_, {});
}

bool ServerState::take_answer(std::string_view payload) {
  const Lock lock(mutex_);
  const auto number = take_number(payload);
  if (!number || *number > asked_ || *number <= answered_) return false;
  const bool settles = answered_ < valid_ && *number >= valid_;
  const auto values = take_values(payload);
  if (!values) return false;
  answered_ = *number;
  if (answered_ >= valid_) {
    desk_ = payload;
    values_ = *values;
    preset_.clear();
  }
  answered_now_.notify_all();
  return settles;
}

void ServerState::take_state(std::string_view desk) {
  const Lock lock(mutex_);
  if (answered_ >= valid_) desk_ = desk;
}

void ServerState::take_presets(std::vector<std::string> names) {
  const Lock lock(mutex_);
  presets_ = std::move(names);
}

void ServerState::set_connected() {
  const Lock lock(mutex_);
  connected_ = true;
}

void ServerState::set_hopeless(bool on) {
  const Lock lock(mutex_);
  hopeless_ = on;
  answered_now_.notify_all();
}

bool ServerState::lose() {
  const Lock lock(mutex_);
  posted_.clear();
  greeted_ = false;
  answered_now_.notify_all();
  return std::exchange(connected_, false);
}

}  // namespace rtsynth::plugin
