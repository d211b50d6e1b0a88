#include "bind_link.h"

#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "bind_check.h"
#include "bind_stats.h"
#include "bind_wait.h"
#include "load_meter.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

constexpr std::int64_t kLatelyNs = 1'000'000'000;
constexpr std::size_t kDigestBytes = sizeof(LinkData::instrument);

nb::bytes instrument_of(const Link& link) {
  std::array<std::uint64_t, kDigestBytes / 8> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = link.data().instrument[i].load();
  return nb::bytes(words.data(), kDigestBytes);
}

void set_instrument(Link& link, const nb::bytes& digest) {
  check(digest.size() == kDigestBytes, "a digest has 32 bytes");
  std::array<std::uint64_t, kDigestBytes / 8> words{};
  std::memcpy(words.data(), digest.c_str(), kDigestBytes);
  for (std::size_t i = 0; i < words.size(); ++i) link.data().instrument[i].store(words[i]);
}

std::atomic<std::uint64_t>& slot_key(Link& link, int slot) {
  return link.data().slot_keys[static_cast<std::size_t>(slot_of(slot))];
}

/// Whether blocks wait for what Python does, and came but lately: some hosts leave it at that.
bool is_waiting(Link* link) {
  const LinkData& data = link->data();
  return data.offline.load() && now_ns() - data.audio_beat_ns.load() < kLatelyNs;
}

/// Places of those that have something to read.
std::vector<int> wait_any(const std::vector<Link*>& links, double wait_ms, bool requests,
                          bool heard) {
  for (const Link* link : links) check(link != nullptr, "None is no link");
  const bool waited_for = std::any_of(links.begin(), links.end(), is_waiting);
  std::vector<int> found;
  const nb::gil_scoped_release release;
  const auto look = [&] {
    for (std::size_t i = 0; i < links.size(); ++i) {
      Link& link = *links[i];
      link.beat();
      const bool asks = requests && link.requests().size() > 0;
      const bool tells = heard && (link.heard().size() > 0 || link.data().told.size() > 0);
      if (asks || tells) found.push_back(static_cast<int>(i));
    }
    return !found.empty();
  };
  static_cast<void>(wait_until(wait_ms, look, waited_for ? kSoonLook : kLook));
  return found;
}

}  // namespace

void bind_link(nb::module_& m, nb::class_<Link>& link) {
  m.attr("LINK_VERSION") = kLinkVersion;
  m.attr("ALL_TOLD") = HostValue::kAllTold;
  m.def("wait_any", &wait_any, "links"_a, "wait_ms"_a, "requests"_a = true, "heard"_a = true);
  link.def_static("adopt", &Link::adopt, "fd"_a, nb::call_guard<nb::gil_scoped_release>())
      .def("fileno", &Link::file)
      .def("stats", &stats_of)
      .def("reset_peaks",
           [](Link& l) {
             l.load().reset_peak();
             l.peaks().reset();
           })
      .def_prop_ro("rate_hz", [](Link& l) { return l.data().rate_hz.load(); })
      .def_prop_ro("polyphony", [](Link& l) { return l.data().polyphony.load(); })
      .def_prop_ro("offline", [](Link& l) { return l.data().offline.load(); })
      .def_prop_ro("audio_beat_ns", [](Link& l) { return l.data().audio_beat_ns.load(); })
      .def_prop_ro("server_beat_ns", [](Link& l) { return l.data().server_beat_ns.load(); })
      .def_prop_rw(
          "level_db", [](Link& l) { return l.data().level_db.load(); },
          [](Link& l, float level_db) { l.data().level_db.store(level_db); })
      .def_prop_rw("instrument", &instrument_of, &set_instrument)
      .def(
          "slot_key", [](Link& l, int slot) { return slot_key(l, slot).load(); }, "slot"_a)
      .def(
          "set_slot_key",
          [](Link& l, int slot, std::uint64_t key) { slot_key(l, slot).store(key); }, "slot"_a,
          "key"_a);
}

}  // namespace rtsynth
