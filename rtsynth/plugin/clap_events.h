/// A block's events as CLAP has them, read with distrust: sizes, spaces, ports, keys, values.
#pragma once

#include <clap/process.h>

#include <array>
#include <cstdint>
#include <span>

#include "instance.h"
#include "rt.h"

namespace rtsynth::plugin {

/// A part of a block, with its events, whose samples count from the part's first.
struct Portion {
  int from = 0;
  int samples = 0;
  std::span<const HostEvent> events;
};

/// Reads a block in as many portions as its events need: one, but for a host that sends thousands.
class ClapEvents {
 public:
  /// [audio] Begins a block of so many samples. `in` may be null.
  void begin(const clap_input_events_t* in, std::uint32_t samples) RT_SAFE;
  /// [audio] The next portion, which lives until the one after it is asked for. False: there is
  /// none. There is one at least, and it may be without samples.
  [[nodiscard]] bool next(Portion& portion) RT_SAFE;
  /// [audio] Whether the host sent nothing in this block.
  [[nodiscard]] bool were_none() const RT_SAFE { return count_ == 0; }

 private:
  static constexpr std::size_t kMost = 1024;

  [[nodiscard]] bool take(const clap_event_header_t& header) RT_SAFE;

  const clap_input_events_t* in_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t next_ = 0;
  int samples_ = 0;
  int sample_ = 0;  // of the event that was read last: none lies before it
  int from_ = 0;    // of the portion
  bool over_ = true;
  std::size_t used_ = 0;
  std::array<HostEvent, kMost> events_{};
};

/// [audio] One event of CLAP; false: it means nothing here. `sample` is left alone.
[[nodiscard]] bool read_event(const clap_event_header_t& header, HostEvent& event) RT_SAFE;
/// [audio] Where the song is; `transport` may be null.
[[nodiscard]] Transport read_transport(const clap_event_transport_t* transport,
                                       double rate_hz) RT_SAFE;

}  // namespace rtsynth::plugin
