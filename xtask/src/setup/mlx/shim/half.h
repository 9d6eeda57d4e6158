// The half-precision types of mlx-c as bindgen should see them: bits, on every processor.
// Stands in for mlx/c/half.h, which declares them on 64-bit Arm alone and by way of the compiler's own headers.
#define MLX_HALF_H
#define HAS_FLOAT16
#define HAS_BFLOAT16
typedef unsigned short float16_t;
typedef unsigned short bfloat16_t;
