/// What the audio thread and Python have between them: a view of LinkData and of the takes.
///
/// Threads: as in engine.h; [control] and [generator] are Python's, in this process or another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "link_data.h"
#include "rt.h"
#include "segment.h"
#include "takes.h"

namespace rtsynth {

class Link {
 public:
  enum class Memory : std::uint8_t { kPrivate, kShared };

  /// [control, stopped] Throws std::invalid_argument below 8 pages, std::runtime_error or
  /// std::bad_alloc where there is no memory.
  Link(std::size_t arena_bytes, FrameFormat frames, Memory memory = Memory::kPrivate);
  /// [control] Python's end of one that another process made and plays from; `file` stays the
  /// caller's. One process at a time may have this end: it goes on where the one before ended.
  /// Throws std::runtime_error, with the reason in a line: it is another user's, of another version
  /// or size, or no link at all.
  [[nodiscard]] static Link adopt(int file);
  Link(Link&&) noexcept = default;
  Link& operator=(Link&&) noexcept = default;

  /// [control] Events with a sample are carried out in the order in which they were sent, and so
  /// are those without; neither kind waits for the other. False: the queue was full.
  [[nodiscard]] bool send(const Event& event) RT_SAFE {
    return event.due == Event::kNow ? data_->played.push(event) : data_->scheduled.push(event);
  }
  /// [control] What follows from all that was read of heard() and told has been sent by now. Who
  /// adopts a link says so once it has caught up. Offline it is asked again at the sample
  /// `look_at` of the engine's clock, to which it put work off.
  void settle(std::int64_t look_at = kNeverAgain) RT_SAFE {
    data_->look_at.store(look_at, std::memory_order_relaxed);
    data_->heard.settle();
    data_->told_settled.store(data_->told.popped(), std::memory_order_release);
  }
  /// [audio] Whether Python has settled all that it was told of.
  [[nodiscard]] bool is_settled() const RT_SAFE {
    return data_->heard.is_settled() &&
           data_->told_settled.load(std::memory_order_acquire) >= data_->told.pushed();
  }

  /// [audio, offline] So many samples from `now` on Python wants to be asked again, if that is
  /// within the next `samples`; else `samples`.
  [[nodiscard]] int until_look(std::int64_t now, int samples) const RT_SAFE {
    const std::int64_t at = data_->look_at.load(std::memory_order_relaxed);
    return at > now && at - now < samples ? static_cast<int>(at - now) : samples;
  }

  /// [control] Python is alive.
  void beat() RT_SAFE { data_->server_beat_ns.store(now_ns(), std::memory_order_relaxed); }

  [[nodiscard]] LinkData& data() noexcept { return *data_; }
  [[nodiscard]] const LinkData& data() const noexcept { return *data_; }
  [[nodiscard]] TakeStore& takes() noexcept { return takes_; }  // threads as there
  [[nodiscard]] RequestQueue& requests() noexcept { return data_->requests; }
  [[nodiscard]] HeardMessages& heard() noexcept { return data_->heard; }
  [[nodiscard]] Programs& programs() noexcept { return data_->programs; }
  [[nodiscard]] Counters& counters() noexcept { return data_->counters; }
  [[nodiscard]] LoadMeter& load() noexcept { return data_->load; }
  [[nodiscard]] Peaks& peaks() noexcept { return data_->peaks; }
  /// [any] Events that were refused because a queue was full, or made no sense.
  [[nodiscard]] std::int64_t events_dropped() const noexcept {
    return data_->played.refused() + data_->scheduled.refused() +
           data_->counters.unsound_events.get();
  }
  /// The descriptor of shared memory, to be handed to another process; Segment::kNoFile: private.
  [[nodiscard]] int file() const noexcept { return segment_.file(); }

 private:
  explicit Link(Segment segment) noexcept;

  Segment segment_;
  LinkData* data_ = nullptr;  // in the segment
  TakeStore takes_;
};

}  // namespace rtsynth
