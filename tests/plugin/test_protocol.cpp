// Frames whole and in pieces, and what is no frame.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "protocol.h"

using namespace rtsynth::plugin;

TEST_CASE("frames are found in a stream, however it is cut") {
  const std::string stream = pack(FrameKind::kLog, "one") + pack(FrameKind::kState, "") +
                             pack(FrameKind::kState, std::string(5000, 'x'));
  for (const std::size_t size : {1U, 3U, 8U, 11U, 6000U}) {
    FrameReader reader;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      CHECK(reader.feed(std::string_view(stream).substr(at, size)));
      while (const auto frame = reader.next()) found.push_back(frame->payload);
    }
    CHECK(found == std::vector<std::string>{"one", "", std::string(5000, 'x')});
  }
}

TEST_CASE("an unknown kind, a plugin's own, or a length beyond reason is not the protocol") {
  CHECK_FALSE(FrameReader().feed(pack(FrameKind::kHello, "")));
  CHECK_FALSE(FrameReader().feed(pack(static_cast<FrameKind>(99), "")));
  std::string vast = pack(FrameKind::kLog, "");
  vast[3] = '\x7F';
  CHECK_FALSE(FrameReader().feed(vast));
  FrameReader reader;
  CHECK(reader.feed(pack(FrameKind::kLog, "good") + vast));
  CHECK(reader.next()->payload == "good");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.feed(""));
}

TEST_CASE("lists of names are read from JSON") {
  using Names = std::vector<std::string>;
  CHECK(strings_of("[]").empty());
  CHECK(strings_of(R"( ["a", "b c" ,"\"\\\n\u00e4\ud83c\udfb9"] )") ==
        Names{"a", "b c", "\"\\\n\xC3\xA4\xF0\x9F\x8E\xB9"});
  CHECK(strings_of(R"([1, null, "a", {"b": ["c"]}, -2.5e3, true])") == Names{"a"});
  const char* object = R"({"version": 1, "instrument": {"name": "x", "presets": ["no"]},
                           "presets": ["one", "two"], "more": [[]]})";
  CHECK(strings_of(object, "presets") == Names{"one", "two"});
  CHECK(strings_of(object, "nothing").empty());
  for (const char* bad : {"", "[", "[\"a", "[\"\\x\"]", "[\"a\" \"b\"]", "{", "{\"presets\"", "7",
                          "[\"\\ud800\\u0041\"]", "[\"\\u12\"]", "[,]"}) {
    CAPTURE(bad);
    CHECK(strings_of(bad).empty());
    CHECK(strings_of(bad, "presets").empty());
  }
  CHECK(strings_of(std::string(100000, '[')).empty());
}

TEST_CASE("a host of any name can say hello") {
  CHECK(json_of({7, "CLAP", "a \"host\"\n\xC3"}) ==
        "{\"version\": 2, \"pid\": 7, \"format\": \"CLAP\", \"host\": \"a \\\"host\\\"\?\?\"}");
}

TEST_CASE("a line that is too long ends with a whole character") {
  const std::string umlauts = [] {
    std::string text = "x";
    for (int i = 0; i < 400; ++i) text += "\xC3\xA4";
    return text;
  }();
  CHECK(one_line(umlauts) == umlauts.substr(0, 499));
  CHECK(one_line("a\nb\tc") == "a b c");
  CHECK(one_line(std::string(600, '\x80')).empty());
}

TEST_CASE("random bytes are read without harm") {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    FrameReader reader;
    std::string bytes = round % 2 == 0 ? pack(FrameKind::kState, "abc") : "";
    for (int i = static_cast<int>(random() % 60); i > 0; --i) {
      bytes.push_back(static_cast<char>(random() % (round % 3 == 0 ? 24 : 256)));
    }
    bool good = true;
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      good = reader.feed(std::string_view(bytes).substr(at, 7));
      while (reader.next()) {
      }
    }
    static_cast<void>(strings_of(bytes));
    static_cast<void>(strings_of("{\"a\": " + bytes, "b"));
    CHECK(one_line(bytes).find('\n') == std::string::npos);
    static_cast<void>(good);
  }
}
