/// All that the audio thread shares with Python, as it lies in memory: no pointer is in it, so that
/// the two may be in different processes. kLinkVersion counts every change of it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "counters.h"
#include "event.h"
#include "heard.h"
#include "load_meter.h"
#include "peaks.h"
#include "programs.h"
#include "queue.h"
#include "requests.h"
#include "rt.h"
#include "take_layout.h"

namespace rtsynth {

inline constexpr std::uint32_t kLinkVersion = 2;

/// Says what the memory is. Its maker writes it before anybody else sees the memory; nobody after.
struct LinkHead {
  static constexpr std::uint64_t kMagic = 0x4B4E'494C'4E59'5352ULL;  // "RSYNLINK"

  std::uint64_t magic = kMagic;
  std::uint32_t version = kLinkVersion;
  std::uint32_t contract = 0;     // kContractVersion
  std::uint64_t bytes = 0;        // of all of it
  std::uint64_t takes_at = 0;     // offset of the takes: the size of what lies before them
  std::uint64_t entry_bytes = 0;  // of a take's header
  std::uint64_t pages = 0;
  std::uint64_t frame_bits = 0;
};

/// One parameter of a host, by its place in the plugin's table, in its own range; or, offline, the
/// word that all of a block's part was told of by now.
struct HostValue {
  static constexpr std::int32_t kAllTold = -1;
  /// Instead of a sample, of one that moved: what was played moved it, and a reset takes it back.
  static constexpr std::int64_t kPlayed = -2;

  std::int32_t index = 0;
  double value = 0.0;
  std::int64_t sample = 0;  // of the engine's clock, at which it holds
};
inline constexpr std::size_t kHostValues = 16384;  // a block of dense automation
using HostValues = SpscQueue<HostValue, kHostValues>;

inline constexpr std::size_t kEventCapacity = 16384;  // a dense file's minute ahead
using Events = SpscQueue<Event, kEventCapacity>;

inline constexpr std::int64_t kNeverAgain = std::numeric_limits<std::int64_t>::max();

struct LinkData {
  LinkHead head;

  // What is played: the audio thread writes.
  Counters counters;
  LoadMeter load;
  Peaks peaks;
  std::atomic<double> rate_hz{0.0};
  std::atomic<std::int32_t> polyphony{0};
  std::atomic<bool> offline{false};            // it waits for Python: say settle() soon
  std::atomic<std::int64_t> audio_beat_ns{0};  // of the last block, monotonic

  // Who feeds it: Python writes.
  std::atomic<std::int64_t> server_beat_ns{0};  // the last look, monotonic
  std::atomic<float> level_db{0.0F};            // what the instrument's gain adds to the host's
  std::array<std::atomic<std::uint64_t>, 4> instrument{};  // a digest, for the next server
  std::array<std::atomic<std::uint64_t>, kTimbreSlots>
      slot_keys{};  // what each slot holds, likewise
  Programs programs;
  std::atomic<std::uint64_t> told_settled{0};
  std::atomic<std::int64_t> look_at{kNeverAgain};  // offline: the sample to which it put work off

  RequestQueue requests;  // audio -> Python, and so are the next two
  HeardMessages heard;
  HostValues told;
  Events played;     // Python -> audio: due as soon as possible, or when they arrived
  Events scheduled;  // due at a sample
  HostValues moved;
};

static_assert(std::is_standard_layout_v<LinkData>);
static_assert(std::is_standard_layout_v<TakeHeader> && std::is_standard_layout_v<TakeTotals>);
static_assert(std::is_trivially_destructible_v<LinkData>);
static_assert(std::is_trivially_copyable_v<Event> && std::is_trivially_copyable_v<Heard>);

}  // namespace rtsynth
