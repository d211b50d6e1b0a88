// libFuzzer: bytes become events, takes, dropped timbres and blocks of any size. Whatever comes
// that bind.cpp lets through, the samples are finite and within 1, nothing is lost uncounted, and
// after a panic nothing is held.
#include <fuzzer/FuzzedDataProvider.h>

#include <bit>

#include "helpers.h"
#include "holds.h"
#include "settings.h"

using namespace rtsynth;

namespace {

constexpr int kMostSteps = 300;
constexpr int kMostSamples = 5000;  // of one input: many short ones find more than few long ones
constexpr int kMostAhead = 400;
constexpr double kRates[] = {48000.0, 11025.0};

class Session {
 public:
  explicit Session(FuzzedDataProvider& data) : data_(data) {
    EngineConfig config;
    config.rate_hz = data.PickValueInArray(kRates);
    config.polyphony = data.ConsumeIntegralInRange(1, 6);
    config.arena_bytes = data.ConsumeIntegralInRange<std::size_t>(120, 1000) << 10;
    config.seed = data.ConsumeIntegral<std::uint8_t>();
    config.variation = data.ConsumeBool() ? 1.0F : 0.0F;
    engine_ = std::make_unique<Engine>(config);
    engine_->tap().turn(data.ConsumeBool());
  }

  void play() {
    for (int step = 0; step < kMostSteps && data_.remaining_bytes() > 0; ++step) one();
    silence();
  }

 private:
  void one() {
    switch (data_.ConsumeIntegralInRange(0, 15)) {
      case 0:
        put();
        break;
      case 1:
        (void)engine_->takes().drop_timbre(slot());
        break;
      case 2:
        setting();
        break;
      case 3:
        flood();
        break;
      case 4:
        for (Request r; engine_->requests().read(r);) {
          HOLDS(r.take.key >= 0 && r.take.key < kKeys);
          HOLDS(r.first_frame >= 0 && r.first_frame < kTakeFrames);
        }
        for (Trace::Row row; engine_->trace().read(row);) HOLDS(row.note < 16 * 128);
        break;
      case 5:
        drain_tap();
        break;
      case 6:
        if (rate_changes_++ < 2) engine_->set_rate(data_.PickValueInArray(kRates));
        break;
      case 7:
        registered();
        break;
      case 10:
        wild();
        break;
      case 8:
      case 9:
        render(data_.ConsumeIntegralInRange(0, 600));
        break;
      default:
        message();
        break;
    }
  }

  // Few of each, so that they meet.
  int slot() { return data_.PickValueInArray({0, 1, int{kTimbreSlots} - 1}); }
  int key() { return data_.PickValueInArray({0, 21, 60, 61, 108, kKeys - 1}); }

  std::int64_t due() {
    if (data_.ConsumeBool()) return Event::kNow;
    return engine_->counters().clock_samples.get() + data_.ConsumeIntegralInRange(-70, kMostAhead);
  }

  void sent(const Event& event) {
    if (!engine_->send(event)) ++refused_;
    HOLDS(engine_->events_dropped() - engine_->counters().unsound_events.get() == refused_);
  }

  void message() {
    Event event;
    event.status = static_cast<std::uint8_t>(0x80 | data_.ConsumeIntegral<std::uint8_t>());
    const int any = 0x7F & data_.ConsumeIntegral<std::uint8_t>();
    const bool holds = (event.status & 0xF0) == 0xB0 && any % 2 == 0;
    event.data1 = static_cast<std::uint8_t>(event.status < 0xA0 ? key()
                                            : holds             ? any_pedal(data_)
                                                                : any);
    event.data2 = static_cast<std::uint8_t>(0x7F & data_.ConsumeIntegral<std::uint8_t>());
    event.due = due();
    if (event.due == Event::kNow && data_.ConsumeBool()) {
      event.live_ns = now_ns_ + data_.ConsumeIntegralInRange<std::int64_t>(-50'000'000, 50'000'000);
    }
    sent(event);
  }

  /// Zones, tuning and ranges, on the channels that they mean most on.
  void registered() {
    Event event;
    event.status = static_cast<std::uint8_t>(0xB0 | data_.PickValueInArray({0, 1, 9, 15}));
    event.due = due();
    for (const auto& [controller, value] : any_registered(data_)) {
      event.data1 = static_cast<std::uint8_t>(controller);
      event.data2 = static_cast<std::uint8_t>(value);
      sent(event);
    }
  }

  /// As from another process that has gone mad.
  void wild() {
    Event event;
    event.kind = static_cast<Event::Kind>(data_.ConsumeIntegral<std::uint8_t>());
    event.status = data_.ConsumeIntegral<std::uint8_t>();
    event.data1 = data_.ConsumeIntegral<std::uint8_t>();
    event.data2 = data_.ConsumeIntegral<std::uint8_t>();
    event.value = std::bit_cast<float>(data_.ConsumeIntegral<std::uint32_t>());
    event.live_ns = data_.ConsumeBool() ? data_.ConsumeIntegral<std::int64_t>() : 0;
    event.change = data_.ConsumeIntegral<std::int32_t>();
    if (event.kind == Event::Kind::kIgnore || event.live_ns > now_ns_) return;  // hides the rest
    sent(event);
  }

  void setting() {
    Event event = any_setting(data_, slot(), key());
    event.due = due();
    sent(event);
  }

