// A check that ends the fuzzer with the line that failed.
#pragma once

#include <cstdio>
#include <cstdlib>

#define HOLDS(condition)                                                 \
  do {                                                                   \
    if (!(condition)) {                                                  \
      std::fprintf(stderr, "FUZZ: %s, line %d\n", #condition, __LINE__); \
      std::abort();                                                      \
    }                                                                    \
  } while (false)
