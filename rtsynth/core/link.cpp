#include "link.h"

#include <memory>
#include <stdexcept>
#include <utility>

namespace rtsynth {
namespace {

constexpr std::size_t kTakesAt = (sizeof(LinkData) + kCacheLine - 1) / kCacheLine * kCacheLine;

TakeLayout layout_of(const LinkHead& head) {
  return {static_cast<FrameFormat>(head.frame_bits), static_cast<std::size_t>(head.pages)};
}

void insist(bool good, const char* message) {
  if (!good) throw std::runtime_error(message);
}

/// Of memory that may be anything: all that later reads rely on.
void check(const Segment& segment) {
  insist(segment.bytes() >= sizeof(LinkData), "too small to be a link");
  const LinkHead head = reinterpret_cast<const LinkData*>(segment.data())->head;
  insist(head.magic == LinkHead::kMagic, "not a link");
  insist(head.version == kLinkVersion, "a link of another version of rtsynth");
  insist(head.contract == kContractVersion, "a link of another version of the contract");
  const TakeLayout layout = layout_of(head);
  insist(head.takes_at == kTakesAt && head.entry_bytes == sizeof(TakeHeader) && layout.is_sound() &&
             head.bytes == segment.bytes() && kTakesAt + layout.bytes() == segment.bytes(),
         "a link of other sizes");
}

}  // namespace

Link::Link(std::size_t arena_bytes, FrameFormat frames, Memory memory) {
  const TakeLayout layout = TakeLayout::of(arena_bytes, frames);
  const std::size_t bytes = kTakesAt + layout.bytes();
  segment_ = memory == Memory::kShared ? Segment::make_shared(bytes) : Segment::make(bytes);
  data_ = std::construct_at(reinterpret_cast<LinkData*>(segment_.data()));
  data_->programs.clear();
  takes_.make(segment_.data() + kTakesAt, layout);
  LinkHead& head = data_->head;
  head.contract = kContractVersion;
  head.bytes = bytes;
  head.takes_at = kTakesAt;
  head.entry_bytes = sizeof(TakeHeader);
  head.pages = layout.pages;
  head.frame_bits = static_cast<std::uint32_t>(frames);
}

Link::Link(Segment segment) noexcept
    : segment_(std::move(segment)), data_(reinterpret_cast<LinkData*>(segment_.data())) {}

Link Link::adopt(int file) {
  Segment segment = Segment::open(file);
  check(segment);
  Link link(std::move(segment));
  link.takes_.attach(link.segment_.data() + kTakesAt, layout_of(link.data_->head));
  link.takes_.recover();
  return link;
}

}  // namespace rtsynth
