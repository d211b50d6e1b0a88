// The generator's part of a Link.
#include <array>
#include <vector>

#include "bind_arrays.h"
#include "bind_check.h"
#include "bind_link.h"
#include "bind_wait.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

using FramesIn =
    nb::ndarray<const float, nb::shape<-1, kFrameValues>, nb::c_contig, nb::device::cpu>;
using NoteIn = nb::ndarray<const float, nb::shape<kNoteValues>, nb::c_contig, nb::device::cpu>;

/// Timbres from kTimbreSlots on are those of the middle takes.
TakeId take_id(int timbre, int key, int layer) {
  check(timbre >= 0 && timbre < 2 * static_cast<int>(kTimbreSlots), "no such timbre slot");
  check(key >= 0 && key < kKeys, "keys are 0..127");
  check(layer >= 0 && layer < static_cast<int>(kVelocityLayers), "no such velocity layer");
  return {timbre, key, layer};
}

nb::object read_requests(Link& link, int limit, double wait_ms) {
  std::vector<std::array<std::int32_t, 5>> rows;
  {
    const nb::gil_scoped_release release;
    static_cast<void>(wait_until(wait_ms, [&] {
      link.beat();
      Request r;
      while (static_cast<int>(rows.size()) < limit && link.requests().read(r)) {
        rows.push_back(
            {r.take.timbre, r.take.key, r.take.layer, r.first_frame, r.sounding != 0 ? 1 : 0});
      }
      return !rows.empty();
    }));
  }
  return as_array(rows);
}

bool put(Link& link, int timbre, int key, int layer, int first_frame, const FramesIn& frames,
         const NoteIn& note) {
  const TakeId id = take_id(timbre, key, layer);
  const int page = static_cast<int>(kPageFrames);
  check(first_frame >= 0 && first_frame % page == 0,
        "first_frame must be a multiple of PAGE_FRAMES");
  check(frames.shape(0) % kPageFrames == 0, "frames must be whole pages");
  const nb::gil_scoped_release release;
  return link.takes().put(id, first_frame / page, {frames.data(), frames.size()},
                          {note.data(), note.size()});
}

nb::object read_reading(Link& link, int timbre) {
  std::vector<std::array<std::int32_t, 3>> rows;
  for (const Reading& r : link.takes().reading(slot_of(timbre))) {
    rows.push_back({r.key, r.layer, r.frame});
  }
  return as_array(rows);
}

/// Two float arrays, or None.
nb::object read_first_page(Link& link, int timbre, int key, int layer) {
  std::vector<std::array<float, kFrameValues>> frames(kPageFrames);
  std::vector<std::array<float, kNoteValues>> note(1);
  const TakeId id = {slot_of(timbre), take_id(timbre, key, layer).key, layer};
  if (!link.takes().first_page(id, {frames[0].data(), kPageValues}, note[0])) return nb::none();
  return nb::make_tuple(as_array(frames), as_array(note));
}

}  // namespace

void bind_takes(nb::class_<Link>& link) {
  link.def("requests", &read_requests, "limit"_a, "wait_ms"_a)
      .def("put", &put, "timbre"_a, "key"_a, "layer"_a, "first_frame"_a, "frames"_a, "note"_a)
      .def(
          "frames_ready",
          [](Link& l, int timbre, int key, int layer) {
            return l.takes().pages_of(take_id(timbre, key, layer)) * static_cast<int>(kPageFrames);
          },
          "timbre"_a, "key"_a, "layer"_a)
      .def(
          "drop",
          [](Link& l, int timbre, int key, int layer) {
            l.takes().drop(take_id(timbre, key, layer));
          },
          "timbre"_a, "key"_a, "layer"_a)
      .def("first_page", &read_first_page, "timbre"_a, "key"_a, "layer"_a)
      .def("reading", &read_reading, "timbre"_a)
      .def(
          "drop_timbre", [](Link& l, int timbre) { return l.takes().drop_timbre(slot_of(timbre)); },
          "timbre"_a);
}

}  // namespace rtsynth