  /// More than the queue holds: what does not fit is refused, counted, and nothing else happens.
  void flood() {
    if (flooded_) return;
    flooded_ = true;
    Event event;
    event.status = 0xB0;
    event.data1 = 1;
    event.due = due();
    for (int i = 0; i < 17000; ++i) sent(event);
    HOLDS(refused_ > 0);
  }

  float odd_value(float low, float high) {
    switch (data_.ConsumeIntegralInRange(0, 20)) {
      case 0:
        return std::nanf("");
      case 1:
        return INFINITY;
      case 2:
        return -INFINITY;
      case 3:
        return data_.ConsumeFloatingPoint<float>();
      default:
        return data_.ConsumeFloatingPointInRange(low, high);
    }
  }

  void put() {
    TakeSpec spec = dense_spec(odd_value(-200.0F, 10.0F));
    spec.pages = data_.ConsumeIntegralInRange(1, 5);
    spec.gain_db = odd_value(-60.0F, 12.0F);
    spec.inharmonicity_log10 = odd_value(-8.0F, -2.0F);
    spec.tail_db_per_s = odd_value(-300.0F, 0.0F);
    spec.release_db_per_s = odd_value(-900.0F, 0.0F);
    spec.width = odd_value(0.0F, 1.0F);
    spec.detune_cents[data_.ConsumeIntegralInRange<std::size_t>(0, kDetunedPartials - 1)] =
        odd_value(-600.0F, 600.0F);
    const float top = odd_value(-100.0F, 60.0F);
    const float wide = odd_value(-200.0F, 200.0F);
    spec.level = [top](int frame, std::size_t value) {
      return (static_cast<int>(value) + frame) % 9 == 0 ? top : -60.0F;
    };
    spec.cents = [wide](int frame) { return frame % 5 == 0 ? wide : 0.0F; };
    const TakeId id{slot(), key(), data_.PickValueInArray({0, 4, int{kVelocityLayers} - 1})};
    const int before = engine_->takes().pages_of(id);
    const int first =
        data_.ConsumeBool() ? before : data_.ConsumeIntegralInRange(0, int{kTakePages});
    const bool done = put_take(engine_->takes(), id, spec, first);
    HOLDS(!done || engine_->takes().pages_of(id) >= first + spec.pages);
    HOLDS(engine_->takes().pages_of(id) >= before);
    HOLDS(engine_->takes().used_bytes() <= engine_->takes().arena_bytes());
  }

  void drain_tap() {
    std::vector<float> out(2 * 512);
    for (std::int64_t sample = 0; engine_->tap().read(out.data(), 512, sample) > 0;) {
    }
  }

  std::vector<float> render(int samples, bool live = true) {
    if (live && rendered_ > kMostSamples) return {};
    rendered_ += samples;
    std::vector<float> out(2 * static_cast<std::size_t>(samples));  // its end is watched by ASan
    now_ns_ += data_.ConsumeIntegralInRange<std::int64_t>(0, 30'000'000);
    const LiveWindow window =
        live && data_.ConsumeBool() ? engine_->live_clock().next(now_ns_, samples) : LiveWindow{};
    engine_->render(out.data(), samples, window);
    for (const float x : out) HOLDS(std::isfinite(x) && std::abs(x) <= 1.0F);
    HOLDS(engine_->counters().nonfinite.get() == 0);
    return out;
  }

  void silence() {
    // A queue that is full refuses even a panic: first what it holds is played.
    for (int done = 0; done <= 2 * kMostAhead; done += 500) render(500, false);
    Event panic;
    panic.kind = Event::Kind::kPanic;
    sent(panic);
    const int fade = static_cast<int>(engine_->config().rate_hz / 10.0);
    for (int done = 0; done < fade; done += 500) render(500, false);
    HOLDS(engine_->counters().voices.get() == 0);
    for (const float x : render(500, false)) HOLDS(x == 0.0F);  // neither is a tail left
    for (int timbre = 0; timbre < int{kTimbreSlots}; ++timbre) {
      HOLDS(engine_->takes().drop_timbre(timbre) == 0);
    }
    HOLDS(engine_->takes().used_bytes() == 0);
    HOLDS(engine_->takes().takes() == 0);
    no_pedal_is_down();
  }

  /// After a panic: a note without any frames ends as soon as nothing holds it.
  void no_pedal_is_down() {
    for (int channel = 0; channel < kChannels; ++channel) {
      HOLDS(rtsynth::send(*engine_, 0x90 + channel, 60, 100));
      HOLDS(rtsynth::send(*engine_, 0x80 + channel, 60, 0));
    }
    for (int i = 0; i < 3; ++i) render(kTickSamples, false);
    HOLDS(engine_->counters().voices.get() == 0);
  }

  FuzzedDataProvider& data_;
  std::unique_ptr<Engine> engine_;
  std::int64_t refused_ = 0;
  std::int64_t now_ns_ = 1'000'000'000;
  int rendered_ = 0;
  int rate_changes_ = 0;
  bool flooded_ = false;
};

}  // namespace

/// Noise tables are shared while an engine has them: made once, before any input is timed.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  static std::vector<std::shared_ptr<const NoiseTables>> tables;
  for (const double rate_hz : kRates) tables.push_back(noise_tables(rate_hz));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  Session(data).play();
  return 0;
}
