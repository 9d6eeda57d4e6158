// OpenBLAS in place of the reference BLAS that comes with libmlx.so.
//
// libmlx.so looks up `cblas_sgemm` when it is loaded, and finds this one before that of its own BLAS: this library is
// nearer to the program. The other BLAS and LAPACK functions stay what they are; no language model needs them.
#include <cstddef>
#include <cstdlib>

extern "C" {

// OpenBLAS as the wheel `scipy-openblas32` exports it, with 32-bit sizes.
void scipy_openblas_set_num_threads(int threads);

void scipy_cblas_sgemv(
    int order, int transpose, int rows, int columns,
    float alpha, const float* a, int lda,
    const float* x, int step_x,
    float beta, float* y, int step_y);

void scipy_cblas_sgemm(
    int order, int transpose_a, int transpose_b, int m, int n, int k,
    float alpha, const float* a, int lda,
    const float* b, int ldb,
    float beta, float* c, int ldc);

} // extern "C"

namespace {

constexpr int row_major = 101;
constexpr int as_is = 111;
constexpr int transposed = 112;

// A product of fewer rows goes row by row: `sgemm` first copies the whole of `b` into its own layout.
constexpr int few_rows = 8;

// MLX computes on one thread, and so does OpenBLAS, unless it is told otherwise. Its threads wait for each other by
// yielding in a loop, which costs milliseconds per product once the machine has other work, and a process that forks
// while they work hangs.
__attribute__((constructor)) void one_thread() {
  if (!std::getenv("OPENBLAS_NUM_THREADS")) {
    scipy_openblas_set_num_threads(1);
  }
}

} // namespace

// c = alpha * op(a) * op(b) + beta * c, with op(a) of m × k, op(b) of k × n.
extern "C" void cblas_sgemm(
    int order, int transpose_a, int transpose_b, int m, int n, int k,
    float alpha, const float* a, int lda,
    const float* b, int ldb,
    float beta, float* c, int ldc) {
  if (order != row_major || m >= few_rows || k == 0) {
    scipy_cblas_sgemm(
        order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  }
  // A row of the result is op(b), transposed, times a row of op(a).
  bool b_as_is = transpose_b == as_is;
  bool a_as_is = transpose_a == as_is;
  for (int row = 0; row < m; row++) {
    scipy_cblas_sgemv(
        row_major,
        b_as_is ? transposed : as_is,
        b_as_is ? k : n,
        b_as_is ? n : k,
        alpha, b, ldb,
        a + ptrdiff_t(row) * (a_as_is ? lda : 1),
        a_as_is ? 1 : lda,
        beta, c + ptrdiff_t(row) * ldc, 1);
  }
}
