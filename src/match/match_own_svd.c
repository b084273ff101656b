/* match_own_svd.c - the directions in which rows of terms vary most. See match_own_int.h.
 *
 * Randomised subspace iteration on the side of the columns: V is a table of columns x width, and
 * each pass makes A'(A V), row by row, then an orthonormal basis of it. With as many passes as here
 * the directions are those of the exact decomposition but for the last few. All sums run in one
 * order, so every processor gives the same bytes.
 */
#include "match/match_own_int.h"

#include <math.h>
#include <string.h>

enum {
    PASSES = 4,
    SPARE = 16,      /* Directions beyond those wanted, which makes the wanted ones sharper. */
    SWEEPS_MAX = 30, /* Of Jacobi's method; some eight do. */
    TOLD_ROWS = 4096,
    BLOCK = 256, /* Rows whose products are added up in four bytes before they are in eight. */
};

/* The narrow side's basis while it is being found. */
typedef struct Basis {
    size_t columns, width;
    float *now, *next; /* columns x width. */
    float *row;        /* Of width. */
    double *gram;      /* width x width, */
    float *block;      /* and its part of a few rows. */
} Basis;

static float *row_of(float *table, const Basis *basis, size_t at)
{
    return table + at * basis->width;
}

/* to += weight * from */
static void add_row(float *restrict to, const float *restrict from, float weight, size_t width)
{
    for (size_t i = 0; i < width; i++)
        to[i] += weight * from[i];
}

/* 1 and -1 by chance, which are as good a beginning as normally distributed numbers. */
static void fill_random(Basis *basis, u64 seed)
{
    Chance chance = {.seeded = true, .state = seed};
    u64 bits = 0;
    for (size_t i = 0; i < basis->columns * basis->width; i++) {
        bits = i % 64 ? bits >> 1 : chance_u64(&chance);
        basis->now[i] = bits & 1 ? 1 : -1;
    }
}

/* next = A' A now. */
static bool apply(Basis *basis, const SparseRows *rows, OwnTold told, void *context, int pass)
{
    size_t width = basis->width;
    memset(basis->next, 0, basis->columns * width * sizeof *basis->next);
    for (size_t r = 0; r < rows->row_count; r++) {
        if (r % TOLD_ROWS == 0 && told &&
            !told(context,
                  (int)(100 * ((size_t)pass * rows->row_count + r) / (PASSES * rows->row_count))))
            return false;
        memset(basis->row, 0, width * sizeof *basis->row);
        for (u64 i = rows->from[r]; i < rows->from[r + 1]; i++)
            add_row(basis->row, row_of(basis->now, basis, rows->columns[i]), rows->weights[i],
                    width);
        for (u64 i = rows->from[r]; i < rows->from[r + 1]; i++)
            add_row(row_of(basis->next, basis, rows->columns[i]), basis->row, rows->weights[i],
                    width);
    }
    return true;
}

static void add_block(Basis *basis)
{
    for (size_t i = 0; i < basis->width * basis->width; i++)
        basis->gram[i] += (double)basis->block[i];
    memset(basis->block, 0, basis->width * basis->width * sizeof *basis->block);
}

/* gram = left' right, of which only the part from the diagonal on is made when they are one. */
static void multiply(Basis *basis, const float *left, const float *right)
{
    size_t width = basis->width;
    memset(basis->gram, 0, width * width * sizeof *basis->gram);
    memset(basis->block, 0, width * width * sizeof *basis->block);
    for (size_t c = 0; c < basis->columns; c++) {
        const float *a = left + c * width, *b = right + c * width;
        for (size_t i = 0; i < width; i++) {
            size_t from = left == right ? i : 0;
            add_row(basis->block + i * width + from, b + from, a[i], width - from);
        }
        if (c % BLOCK == BLOCK - 1)
            add_block(basis);
    }
    add_block(basis);
}

/* gram becomes R of its Cholesky factors R'R, with 1 / its diagonal in place of it; a direction
 * that the ones before it span already gets 0 there. */
static void factorise(Basis *basis)
{
    static const double nothing = 1e-11;
    size_t width = basis->width;
    double *gram = basis->gram, most = 0;
    for (size_t i = 0; i < width; i++)
        most = fmax(most, gram[i * width + i]);
    for (size_t i = 0; i < width; i++) {
        double *row = gram + i * width, scale = row[i] > most * nothing ? 1 / sqrt(row[i]) : 0;
        row[i] = scale;
        for (size_t j = i + 1; j < width; j++)
            row[j] *= scale;
        for (size_t k = i + 1; k < width; k++)
            for (size_t j = k; j < width; j++)
                gram[k * width + j] -= row[k] * row[j];
    }
}

/* now = an orthonormal basis of what next spans; directions of nothing are 0. */
static void orthonormalise(Basis *basis)
{
    size_t width = basis->width;
    float *swap = basis->now;
    multiply(basis, basis->next, basis->next);
    factorise(basis);
    for (size_t i = 0; i < width * width; i++)
        basis->block[i] = (float)basis->gram[i];
    for (size_t c = 0; c < basis->columns; c++) {
        float *row = row_of(basis->next, basis, c);
        for (size_t i = 0; i < width; i++) {
            const float *factors = basis->block + i * width;
            row[i] *= factors[i];
            add_row(row + i + 1, factors + i + 1, -row[i], width - i - 1);
        }
    }
    basis->now = basis->next;
    basis->next = swap;
}

