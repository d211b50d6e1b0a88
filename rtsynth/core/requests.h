/// What the voices want from the generator, asked for once and again when it does not come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "queue.h"
#include "rt.h"
#include "takes.h"

namespace rtsynth {

struct Request {
  TakeId take;
  int first_frame = 0;
  std::uint8_t sounding = 0;  // 1: a voice plays a substitute or is about to run out
};

/// The way from the audio thread, which asks, to the generator, which reads.
class RequestQueue {
 public:
  static constexpr std::size_t kCapacity = 16384;  // 4,096 notes at once, four pages each

  /// [audio] False: full.
  [[nodiscard]] bool push(const Request& request) RT_SAFE { return queue_.push(request); }
  /// [generator] The oldest request in `request`; false: none. It may come from another process:
  /// what asks for no take that could be is passed over.
  [[nodiscard]] bool read(Request& request) RT_SAFE {
    while (const Request* head = queue_.peek()) {
      request = *head;
      queue_.pop();
      const bool whole = request.first_frame % int{kPageFrames} == 0;
      const bool inside = request.first_frame >= 0 && request.first_frame < kTakeFrames;
      if (request.take.is_sound() && whole && inside) return true;
    }
    return false;
  }
  /// [any] Requests that wait.
  [[nodiscard]] std::size_t size() const RT_SAFE { return queue_.size(); }
  /// [any]
  [[nodiscard]] std::int64_t refused() const RT_SAFE { return queue_.refused(); }

 private:
  SpscQueue<Request, kCapacity> queue_;
};

/// Who asks: it knows what it asked for lately.
class Requests {
 public:
  /// [control, stopped] The queue outlives it.
  void prepare(double rate_hz, RequestQueue& queue) {
    queue_ = &queue;
    again_samples_ = static_cast<std::int64_t>(kAgainS * rate_hz);
    asked_ = std::make_unique<Asked[]>(kEntries);
  }

  /// [audio] Asks for the pages from `ready` to `end`, those before `urgent_end` as sounding.
  void ask(TakeId take, int ready, int end, int urgent_end, std::int64_t now) RT_SAFE {
    Asked& asked = asked_[take.index()];
    const bool lately = now - asked.when < again_samples_;
    int page = lately && asked.end > ready ? asked.end : ready;
    if (page >= end) return;
    while (page < end && queue_->push({take, page * int{kPageFrames},
                                       static_cast<std::uint8_t>(page < urgent_end)}))
      ++page;
    asked = {now, page};
  }

  /// [audio, offline] Asks for the pages from `ready` to `end`, lately asked for or not.
  void insist(TakeId take, int ready, int end) RT_SAFE {
    for (int page = ready; page < end; ++page) {
      if (!queue_->push({take, page * int{kPageFrames}, 1})) return;
    }
  }

 private:
  static constexpr double kAgainS = 0.1;  // what has not come by then is asked for once more
  struct Asked {
    std::int64_t when = -(std::int64_t{1} << 40);
    int end = 0;  // pages asked for
  };
  std::unique_ptr<Asked[]> asked_;  // [audio]
  std::int64_t again_samples_ = 0;
  RequestQueue* queue_ = nullptr;
};

}  // namespace rtsynth
