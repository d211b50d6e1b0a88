// libFuzzer: the bounded queue against a std::deque that does the same.
#include "queue.h"

#include <cstdint>
#include <cstdlib>
#include <deque>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  rtsynth::SpscQueue<int, 8> queue;
  std::deque<int> model;
  std::int64_t refused = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] % 2 == 0) {
      const bool fits = model.size() < 8;
      if (queue.push(static_cast<int>(i)) != fits) std::abort();
      if (fits)
        model.push_back(static_cast<int>(i));
      else
        ++refused;
    } else {
      const int* head = queue.peek();
      if ((head == nullptr) != model.empty()) std::abort();
      if (head == nullptr) continue;
      if (*head != model.front()) std::abort();
      queue.pop();
      model.pop_front();
    }
    if (queue.refused() != refused) std::abort();
  }
  return 0;
}