/* ---- Eigenvectors of the small matrix: Jacobi's method, row by row ---- */

static void rotate(double *a, double *b, size_t count, double c, double s)
{
    for (size_t i = 0; i < count; i++) {
        double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

/* One rotation that makes matrix[p][q] 0; the eigenvectors become the rows of `vectors`. */
static void turn(double *matrix, double *vectors, size_t width, size_t p, size_t q)
{
    double apq = matrix[p * width + q];
    double theta = (matrix[q * width + q] - matrix[p * width + p]) / (2 * apq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    rotate(matrix + p * width, matrix + q * width, width, c, s);
    for (size_t i = 0; i < width; i++) {
        double x = matrix[i * width + p], y = matrix[i * width + q];
        matrix[i * width + p] = c * x - s * y;
        matrix[i * width + q] = s * x + c * y;
    }
    rotate(vectors + p * width, vectors + q * width, width, c, s);
}

static void find_eigenvectors(double *matrix, double *vectors, size_t width)
{
    static const double enough = 1e-9;
    double size = 0;
    memset(vectors, 0, width * width * sizeof *vectors);
    for (size_t i = 0; i < width; i++) {
        vectors[i * width + i] = 1;
        size = fmax(size, fabs(matrix[i * width + i]));
    }
    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
        size_t turned = 0;
        for (size_t p = 0; p + 1 < width; p++)
            for (size_t q = p + 1; q < width; q++)
                if (fabs(matrix[p * width + q]) > enough * size) {
                    turn(matrix, vectors, width, p, q);
                    turned++;
                }
        if (!turned)
            return;
    }
}

/* Places by falling value. */
static void order_values(const double *matrix, size_t width, size_t *ret)
{
    for (size_t i = 0; i < width; i++) {
        size_t at = i;
        double value = matrix[i * width + i];
        for (; at > 0 && matrix[ret[at - 1] * width + ret[at - 1]] < value; at--)
            ret[at] = ret[at - 1];
        ret[at] = i;
    }
}

/* The directions themselves, turned out of the basis: next = A'A now is at hand. */
static void take_directions(Arena *arena, Basis *basis, size_t dims, float *ret)
{
    size_t width = basis->width, found = 0;
    double *vectors = ARENA_NEW(arena, double, width *width);
    size_t *order = ARENA_NEW(arena, size_t, width);
    multiply(basis, basis->now, basis->next);
    for (size_t i = 0; i < width; i++) /* Symmetrical but for rounding. */
        for (size_t j = i + 1; j < width; j++)
            basis->gram[i * width + j] = basis->gram[j * width + i] =
                (basis->gram[i * width + j] + basis->gram[j * width + i]) / 2;
    find_eigenvectors(basis->gram, vectors, width);
    order_values(basis->gram, width, order);
    double most = basis->gram[order[0] * width + order[0]];
    while (found < dims && found < width &&
           basis->gram[order[found] * width + order[found]] > most * 1e-6)
        found++;
    float *turned = ARENA_NEW(arena, float, width *(found + 1)); /* By place in the basis. */
    for (size_t k = 0; k < found; k++)
        for (size_t i = 0; i < width; i++)
            turned[i * found + k] = (float)vectors[order[k] * width + i];
    for (size_t c = 0; c < basis->columns; c++) {
        const float *from = row_of(basis->now, basis, c);
        for (size_t i = 0; i < width; i++)
            add_row(ret + c * dims, turned + i * found, from[i], found);
    }
}

bool sparse_directions(Arena *arena, const SparseRows *rows, size_t dims, u64 seed, OwnTold told,
                       void *context, float **ret)
{
    size_t columns = rows->column_count, width = dims + SPARE;
    width = width < rows->row_count ? width : rows->row_count;
    width = width < columns ? width : columns;
    assert(width > 0);
    Arena scratch = {0};
    Basis basis = {.columns = columns, .width = width};
    basis.now = arena_take_raw(&scratch, columns * width * sizeof *basis.now);
    basis.next = arena_take_raw(&scratch, columns * width * sizeof *basis.next);
    basis.row = arena_take_raw(&scratch, width * sizeof *basis.row);
    basis.gram = ARENA_NEW(&scratch, double, width *width);
    basis.block = ARENA_NEW(&scratch, float, width *width);
    fill_random(&basis, seed);
    bool go_on = true;
    for (int pass = 0; go_on && pass < PASSES; pass++) {
        go_on = apply(&basis, rows, told, context, pass);
        if (go_on && pass + 1 < PASSES)
            orthonormalise(&basis);
    }
    if (go_on) {
        *ret = ARENA_NEW(arena, float, columns *dims);
        take_directions(&scratch, &basis, dims, *ret);
    }
    arena_done(&scratch);
    return go_on;
}
