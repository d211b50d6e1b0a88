// A host's side of VST3 for the tests: points of parameters and events of a block.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "vst3_block.h"

namespace rtsynth::plugin {

/// An object of a host's that nobody counts: a pointer to a table, then what it has.
template <class Table>
struct HostObject {
  const Table* table = nullptr;
};

struct Queue : HostObject<v3_param_value_queue_cpp> {
  v3_param_id id = 0;
  std::vector<std::pair<int, double>> points;
};

struct Points : HostObject<v3_param_changes_cpp> {
  std::vector<std::unique_ptr<Queue>> queues;
};

struct Notes : HostObject<v3_event_list_cpp> {
  std::vector<v3_event> events;
};

/// A block that a host has filled.
class HostBlock {
 public:
  HostBlock() {
    points_.table = &kPoints;
    notes_.table = &kNotes;
  }
  void point(v3_param_id id, int sample, double value) {
    for (auto& queue : points_.queues) {
      if (queue->id == id) return queue->points.emplace_back(sample, value), void();
    }
    auto queue = std::make_unique<Queue>();
    queue->table = &kQueue;
    queue->id = id;
    queue->points.emplace_back(sample, value);
    points_.queues.push_back(std::move(queue));
  }
  /// A data byte of a controller.
  void controller(int channel, int number, int sample, int data) {
    point(vst3_controller_id(channel, number).value(), sample, data / 127.0);
  }
  v3_event& event(v3_event_type type, int sample) {
    v3_event& added = notes_.events.emplace_back();
    added = {};
    added.type = static_cast<std::uint16_t>(type);
    added.sample_offset = sample;
    return added;
  }
  v3_process_data data(int samples) {
    v3_process_data block{};
    block.nframes = samples;
    block.input_params = as<v3_param_changes>(points_);
    block.input_events = as<v3_event_list>(notes_);
    return block;
  }

 private:
  /// An object as the headers point to one.
  template <class Interface, class Object>
  static Interface** as(Object& object) {
    return static_cast<Interface**>(static_cast<void*>(&object));
  }
  static v3_result V3_API query(void*, const v3_tuid, void**) { return V3_NO_INTERFACE; }
  static std::uint32_t V3_API count(void*) { return 1; }
  static constexpr v3_funknown kUnknown = {query, count, count};

  static Queue& queue_of(void* self) { return *static_cast<Queue*>(self); }
  static v3_result V3_API get_point(void* self, std::int32_t place, std::int32_t* sample,
                                    double* value) {
    const auto& point = queue_of(self).points.at(static_cast<std::size_t>(place));
    *sample = point.first;
    *value = point.second;
    return V3_OK;
  }
  static v3_result V3_API get_event(void* self, std::int32_t place, v3_event* event) {
    *event = static_cast<Notes*>(self)->events.at(static_cast<std::size_t>(place));
    return V3_OK;
  }
  static inline const v3_param_value_queue_cpp kQueue = {
      kUnknown,
      {[](void* self) { return queue_of(self).id; },
       [](void* self) { return static_cast<std::int32_t>(queue_of(self).points.size()); },
       get_point,
       [](void*, std::int32_t, double, std::int32_t*) -> v3_result { return V3_FALSE; }}};
  static inline const v3_param_changes_cpp kPoints = {
      kUnknown,
      {[](void* self) {
         return static_cast<std::int32_t>(static_cast<Points*>(self)->queues.size());
       },
       [](void* self, std::int32_t place) {
         auto& queues = static_cast<Points*>(self)->queues;
         return as<v3_param_value_queue>(*queues.at(static_cast<std::size_t>(place)));
       },
       [](void*, v3_param_id*, std::int32_t*) -> v3_param_value_queue** { return nullptr; }}};
  static inline const v3_event_list_cpp kNotes = {
      kUnknown,
      {[](void* self) {
         return static_cast<std::uint32_t>(static_cast<Notes*>(self)->events.size());
       },
       get_event, [](void*, v3_event*) -> v3_result { return V3_FALSE; }}};

  Points points_;
  Notes notes_;
};

}  // namespace rtsynth::plugin
