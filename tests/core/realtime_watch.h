// Sees what the audio thread calls: a small real-time sanitizer for any compiler on Linux.
#pragma once

#include <cstdint>

namespace rtsynth {

/// Calls inside the audio thread (all threads together, since the program began) that allocate,
/// free, lock, wait, do input or output, or throw.
std::int64_t blocking_calls();

/// Was a function of this name among the first of them?
bool was_called(const char* function);

/// How often a thread came through the door of the audio thread (DenormalGuard in rt.h).
std::int64_t realtime_sections();

/// For a test that makes such calls on purpose: takes them out of the count.
void forgive_blocking_calls();

/// What is printed when the program ends; the name of the test that runs is kept with a call.
void watch_test(const char* name);
void print_blocking_calls();

}  // namespace rtsynth
