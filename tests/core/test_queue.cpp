// The bounded queue between two threads.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "helpers.h"
#include "queue.h"

using namespace rtsynth;

TEST_CASE("a full queue refuses and counts, and loses nothing that it took") {
  SpscQueue<int, 4> queue;
  CHECK(queue.peek() == nullptr);
  for (int i = 0; i < 4; ++i) CHECK(queue.push(i));
  CHECK_FALSE(queue.push(4));
  CHECK_FALSE(queue.push(5));
  CHECK(queue.refused() == 2);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(queue.peek() != nullptr);
    CHECK(*queue.peek() == i);
    queue.pop();
  }
  CHECK(queue.peek() == nullptr);
}

TEST_CASE("a count of the other side's that cannot be ends no loop and shows nothing") {
  SpscQueue<int, 4> queue;
  REQUIRE(queue.push(1));
  auto* const written = reinterpret_cast<std::atomic<std::uint64_t>*>(&queue);  // it lies first
  REQUIRE(written->load() == 1);
  for (const std::uint64_t odd : {std::uint64_t{6}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    written->store(odd);
    CHECK(queue.peek() == nullptr);
    CHECK(queue.peek(2) == nullptr);
    CHECK(queue.size() == 4);
    CHECK_FALSE(queue.push(2));
  }
  written->store(1);
  REQUIRE(queue.peek() != nullptr);
  CHECK(*queue.peek() == 1);
}

TEST_CASE("two threads: everything arrives once, in order and whole") {
  struct Item {
    std::int64_t number = 0;
    std::int64_t check[6] = {};
  };
  constexpr std::int64_t kItems = 200000;
  static SpscQueue<Item, 64> queue;
  std::thread producer([] {
    for (std::int64_t i = 0; i < kItems;) {
      Item item;
      item.number = i;
      for (auto& c : item.check) c = i * 3;
      if (queue.push(item))
        ++i;
      else
        std::this_thread::yield();
    }
  });
  std::int64_t next = 0;
  std::int64_t wrong = 0;
  while (next < kItems) {
    const Item* item = queue.peek();
    if (item == nullptr) {
      std::this_thread::yield();
      continue;
    }
    if (item->number != next) ++wrong;
    for (const auto c : item->check) wrong += c != next * 3;
    queue.pop();
    ++next;
  }
  producer.join();
  CHECK(wrong == 0);
  CHECK(queue.peek() == nullptr);
}
