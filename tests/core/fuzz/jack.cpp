// libFuzzer: a JACK client's periods of any size, with messages of any bytes, lengths and places,
// and a server that has no buffer or loses a message. Whatever comes, the samples are finite and
// within 1, nothing beyond a message or a period is touched, and Python hears of just what it
// should.
#include <fuzzer/FuzzedDataProvider.h>

#include "helpers.h"
#include "holds.h"
#include "jack_process.h"

using namespace rtsynth;

namespace {

constexpr int kMostPeriods = 40;
constexpr int kMostSamples = 9000;  // of one input: a longest period and some short ones
constexpr std::uint32_t kMostPeriod = 8192;
constexpr std::size_t kMostEvents = 4096;  // JackProcess::kMostEvents: what is behind is lost

/// A message; its bytes end where its memory ends, and ASan watches there.
struct Message {
  std::uint32_t time = 0;
  std::unique_ptr<unsigned char[]> bytes;
  std::size_t size = 0;
  bool lost = false;  // jack_midi_event_get fails

  [[nodiscard]] bool is_played() const {
    if (lost || size == 0 || bytes[0] < 0x80 || bytes[0] >= 0xF0) return false;
    return size == ((bytes[0] & 0xE0) == 0xC0 ? 2U : 3U);
  }
};

struct Port {
  std::vector<Message> messages;
  std::uint32_t count = 0;   // more than there are: they come again
  std::vector<float> sound;  // as long as the period, one sample at least
  bool is_midi = false;
  bool is_there = true;
};

JackLibrary library() {
  JackLibrary made{};
  made.port_get_buffer = [](void* port, std::uint32_t) -> void* {
    auto* mine = static_cast<Port*>(port);
    if (!mine->is_there) return nullptr;
    return mine->is_midi ? static_cast<void*>(mine) : static_cast<void*>(mine->sound.data());
  };
  made.midi_get_event_count = [](void* port) { return static_cast<Port*>(port)->count; };
  made.midi_event_get = [](JackMidiEvent* event, void* port, std::uint32_t index) {
    const auto& messages = static_cast<Port*>(port)->messages;
    const Message& message = messages[index % messages.size()];
    if (message.lost) return 1;
    *event = {message.time, message.size, message.bytes.get()};
    return 0;
  };
  return made;
}

class Session {
 public:
  explicit Session(FuzzedDataProvider& data) : data_(data) {
    EngineConfig config;
    config.polyphony = 6;
    config.arena_bytes = std::size_t{1} << 20;
    engine_ = std::make_unique<Engine>(config);
    process_ =
        std::make_unique<JackProcess>(*engine_, library(), JackPorts{&midi_, &left_, &right_});
    midi_.is_midi = true;
    TakeSpec spec = dense_spec();
    spec.pages = 2;
    for (const int slot : {0, 1}) {
      for (const int key : {60, 61}) HOLDS(put_take(engine_->takes(), {slot, key, 6}, spec));
    }
    for (auto& slot : slots_) slot = Programs::kNoSlot;
  }

  void play() {
    for (int i = 0; i < kMostPeriods && data_.remaining_bytes() > 0; ++i) {
      if (data_.ConsumeIntegralInRange(0, 7) == 0) learn();
      if (data_.ConsumeIntegralInRange(0, 7) == 0) process_->dropped_out();
      period();
      if (data_.ConsumeBool()) hear();
    }
    hear();
    const HeardMessages& heard = engine_->heard();
    HOLDS(heard_ + heard.refused() + heard.moves_refused() == due_);
  }

 private:
  void learn() {
    hear();  // what came before had the older slot
    const int channel = data_.ConsumeIntegralInRange(0, kChannels - 1);
    const int program = data_.ConsumeIntegralInRange(0, 127);
    const auto slot = static_cast<std::int16_t>(data_.ConsumeIntegralInRange(-1, 1));
    engine_->programs().set(channel, program, slot);
    slots_[static_cast<std::size_t>(channel * 128 + program)] = slot;
  }

