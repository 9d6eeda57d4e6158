// The half-precision accessors that mlx-rs calls on every processor and mlx-c defines on 64-bit Arm alone.
// They hand out bits: mlx-rs gives them their type.
#include <cstdint>
#include <cstring>

#include "mlx/c/array.h"
#include "mlx/c/error.h"
#include "mlx/c/private/mlx.h"

namespace {

template <class Half>
int item_bits(uint16_t* bits, mlx_array array) {
  try {
    Half value = mlx_array_get_(array).item<Half>();
    static_assert(sizeof(value) == sizeof(*bits));
    std::memcpy(bits, &value, sizeof(value));
    return 0;
  } catch (const std::exception& e) {
    mlx_error(e.what());
    return 1;
  }
}

} // namespace

extern "C" {

#ifndef HAS_FLOAT16
int mlx_array_item_float16(uint16_t* bits, const mlx_array array) {
  return item_bits<mlx::core::float16_t>(bits, array);
}

const uint16_t* mlx_array_data_float16(const mlx_array array) {
  return mlx_array_data_uint16(array);
}
#endif

#ifndef HAS_BFLOAT16
int mlx_array_item_bfloat16(uint16_t* bits, const mlx_array array) {
  return item_bits<mlx::core::bfloat16_t>(bits, array);
}

const uint16_t* mlx_array_data_bfloat16(const mlx_array array) {
  return mlx_array_data_uint16(array);
}
#endif

} // extern "C"
