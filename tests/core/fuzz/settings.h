// Events beside notes, of bytes: whatever bind.cpp lets through.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cmath>

#include "engine.h"

namespace rtsynth {

/// A controller that holds notes, ends them or ties them together.
inline int any_pedal(FuzzedDataProvider& data) {
  return data.PickValueInArray({int{kSustain}, int{kSostenuto}, int{kSoft}, int{kLegato},
                                int{kPortamento}, int{kPortamentoControl}, int{kMono}, int{kPoly},
                                int{kAllNotesOff}, int{kResetControllers}});
}

/// A registered parameter, often one that means something, and its data.
inline std::array<std::array<int, 2>, 4> any_registered(FuzzedDataProvider& data) {
  const int number = data.PickValueInArray({0, 1, 2, 5, 6, 6, 127});
  const int data_controller = data.PickValueInArray(
      {int{kDataEntry}, int{kDataEntryLow}, int{kDataIncrement}, int{kDataDecrement}});
  return {{{kRpnHigh, 0},
           {kRpnLow, number},
           {kDataEntry, data.ConsumeIntegralInRange(0, 127)},
           {data_controller, data.ConsumeIntegralInRange(0, 127)}}};
}

/// A place in a table, and its value.
inline void fill_table_entry(Event& event, FuzzedDataProvider& data, int key) {
  const auto place = [&data](std::size_t count) {
    return static_cast<std::uint8_t>(data.ConsumeIntegralInRange<std::size_t>(0, count - 1));
  };
  switch (event.kind) {
    case Event::Kind::kParameter:
      event.data1 = place(kParameters.size());
      event.value = data.ConsumeFloatingPointInRange(kParameters[event.data1].low,
                                                     kParameters[event.data1].high);
      break;
    case Event::Kind::kTune:
      event.data1 = static_cast<std::uint8_t>(key);
      event.data2 = place(2);
      event.value = data.ConsumeFloatingPointInRange(-128.0F, 128.0F);
      break;
    case Event::Kind::kVelocity:
      event.data1 = place(128);
      event.value = data.ConsumeFloatingPointInRange(1.0F, 127.0F);
      break;
    case Event::Kind::kLayer:
      event.data1 = place(kLayers);
      event.data2 = place(kLayerFields);
      event.value = event.data2 == 0 ? data.ConsumeFloatingPointInRange(-1.0F, 63.9F)
                                     : data.ConsumeFloatingPoint<float>();
      if (!std::isfinite(event.value)) event.value = 0.0F;
      break;
    default:  // kIgnore
      event.data1 = static_cast<std::uint8_t>(any_pedal(data));
      event.value = data.ConsumeBool() ? 1.0F : 0.0F;
      break;
  }
}

/// Due now.
inline Event any_setting(FuzzedDataProvider& data, int slot, int key) {
  Event event;
  event.status = static_cast<std::uint8_t>(data.ConsumeIntegralInRange(0, kChannels - 1));
  event.kind = data.PickValueInArray(
      {Event::Kind::kTimbre, Event::Kind::kBendRange, Event::Kind::kGain, Event::Kind::kPanic,
       Event::Kind::kParameter, Event::Kind::kTune, Event::Kind::kVelocity, Event::Kind::kLayer,
       Event::Kind::kIgnore, Event::Kind::kReset, Event::Kind::kCarry});
  switch (event.kind) {
    case Event::Kind::kTimbre:
      event.value = static_cast<float>(slot);
      break;
    case Event::Kind::kBendRange:
      event.value = data.ConsumeFloatingPointInRange(0.0F, 96.0F);
      break;
    case Event::Kind::kGain:
      event.value = data.ConsumeFloatingPointInRange(0.0F, 100.0F);
      break;
    case Event::Kind::kCarry:
      event.data1 = static_cast<std::uint8_t>(slot);
      event.value = static_cast<float>(data.ConsumeIntegralInRange<int>(0, 63));
      break;
    case Event::Kind::kPanic:
    case Event::Kind::kReset:
      break;
    default:
      fill_table_entry(event, data, key);
      break;
  }
  return event;
}

}  // namespace rtsynth