  void message(std::uint32_t samples) {
    Message made;
    made.time = data_.ConsumeBool() ? data_.ConsumeIntegralInRange(0U, samples)
                                    : data_.ConsumeIntegral<std::uint32_t>();
    made.lost = data_.ConsumeIntegralInRange(0, 15) == 0;
    std::vector<unsigned char> bytes;
    if (data_.ConsumeBool()) {
      const int status = 0x80 + data_.ConsumeIntegralInRange(0, 0x7F);
      const int key = data_.PickValueInArray({60, 61, 127, 255});
      bytes = {static_cast<unsigned char>(status), static_cast<unsigned char>(key),
               data_.ConsumeIntegral<unsigned char>()};
      bytes.resize(data_.PickValueInArray({3, 3, 3, 2, 1}));
    } else {
      bytes = data_.ConsumeBytes<unsigned char>(data_.ConsumeIntegralInRange<std::size_t>(0, 9));
    }
    made.size = bytes.size();
    if (made.size > 0) {
      made.bytes = std::make_unique<unsigned char[]>(made.size);
      std::copy(bytes.begin(), bytes.end(), made.bytes.get());
    }
    midi_.messages.push_back(std::move(made));
  }

  void period() {
    std::uint32_t samples = data_.PickValueInArray({0U, 1U, 64U, 255U, kMostPeriod});
    if (data_.ConsumeBool()) samples = data_.ConsumeIntegralInRange(0U, kMostPeriod);
    if (rendered_ + static_cast<int>(samples) > kMostSamples) samples %= 64;
    rendered_ += static_cast<int>(samples);
    midi_.messages.clear();
    for (int i = data_.ConsumeIntegralInRange(0, 6); i > 0; --i) message(samples);
    midi_.count = static_cast<std::uint32_t>(midi_.messages.size());
    if (midi_.count > 0 && data_.ConsumeIntegralInRange(0, 15) == 0) midi_.count = 5000;
    for (Port* port : {&midi_, &left_, &right_}) {
      port->is_there = data_.ConsumeIntegralInRange(0, 15) != 0;
      port->sound.assign(std::max(samples, 1U), 7.0F);
      port->sound.shrink_to_fit();
    }
    process_->process(samples);
    if (left_.is_there && right_.is_there) after(samples);
    if (samples == 0) HOLDS(left_.sound[0] == 7.0F && right_.sound[0] == 7.0F);
  }

  void after(std::uint32_t samples) {
    for (std::uint32_t i = 0; i < samples; ++i) {
      for (const float x : {left_.sound[i], right_.sound[i]}) {
        HOLDS(std::isfinite(x) && std::abs(x) <= 1.0F);
      }
    }
    HOLDS(engine_->counters().nonfinite.get() == 0);
    std::size_t used = 0;
    for (std::uint32_t i = 0; midi_.is_there && i < midi_.count && used < kMostEvents; ++i) {
      const Message& message = midi_.messages[i % midi_.messages.size()];
      if (!message.is_played()) continue;
      ++due_;
      ++used;
    }
  }

  void hear() {
    std::uint64_t next = 0;
    for (Heard row; engine_->heard().read(row);) {
      HOLDS(row.number >= next && row.sample >= -1 && row.sample < std::max(rendered_, 1));
      next = row.number + 1;
      if (row.status == 0xF0) {
        exclusive(row.length);
        continue;
      }
      ++heard_;
      HOLDS(row.status >= 0x80 && row.status < 0xF0 && row.data1 < 128 && row.data2 < 128);
      if ((row.status & 0xF0) != 0xC0) continue;
      HOLDS(row.slot == slots_[static_cast<std::size_t>((row.status & 0x0F) * 128 + row.data1)]);
    }
  }

  void exclusive(std::size_t length) {
    HOLDS(length > 0 && length <= 9);
    std::array<unsigned char, 9> bytes{};
    engine_->heard().read_sysex({bytes.data(), length});
    HOLDS(bytes[0] < 0x80 || bytes[0] == 0xF0 || bytes[0] == 0xF7);
  }

  FuzzedDataProvider& data_;
  std::unique_ptr<Engine> engine_;
  Port midi_, left_, right_;
  std::unique_ptr<JackProcess> process_;
  std::array<std::int16_t, std::size_t{kChannels} * 128> slots_{};
  std::int64_t due_ = 0;
  std::int64_t heard_ = 0;
  int rendered_ = 0;
};

}  // namespace

/// Noise tables are shared while an engine has them: made once, before any input is timed.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  static const auto tables = noise_tables(kRate);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  Session(data).play();
  return 0;
}
