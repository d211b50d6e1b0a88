/// Memory for a Link: a process's own, or one that another process may map as well.
#pragma once

#include <cstddef>

namespace rtsynth {

/// A shared one has no name: nothing is left behind whoever is killed. Its size is sealed where the
/// system can do that, so that the other side cannot take pages away that the audio thread reads.
class Segment {
 public:
  static constexpr int kNoFile = -1;

  Segment() = default;
  /// [control] Private, zeroed as far as it is not written to. Throws std::bad_alloc.
  [[nodiscard]] static Segment make(std::size_t bytes);
  /// [control] Shared, all of it there (no page fault later). Throws std::runtime_error.
  [[nodiscard]] static Segment make_shared(std::size_t bytes);
  /// [control] One that another process of the same user made; `file` stays the caller's. Throws
  /// std::runtime_error: another user's, not sealed, or no memory at all.
  [[nodiscard]] static Segment open(int file);
  ~Segment();
  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) noexcept;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// The descriptor of a shared one, to be handed on; the segment's own.
  [[nodiscard]] int file() const noexcept { return file_; }

 private:
  Segment(std::byte* data, std::size_t bytes, int file) noexcept
      : data_(data), bytes_(bytes), file_(file) {}

  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  int file_ = kNoFile;
};

}  // namespace rtsynth
