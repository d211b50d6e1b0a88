/// Arrays that Python keeps.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <array>
#include <vector>

namespace rtsynth {

/// An array that owns rows of `kColumns`.
template <class T, std::size_t kColumns>
nanobind::object as_array(const std::vector<std::array<T, kColumns>>& rows) {
  auto* values = new std::vector<std::array<T, kColumns>>(rows);
  const nanobind::capsule owner(values, [](void* p) noexcept {
    delete static_cast<std::vector<std::array<T, kColumns>>*>(p);
  });
  using Array = nanobind::ndarray<nanobind::numpy, T, nanobind::shape<-1, kColumns>>;
  return nanobind::cast(Array(values->data(), {values->size(), kColumns}, owner));
}

}  // namespace rtsynth
