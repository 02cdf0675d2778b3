# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, embedsignature=True, freethreading_compatible=True
"""The seam between Python and the C core: takes contiguous arrays, calls without the GIL, turns a status into an exception.

Does no arithmetic on the user's numbers and has no defaults. Checks every array, size and index of a layer or row, so that
no mistake of the Python layer can read or write out of bounds. ``_neuract_core.pyi`` has the signatures with types.

Any thread may call anything at any time, with or without a GIL. Only one call at a time may free or move memory
(`Trainer.take`). A network that predicts while it is trained uses its weights of that moment.
"""

cimport cython

import os

from numpy import arange, dtype as numpy_dtype, empty, ndarray, unique

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport INT64_MAX
from libc.string cimport memcpy, memset

# The most rows and multiply-adds that predict_directly accepts; more may be worth several threads.
cdef int64_t DIRECT_ROWS = 16
cdef double DIRECT_WORK = 4e6
# Seconds of work between two checks for Ctrl-C.
cdef double SLICE = 0.05
# The same for predictions: multiply-adds, or if a row of a wide network has many, rows per thread.
cdef double SLICE_WORK = 5e8
cdef int64_t SLICE_ROWS = 128

cdef int64_t MOST_PERIODIC = 64  # NA_MOST_PERIODIC
cdef dict PARTS = {"weights": NA_WEIGHTS, "biases": NA_BIASES, "slopes": NA_SLOPES}
cdef dict ARRAYS = {"gradients": NA_GRADIENTS, "first_moments": NA_FIRST_MOMENTS, "second_moments": NA_SECOND_MOMENTS}

# The formats of the struct module.
cdef dict KINDS = {"?": "b", "f": "f", "d": "f", "i": "i", "l": "i", "q": "i", "I": "u", "L": "u", "Q": "u"}


# ---- arrays --------------------------------------------------------------------------------------

cdef class Array:
    """A C-contiguous buffer, held while a call uses it."""

    cdef Py_buffer view
    cdef bint held

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)


cdef str type_of(const Py_buffer *view):
    """Kind and size, as in NumPy's typestr: the size of long, and the type that is int64, differ between platforms."""
    format = view.format.decode()
    return f"{KINDS.get(format, format)}{view.itemsize}"


cdef Array hold(object array, str type, Py_ssize_t count, bint writable=False):
    """Holds `count` numbers of a type, such as "f4"; ValueError if the array has another type or size."""
    cdef Array held = Array.__new__(Array)
    PyObject_GetBuffer(array, &held.view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    held.held = True
    given = type_of(&held.view)
    size = held.view.len // held.view.itemsize
    if given != type or size != count:
        raise ValueError(f"expected {count} numbers of type {type!r}, got {size} of {given!r}")
    return held


cdef Py_ssize_t times(int64_t a, int64_t b) except -1:
    """a × b as a number of numbers; ValueError if it is not one."""
    if a < 0 or b < 0 or (b > 0 and a > INT64_MAX // b):
        raise ValueError(f"an array cannot have {a} x {b} numbers")
    return a * b


cdef void *place(Array array, int64_t number) noexcept:
    """The address of a number of the array."""
    return <char *>array.view.buf + number * array.view.itemsize


cdef str reals_of(na_dtype dtype):
    return "f4" if dtype == NA_FLOAT32 else "f8"


cdef na_dtype dtype_named(str name) except *:
    if name == "float32":
        return NA_FLOAT32
    if name == "float64":
        return NA_FLOAT64
    raise ValueError(f"dtype must be 'float32' or 'float64', got {name!r}")


cdef int number_of(int found, str kind, str name) except -1:
    if found < 0:
        raise ValueError(f"the core has no {kind} {name!r}")
    return found


cdef int64_t positive(object number, str name, int64_t limit=0x4000_0000_0000_0000) except -1:
    if not 1 <= number <= limit:
        raise ValueError(f"{name} must be from 1 to {limit}, got {number}")
    return number


def fail_allocation(int64_t n):
    """For tests: counts the core's allocations from now on and makes the n-th fail; 0: none fails; -1: stops counting."""
    na_fail_allocation(n)


def allocations():
    """(allocations since then, how many of them are not released)."""
    cdef int64_t asked_for, not_released
    na_count_allocations(&asked_for, &not_released)
    return asked_for, not_released


cdef void check(na_status status) except *:
    if status == NA_OUT_OF_MEMORY:
        raise MemoryError("not enough memory for this network and batch size")


# ---- which kernels run ---------------------------------------------------------------------------

def simd_built():
    """{ISA name: whether this processor runs it}, lowest first."""
    cdef int i = 0
    cdef c_bool runs
    cdef const char *name = na_simd_built(i, &runs)
    built = {}
    while name != NULL:
        built[name.decode()] = bool(runs)
        i += 1
        name = na_simd_built(i, &runs)
    return built


def simd_chosen():
    return na_simd_chosen().decode()


def _choose_simd():
    wanted = os.environ.get("NEURACT_SIMD")
    if not wanted:
        na_simd_choose(NULL)
    elif not na_simd_choose(wanted.encode()):
        raise ImportError(f"NEURACT_SIMD={wanted!r} is not in this build; available: {', '.join(simd_built())}")


_choose_simd()


# ---- activations on plain arrays -----------------------------------------------------------------

def apply_activation(str name, double parameter, bint derivative, str dtype, z, y):
    cdef int activation = number_of(na_activation_named(name.encode()), "activation", name)
    if name == "softmax":
        raise ValueError("softmax works on rows; use apply_softmax")
    cdef na_dtype kind = dtype_named(dtype)
    cdef int64_t n = z.size
    cdef Array source = hold(z, reals_of(kind), n), target = hold(y, reals_of(kind), n, True)
    with nogil:
        na_activation_apply(kind, activation, parameter, derivative, n, source.view.buf, target.view.buf)


def apply_softmax(str dtype, int64_t rows, int64_t n, z, y):
    cdef na_dtype kind = dtype_named(dtype)
    cdef Array source = hold(z, reals_of(kind), times(rows, n)), target = hold(y, reals_of(kind), rows * n, True)
    with nogil:
        na_softmax_apply(kind, rows, n, source.view.buf, target.view.buf)


def all_finite(x):
    """Whether a contiguous array of float32 or float64 holds neither NaN nor infinity."""
    cdef na_dtype kind = dtype_named(x.dtype.name)
    cdef int64_t n = x.size
    cdef Array source = hold(x, reals_of(kind), n)
    cdef bint finite
    with nogil:
        finite = na_all_finite(kind, n, source.view.buf)
    return finite


# ---- rows of X -----------------------------------------------------------------------------------

cdef Array hold_starts(object starts, int64_t n_rows):
    if not 0 <= n_rows < INT64_MAX:
        raise ValueError(f"number of rows {n_rows} is out of range")
    return hold(starts, "i8", n_rows + 1)


def rows_are_sorted(int64_t n_rows, int64_t n_features, columns, starts):
    """Whether the columns of each row ascend without duplicates; ValueError if an index is out of bounds."""
    cdef int64_t stored = columns.size
    cdef Array places = hold(columns, "i4", stored), limits = hold_starts(starts, n_rows)
    cdef na_rows_state state
    with nogil:
        state = na_rows_check(n_rows, n_features, stored, <const int32_t *>places.view.buf,
                              <const int64_t *>limits.view.buf)
    if state == NA_ROWS_BROKEN:
        raise ValueError(
            f"not valid sparse rows: indices out of bounds for {n_rows} rows, {n_features} features, {stored} entries"
        )
    return state == NA_ROWS_SORTED


cdef class Rows:
    """Holds rows of X: an array, or an object with the `values`, `columns` and `starts` of na_rows."""

    cdef Array values, columns, starts
    cdef int64_t n_inputs

    cdef na_rows after(self, int64_t row) noexcept:
        """The rows from `row` on."""
        cdef na_rows rows
        if self.starts is None:
            rows.values = place(self.values, row * self.n_inputs)
            rows.columns = NULL
            rows.starts = NULL
        else:
            rows.values = self.values.view.buf
            rows.columns = <const int32_t *>self.columns.view.buf
            rows.starts = <const int64_t *>self.starts.view.buf + row
        return rows


cdef Rows hold_rows(object x, na_dtype kind, int64_t n_rows, int64_t n_inputs):
    """Checks sparse rows on each call, since their arrays belong to the user, who may have changed them."""
    cdef Rows rows = Rows.__new__(Rows)
    rows.n_inputs = n_inputs
    if isinstance(x, ndarray):
        rows.values = hold(x, reals_of(kind), times(n_rows, n_inputs))
        return rows
    if not rows_are_sorted(n_rows, n_inputs, x.columns, x.starts):
        raise ValueError("the columns of sparse rows must ascend")
    rows.columns = hold(x.columns, "i4", x.columns.size)
    rows.values = hold(x.values, reals_of(kind), x.columns.size)
    rows.starts = hold_starts(x.starts, n_rows)
    return rows


# ---- networks ------------------------------------------------------------------------------------

cdef Array describe_input(na_input *input, tuple given, int64_t n_columns, bint last):
    """Fills in an input; holds its edges as long as the returned array lives."""
    kind, column, n, size, edges, rate = given
    input.kind = number_of(na_input_named(kind.encode()), "input", kind)
    input.rate = rate
    input.n, input.size, input.column, input.edges = 1, 1, 0, NULL
    if kind == "scale":
        if not last:
            raise ValueError("scale must be the last input")
        return None
    if not 0 <= column < n_columns:
        raise ValueError(f"column {column} is out of range")
    input.column = column
    input.n = positive(n, "n", 2**31)
    input.size = positive(size, "size", MOST_PERIODIC if kind == "periodic" else 2**31)
    if kind != "piecewise_linear":
        return None
    cdef Array held = hold(edges, "f8", n + 1)
    input.edges = <const double *>held.view.buf
    return held


cdef class Network:
    """Layers, inputs and their parameters.

    A layer is (units, activation, parameter, shared_slope, thresholds, dropout, rates); an input (kind, column, n,
    size, edges, rate), as in na_input. n_inputs: columns of X.
    """

    cdef na_network *handle
    cdef na_dtype kind
    cdef readonly int64_t n_inputs
    cdef readonly int64_t n_numbers  # of the first layer
    cdef readonly int64_t n_out
    cdef list units, slopes
    cdef int n_encodings
    cdef object array_dtype
    cdef double work  # multiply-adds of a row

    def __cinit__(self, str dtype, int64_t n_inputs, list layers, list inputs=None):
        cdef int n = positive(len(layers), "the number of layers", 2**30), i
        cdef na_layer *specs
        cdef na_input *encodings
        cdef na_status status
        cdef Array thresholds, factors
        self.kind = dtype_named(dtype)
        self.n_inputs = positive(n_inputs, "n_inputs")
        self.n_out = positive(layers[n - 1][0], "units")
        self.array_dtype = numpy_dtype(dtype)
        self.units, self.slopes, held = [], [], []
        inputs = inputs or []
        self.n_encodings = len(inputs)
        specs = <na_layer *>PyMem_Malloc(n * sizeof(na_layer))
        encodings = <na_input *>PyMem_Malloc((self.n_encodings + 1) * sizeof(na_input))
        try:
            if specs == NULL or encodings == NULL:
                raise MemoryError()
            for i, given in enumerate(inputs):
                held.append(describe_input(&encodings[i], given, n_inputs, i == self.n_encodings - 1))
            for i, (units, activation, parameter, shared_slope, limits, dropout, rates) in enumerate(layers):
                specs[i].units = positive(units, "units")
                specs[i].activation = number_of(na_activation_named(activation.encode()), "activation", activation)
                specs[i].parameter = parameter
                specs[i].shared_slope = shared_slope
                specs[i].thresholds = NULL
                specs[i].dropout = dropout
                factors = hold(rates, "f8", 3)
                held.append(factors)
                specs[i].rates = <const double *>factors.view.buf
                if limits is not None:
                    thresholds = hold(limits, "f8", units)
                    held.append(thresholds)
                    specs[i].thresholds = <const double *>thresholds.view.buf
                self.units.append(units)
                self.slopes.append(0 if activation != "prelu" else 1 if shared_slope else units)
            with nogil:
                status = na_network_create(self.kind, n_inputs, encodings, self.n_encodings, specs, n, &self.handle)
            check(status)
        finally:
            PyMem_Free(specs)
            PyMem_Free(encodings)
        self.n_numbers = na_network_numbers(self.handle)
        for n_in, units in zip([self.n_numbers, *self.units[:-1]], self.units, strict=True):
            self.work += <double>n_in * <double>units

    def __dealloc__(self):
        na_network_free(self.handle)

    cdef Array hold_part(self, int layer, str part, array, bint writable):
        """Holds an array of the size of one part of one layer, to read or to write."""
        if not 0 <= layer < len(self.units):
            raise IndexError(f"layer {layer} is out of range")
        units = self.units[layer]
        n_in = self.units[layer - 1] if layer > 0 else self.n_numbers
        size = {"weights": n_in * units, "biases": units, "slopes": self.slopes[layer]}[part]
        return hold(array, reals_of(self.kind), size, writable)

    cdef list hold_layers(self, arrays, int64_t rows, str type):
        return [hold(array, type, times(rows, units), True) for array, units in zip(arrays, self.units, strict=True)]

    def get(self, int layer, str part, out):
        cdef Array array = self.hold_part(layer, part, out, True)
        na_network_get(self.handle, layer, PARTS[part], array.view.buf)

    def set(self, int layer, str part, values):
        cdef Array array = self.hold_part(layer, part, values, False)
        na_network_set(self.handle, layer, PARTS[part], array.view.buf)

    cdef Array hold_input(self, int input, array, bint writable):
        """Holds an array of the size of the parameters of one input."""
        if not 0 <= input < self.n_encodings:
            raise IndexError(f"input {input} is out of range")
        return hold(array, reals_of(self.kind), na_network_input_size(self.handle, input), writable)

    @property
    def size(self):
        """The length of the arrays of `copy_out` and `copy_in`."""
        return na_network_size(self.handle)

    def copy_out(self, out):
        """Copies all parameters, in the core's own order."""
        cdef Array array = hold(out, reals_of(self.kind), na_network_size(self.handle), True)
        na_network_copy_out(self.handle, array.view.buf)

    def copy_in(self, values):
        """Sets all parameters to those of `copy_out`."""
        cdef Array array = hold(values, reals_of(self.kind), na_network_size(self.handle))
        na_network_copy_in(self.handle, array.view.buf)

    def get_input(self, int input, out):
        cdef Array array = self.hold_input(input, out, True)
        na_network_get_input(self.handle, input, array.view.buf)

    def set_input(self, int input, values):
        cdef Array array = self.hold_input(input, values, False)
        na_network_set_input(self.handle, input, array.view.buf)

    cdef Rows hold_rows(self, object x, int64_t rows):
        if self.n_encodings > 0 and not isinstance(x, ndarray):
            raise ValueError("a network with inputs takes no sparse rows")
        return hold_rows(x, self.kind, rows, self.n_inputs)

    cdef int64_t rows_in_slice(self, int n_threads) except -1:
        return max(SLICE_ROWS * positive(n_threads, "n_threads"), <int64_t>(SLICE_WORK / self.work))

    def predict(self, int64_t rows, x, y, int n_threads):
        cdef int64_t at = 0, size
        cdef Rows source = self.hold_rows(x, rows)
        cdef Array target = hold(y, reals_of(self.kind), times(rows, self.n_out), True)
        cdef int64_t slice_rows = self.rows_in_slice(n_threads)
        cdef na_rows from_
        cdef void *to
        cdef na_status status
        while at < rows:
            size = min(slice_rows, rows - at)
            from_ = source.after(at)
            to = place(target, at * self.n_out)
            with nogil:
                status = na_network_predict(self.handle, size, from_, to, n_threads)
            check(status)
            at += size
            if at < rows:
                PyErr_CheckSignals()

    def predict_directly(self, x):
        """Predictions for a few rows that need no conversion, in a new array; None for any other x.

        The short way for serving: checks shape, dtype, finiteness and levels itself, with no Python call except for the
        array.
        """
        cdef Py_buffer source, target
        cdef na_rows from_
        cdef int64_t rows
        cdef na_status status = NA_OK
        if type(x) is not ndarray:
            return None
        try:
            PyObject_GetBuffer(x, &source, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        except (ValueError, BufferError):
            return None
        try:
            rows = source.shape[0] if source.ndim == 2 else 0
            if not 0 < rows <= DIRECT_ROWS or rows * self.work > DIRECT_WORK:
                return None
            if source.shape[1] != self.n_inputs or not self.is_ours(source.format):
                return None
            y = empty((rows, self.n_out), self.array_dtype)
            PyObject_GetBuffer(y, &target, PyBUF_WRITABLE)
            from_ = na_rows(source.buf, NULL, NULL)
            with nogil:
                if (na_all_finite(self.kind, rows * self.n_inputs, source.buf)
                        and na_network_has_levels(self.handle, rows, source.buf)):
                    status = na_network_predict(self.handle, rows, from_, target.buf, 1)
                else:
                    rows = 0
            PyBuffer_Release(&target)
            check(status)
            return y if rows > 0 else None
        finally:
            PyBuffer_Release(&source)

    cdef bint is_ours(self, const char *format) noexcept:
        return format[0] == (c'f' if self.kind == NA_FLOAT32 else c'd') and format[1] == 0

    def predict_shuffled(self, int64_t rows, x, int64_t n_sets, sets, orders, y, int n_threads):
        """Fills y (sets × orders × rows × n_out): predictions where the columns of a set are those of other rows.

        sets: of each column the number of its set, or n_sets. orders: orders × rows, the numbers of those rows.
        """
        if not isinstance(x, ndarray):
            raise ValueError("predict_shuffled takes no sparse rows")
        if self.n_inputs > 0 and not 0 <= sets.min() <= sets.max() <= positive(n_sets, "n_sets"):
            raise ValueError("the number of a set is out of range")
        if orders.size > 0 and orders.max() >= rows:
            raise ValueError("an order names a row that is not there")
        cdef int64_t n_orders = len(orders), count = times(times(n_sets, n_orders), rows), at = 0, size
        cdef Rows source = self.hold_rows(x, rows)
        cdef Array of_columns = hold(sets, "i8", self.n_inputs), of_rows = hold(orders, "u4", times(n_orders, rows))
        cdef Array target = hold(y, reals_of(self.kind), times(count, self.n_out), True)
        cdef na_shuffling shuffling = na_shuffling(
            rows, n_sets, <const int64_t *>of_columns.view.buf, n_orders, <const uint32_t *>of_rows.view.buf,
            target.view.buf,
        )
        cdef int64_t slice_rows = max(
            SLICE_ROWS * positive(n_threads, "n_threads"), <int64_t>(SLICE_WORK / self.work / (1 + n_sets * n_orders))
        )
        cdef na_rows from_ = source.after(0)
        cdef na_status status
        while at < rows:
            size = min(slice_rows, rows - at)
            with nogil:
                status = na_network_predict_shuffled(self.handle, from_, &shuffling, at, size, n_threads)
            check(status)
            at += size
            if at < rows:
                PyErr_CheckSignals()

    def inspect(self, int64_t rows, x, outputs, fired, int n_threads):
        """Fills lists of (rows, units) arrays, one per layer; either list may be None."""
        cdef Rows source = self.hold_rows(x, rows)
        cdef list to_outputs = None if outputs is None else self.hold_layers(outputs, rows, reals_of(self.kind))
        cdef list to_fired = None if fired is None else self.hold_layers(fired, rows, "b1")
        cdef int64_t at = 0, size
        cdef int64_t slice_rows = self.rows_in_slice(n_threads)
        while at < rows:
            size = min(slice_rows, rows - at)
            self.inspect_slice(at, size, source, to_outputs, to_fired, n_threads)
            at += size
            if at < rows:
                PyErr_CheckSignals()

    cdef void inspect_slice(self, int64_t at, int64_t rows, Rows x, list outputs, list fired, int n_threads) except *:
        """Inspects rows at .. at + rows of the held arrays."""
        cdef int n = len(self.units), i
        cdef int64_t units
        cdef void **to_outputs = <void **>PyMem_Malloc(n * sizeof(void *))
        cdef uint8_t **to_fired = <uint8_t **>PyMem_Malloc(n * sizeof(uint8_t *))
        cdef na_rows source = x.after(at)
        cdef na_status status = NA_OUT_OF_MEMORY
        if to_outputs != NULL and to_fired != NULL:
            for i in range(n):
                units = self.units[i]
                to_outputs[i] = NULL if outputs is None else place(outputs[i], at * units)
                to_fired[i] = NULL if fired is None else <uint8_t *>place(fired[i], at * units)
            with nogil:
                status = na_network_inspect(self.handle, rows, source, to_outputs, to_fired, n_threads)
        PyMem_Free(to_outputs)
        PyMem_Free(to_fired)
        check(status)

    def diagnose(self, int64_t rows, x, limits, activities, int n_threads):
        """Fills `activities`, the numbers of na_activity for each input and each neuron; limits: two per layer."""
        cdef Rows source = self.hold_rows(x, rows)
        cdef Array bounds = hold(limits, "f8", 2 * len(self.units))
        cdef int64_t count = (self.n_numbers + sum(self.units)) * sizeof(na_activity) // sizeof(double)
        cdef Array to = hold(activities, "f8", count, True)
        cdef int64_t at = 0, size, slice_rows = self.rows_in_slice(8)  # for any n_threads: the ends of slices affect rounding
        cdef na_rows from_
        cdef na_status status
        positive(n_threads, "n_threads")
        memset(to.view.buf, 0, to.view.len)
        while at < rows:
            size = min(slice_rows, rows - at)
            from_ = source.after(at)
            with nogil:
                status = na_network_diagnose(self.handle, size, from_, <const double *>bounds.view.buf, at,
                                             <na_activity *>to.view.buf, n_threads)
            check(status)
            at += size
            if at < rows:
                PyErr_CheckSignals()

    cdef Rows hold_dense(self, object x, int64_t rows):
        if not isinstance(x, ndarray):
            raise ValueError("expected dense rows")
        return self.hold_rows(x, rows)

    def input_gradients(self, int64_t rows, x, gradients, int n_threads):
        """Fills `gradients`, (rows, n_numbers, n_out): derivatives of the outputs by the numbers of the first layer."""
        cdef Rows source = self.hold_dense(x, rows)
        cdef int64_t each = times(self.n_numbers, self.n_out), at = 0, size
        cdef Array target = hold(gradients, reals_of(self.kind), times(rows, each), True)
        cdef int64_t slice_rows = max(SLICE_ROWS, self.rows_in_slice(n_threads) // (1 + self.n_out))
        cdef na_rows from_
        cdef void *to
        cdef na_status status
        while at < rows:
            size = min(slice_rows, rows - at)
            from_ = source.after(at)
            to = place(target, at * each)
            with nogil:
                status = na_network_input_gradients(self.handle, size, from_, to, n_threads)
            check(status)
            at += size
            if at < rows:
                PyErr_CheckSignals()

    def explain(self, int64_t rows, x, baseline, places, int64_t n_places, bounds, double tolerance, values, outputs,
                base, int n_threads):
        """Fills `values`, (rows, n_places, n_out), `outputs`, (rows, n_out), and `base`, (n_out): see na_network_explain.

        baseline: a row; places: n_numbers of int64, each below n_places; bounds: (2, n_out) or None.
        """
        if self.kind != NA_FLOAT64:
            raise ValueError("explain needs a float64 network")
        cdef str reals = reals_of(self.kind)
        cdef Rows source = self.hold_dense(x, rows)
        cdef int64_t each = times(positive(n_places, "n_places"), self.n_out), at = 0, size
        cdef Rows begin = self.hold_dense(baseline, 1)
        cdef Array where = hold(places, "i8", self.n_numbers)
        cdef Array limits = None if bounds is None else hold(bounds, reals, 2 * self.n_out)
        cdef Array target = hold(values, reals, times(rows, each), True)
        cdef Array ends = hold(outputs, reals, times(rows, self.n_out), True), begins = hold(base, reals, self.n_out, True)
        cdef int64_t slice_rows = SLICE_ROWS * positive(n_threads, "n_threads")
        cdef na_path path
        cdef na_rows from_
        cdef void *to
        cdef na_status status
        if places.min() < 0 or places.max() >= n_places:
            raise ValueError(f"places must be from 0 to {n_places - 1}")
        path.baseline, path.places, path.n_places = begin.after(0), <const int64_t *>where.view.buf, n_places
        path.bounds = NULL if limits is None else limits.view.buf
        path.tolerance, path.base = tolerance, begins.view.buf
        while at < rows:
            size = min(slice_rows, rows - at)
            from_ = source.after(at)
            to = place(target, at * each)
            path.outputs = place(ends, at * self.n_out)
            with nogil:
                status = na_network_explain(self.handle, size, from_, &path, to, n_threads)
            check(status)
            at += size
            if at < rows:
                PyErr_CheckSignals()


cdef class Ensemble:
    """Networks of one dtype that predict next to each other. Several threads may ask one at the same time."""

    cdef list networks
    cdef int n
    cdef double work  # multiply-adds of a row of each
    cdef bint alike  # they take the same x and have as many outputs

    def __cinit__(self, list networks):
        cdef Network network, first
        self.networks = networks
        self.n = positive(len(networks), "the number of networks", 2**20)
        first = networks[0]
        self.alike = True
        for network in networks:
            if network.kind != first.kind:
                raise ValueError("the networks of an ensemble must have one dtype")
            self.alike = self.alike and network.n_inputs == first.n_inputs and network.n_out == first.n_out
            self.work += network.work

    cdef na_request *new_requests(self) except NULL:
        """One request for each network, which the caller frees and no other call has."""
        cdef na_request *requests = <na_request *>PyMem_Malloc(self.n * sizeof(na_request))
        cdef int64_t i
        if requests == NULL:
            raise MemoryError()
        for i in range(self.n):
            requests[i].network = (<Network>self.networks[i]).handle
        return requests

    def predict(self, list rows, list x, list y, int n_threads):
        """For each network its number of rows, the rows and the array of its outputs."""
        cdef list sources, targets
        cdef Network network
        cdef na_request *requests
        sources = [(<Network>network).hold_rows(of_x, n) for network, of_x, n in zip(self.networks, x, rows, strict=True)]
        targets = [
            hold(of_y, reals_of((<Network>network).kind), times(n, (<Network>network).n_out), True)
            for network, of_y, n in zip(self.networks, y, rows, strict=True)
        ]
        positive(n_threads, "n_threads")
        requests = self.new_requests()
        try:
            self.predict_slices(requests, rows, sources, targets, n_threads)
        finally:
            PyMem_Free(requests)

    cdef void predict_slices(self, na_request *requests, list rows, list sources, list targets, int n_threads) except *:
        cdef int64_t at = 0, most = max(rows), size, i
        cdef int64_t slice_rows = max(SLICE_ROWS * n_threads, <int64_t>(SLICE_WORK / self.work))
        cdef na_status status
        while at < most:
            for i in range(self.n):
                size = min(slice_rows, max(0, <int64_t>rows[i] - at))
                requests[i].rows = size
                requests[i].x = (<Rows>sources[i]).after(at if size > 0 else 0)
                requests[i].y = place(<Array>targets[i], at * (<Network>self.networks[i]).n_out if size > 0 else 0)
            with nogil:
                status = na_networks_predict(requests, self.n, n_threads)
            check(status)
            at += slice_rows
            if at < most:
                PyErr_CheckSignals()

    def predict_directly(self, x, int n_threads):
        """The outputs of each network for a few rows that need no conversion, networks × rows × outputs; None otherwise.

        As `Network.predict_directly`. None also for networks that differ in their inputs or outputs.
        """
        cdef Py_buffer source, target
        cdef Network network = self.networks[0]
        cdef int64_t rows
        if type(x) is not ndarray or not self.alike:
            return None
        try:
            PyObject_GetBuffer(x, &source, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        except (ValueError, BufferError):
            return None
        try:
            rows = source.shape[0] if source.ndim == 2 else 0
            if not 0 < rows <= DIRECT_ROWS or rows * self.work > SLICE_WORK:
                return None
            if source.shape[1] != network.n_inputs or not network.is_ours(source.format):
                return None
            if not self.takes(rows, source.buf):
                return None
            y = empty((self.n, rows, network.n_out), network.array_dtype)
            PyObject_GetBuffer(y, &target, PyBUF_WRITABLE)
            try:
                self.predict_same(rows, source.buf, <char *>target.buf, positive(n_threads, "n_threads"))
            finally:
                PyBuffer_Release(&target)
            return y
        finally:
            PyBuffer_Release(&source)

    cdef bint takes(self, int64_t rows, const void *x) noexcept:
        """Whether the rows are finite and have levels that all networks know."""
        cdef Network network = self.networks[0]
        if not na_all_finite(network.kind, rows * network.n_inputs, x):
            return False
        for network in self.networks:
            if not na_network_has_levels(network.handle, rows, x):
                return False
        return True

    cdef void predict_same(self, int64_t rows, void *x, char *y, int n_threads) except *:
        """Predicts the same rows by each network."""
        cdef Network network = self.networks[0]
        cdef int64_t size = rows * network.n_out * (4 if network.kind == NA_FLOAT32 else 8), i
        cdef na_status status
        cdef na_request *requests = self.new_requests()
        for i in range(self.n):
            requests[i].rows = rows
            requests[i].x = na_rows(x, NULL, NULL)
            requests[i].y = y + i * size
        with nogil:
            status = na_networks_predict(requests, self.n, n_threads)
        PyMem_Free(requests)
        check(status)


# ---- training ------------------------------------------------------------------------------------

cdef struct bitgen:
    # NumPy's bitgen_t, the C interface of its bit generators.
    void *state
    uint64_t (*next_uint64)(void *state) noexcept nogil
    na_next_uint32 *next_uint32


cdef class Order:
    """An order of rows, at first 0, 1, 2, ... or the given row numbers, each of which may occur once.

    Shuffles as a RandomState with that NumPy bit generator does.
    """

    cdef readonly int64_t rows
    cdef int64_t beyond  # more than every row's number
    cdef object array
    cdef Array held
    cdef object bit_generator
    cdef bitgen *generator

    def __cinit__(self, rows, bit_generator):
        if isinstance(rows, ndarray):
            self.array = unique(rows).astype("u4")
            self.rows = positive(len(rows), "rows", 0x1_0000_0000)
            if len(self.array) != self.rows or (rows < 0).any() or (rows >= 0x1_0000_0000).any():
                raise ValueError("each row may occur once in an order")
            self.beyond = int(self.array[self.rows - 1]) + 1
            self.array[...] = rows
        else:
            self.rows = self.beyond = positive(rows, "rows", 0x1_0000_0000)
            self.array = arange(rows, dtype="u4")
        self.held = hold(self.array, "u4", self.rows, writable=True)
        self.bit_generator = bit_generator
        self.generator = <bitgen *>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")

    cdef uint32_t *pointer(self) noexcept nogil:
        return <uint32_t *>self.held.view.buf

    cdef void check(self, int64_t rows) except *:
        """ValueError if it is no order of such rows."""
        if self.beyond > rows:
            raise ValueError(f"the order has row {self.beyond - 1}, the data {rows} rows")

    @property
    def numbers(self):
        """A copy, since the core relies on each row occurring once."""
        return self.array.copy()

    def of_others(self, rows):
        """An order of other rows, which draws from the same generator."""
        return Order(rows, self.bit_generator)

    def shuffle(self):
        with self.bit_generator.lock, nogil:
            na_shuffle(self.rows, self.pointer(), self.generator.next_uint32, self.generator.state)


cdef class OwnLoss:
    """A loss in Python: function(y_true, y_pred) -> (losses, gradient), arrays of the network's dtype."""

    cdef object function, dtype
    cdef str reals
    cdef int64_t n_out

    def __cinit__(self, function, Network network not None):
        self.function = function
        self.dtype = network.array_dtype
        self.reals = reals_of(network.kind)
        self.n_out = network.n_out

    cdef object copied(self, int64_t rows, const void *numbers):
        array = empty((rows, self.n_out), self.dtype)
        cdef Array target = hold(array, self.reals, rows * self.n_out, True)
        memcpy(target.view.buf, numbers, target.view.len)
        return array

    cdef void call(self, int64_t rows, const void *outputs, const void *targets, void *losses,
                   void *gradients) except *:
        values, gradient = self.function(self.copied(rows, targets), self.copied(rows, outputs))
        cdef Array by_row = hold(values, self.reals, rows), by_output = hold(gradient, self.reals, rows * self.n_out)
        memcpy(losses, by_row.view.buf, by_row.view.len)
        memcpy(gradients, by_output.view.buf, by_output.view.len)


cdef c_bool call_own_loss(void *context, int64_t rows, const void *outputs, const void *targets, void *losses,
                          void *gradients) noexcept with gil:
    cdef Trainer trainer = <Trainer>context
    try:
        trainer.own_loss.call(rows, outputs, targets, losses, gradients)
    except BaseException as raised:
        trainer.raised = raised
    return trainer.raised is None


cdef c_bool call_interrupted(void *context) noexcept with gil:
    cdef Trainer trainer = <Trainer>context
    try:
        PyErr_CheckSignals()
    except BaseException as raised:
        trainer.raised = raised
        return True
    return False


cdef tuple hold_schedule(na_schedule *schedule, given, int64_t rows, int64_t batch_size):
    """Points `schedule` at two arrays, which are held as long as the returned tuple lives."""
    schedule.rates, schedule.shares, schedule.n = NULL, NULL, 0
    if given is None:
        return ()
    cdef int64_t steps = (rows - 1) // batch_size + 1
    rates, shares = given
    cdef Array of_rates = hold(rates, "f8", steps), of_shares = hold(shares, "f8", steps)
    schedule.rates, schedule.shares, schedule.n = <const double *>of_rates.view.buf, <const double *>of_shares.view.buf, steps
    return of_rates, of_shares


cdef class Trainer:
    """An optimizer's state and the memory of a step, for one network, loss and batch size."""

    cdef na_trainer *handle
    cdef readonly Network network
    cdef readonly uint64_t seed
    cdef readonly int64_t batch_size
    cdef int64_t n_targets
    cdef OwnLoss own_loss
    cdef bint busy
    cdef object raised  # by a loss or a signal handler; kept here, since it cannot pass through the core

    def __cinit__(self, Network network not None, *, str loss, loss_parameters, own_loss, str optimizer,
                  optimizer_parameters, double alpha, double l1, double max_grad_norm, int64_t batch_size, uint64_t seed,
                  int n_threads):
        cdef na_training training
        cdef na_status status
        cdef int64_t n_parameters = len(loss_parameters)
        cdef Array parameters = hold(loss_parameters, "f8", n_parameters)
        if n_parameters not in (1, network.n_out):
            raise ValueError(f"a loss has 1 parameter or one per output ({network.n_out}), got {n_parameters}")
        training.loss = number_of(na_loss_named(loss.encode()), "loss", loss)
        self.own_loss = OwnLoss(own_loss, network)
        training.own_loss = call_own_loss
        training.own_context = <void *>self
        training.loss_parameters = <const double *>parameters.view.buf
        training.n_loss_parameters = n_parameters
        training.optimizer = number_of(na_optimizer_named(optimizer.encode()), "optimizer", optimizer)
        cdef int64_t wanted = na_optimizer_parameters(training.optimizer), given = len(optimizer_parameters)
        cdef Array numbers = hold(optimizer_parameters, "f8", given)
        if given != wanted:
            raise ValueError(f"optimizer {optimizer!r} has {wanted} parameters, got {given}")
        training.optimizer_parameters = <const double *>numbers.view.buf
        training.alpha = alpha
        training.l1 = l1
        training.max_grad_norm = max_grad_norm
        training.batch_size = positive(batch_size, "batch_size")
        training.seed = seed
        training.n_threads = positive(n_threads, "n_threads")
        training.interrupted = call_interrupted
        training.interrupt_context = <void *>self
        self.network = network
        self.seed = seed
        self.batch_size = batch_size
        self.n_targets = na_loss_targets(training.loss, network.n_out)
        with nogil:
            status = na_trainer_create(network.handle, &training, &self.handle)
        check(status)

    def __dealloc__(self):
        na_trainer_free(self.handle)

    cdef list hold_data(self, na_data *data, int64_t rows, x, targets, sample_weight):
        """Points `data` at the arrays, which are held as long as the returned list lives."""
        cdef str reals = reals_of(self.network.kind)
        cdef Rows inputs = self.network.hold_rows(x, rows)
        cdef Array wanted = hold(targets, reals, times(rows, self.n_targets))
        cdef Array weights = None if sample_weight is None else hold(sample_weight, reals, rows)
        data.rows = rows
        data.x = inputs.after(0)
        data.targets = wanted.view.buf
        data.sample_weight = NULL if weights is None else weights.view.buf
        return [inputs, wanted, weights]

    cdef void take(self) except *:
        """Gives this call the trainer for itself until `give_back`; RuntimeError if another call has it."""
        cdef bint taken
        with cython.critical_section(self):
            taken = self.busy
            self.busy = True
        if taken:
            raise RuntimeError("this network is being trained by another thread; wait for it, or train a copy")

    cdef void give_back(self) noexcept:
        with cython.critical_section(self):
            self.busy = False

    cdef void take_memory(self, const na_data *data) except *:
        cdef na_status status
        with nogil:
            status = na_trainer_reserve(self.handle, data)
        check(status)

    def reserve(self, int64_t rows, x):
        """Allocates the memory for the inputs of a step on such rows now instead of in `run` or `gradients`."""
        cdef na_data data
        cdef Rows inputs = self.network.hold_rows(x, rows)
        data.rows = rows
        data.x = inputs.after(0)
        self.take()
        try:
            self.take_memory(&data)
        finally:
            self.give_back()

    def set_threads(self, int n_threads):
        """Sets the upper limit of threads for later runs, at most the n_threads that the trainer was made with."""
        na_trainer_set_threads(self.handle, positive(n_threads, "n_threads"))

    def watched(self):
        """(norm of the last batch's gradient, share of dead hidden neurons) of the last run with watch=True."""
        cdef double gradient_norm, dead_share
        na_trainer_watched(self.handle, &gradient_norm, &dead_share)
        return gradient_norm, dead_share

    def run(self, int64_t rows, x, targets, sample_weight, Order order, double learning_rate, list ended,
            int64_t passes=1, bint watch=False, schedule=None):
        """Trains for some passes over the rows, and shuffles `order` before each (None: rows in the order of x).

        schedule: shares of the learning rate, and of dropout and decay, in each step of a pass; None: all are 1.

        Appends the (mean loss, mean penalty) of each pass to `ended`. Stops at the first pass that fails, by Ctrl-C or a
        loss or parameter that is not finite, and undoes it: restores the parameters and resets the optimizer.
        """
        cdef na_data data
        cdef na_progress progress
        cdef na_schedule shares
        cdef const uint32_t *numbers = NULL
        _held = self.hold_data(&data, rows, x, targets, sample_weight)
        if order is not None:
            if order.rows != rows:
                raise ValueError(f"the order has {order.rows} rows, the data {rows}")
            order.check(rows)
            numbers = order.pointer()
        _shares = hold_schedule(&shares, schedule, rows, self.batch_size)
        self.take()
        try:
            self.take_memory(&data)
            na_trainer_watch(self.handle, watch)
            na_trainer_follow(self.handle, shares)
            for _ in range(passes):
                if order is not None:
                    order.shuffle()
                progress = na_progress(0, 0, 0)
                if not self.run_slices(&data, numbers, rows, learning_rate, &progress):
                    break
                ended.append((progress.loss / rows, progress.penalty / rows))
        finally:
            self.give_back()

    def undo(self):
        """Restores the parameters to the start of the last pass, and resets the optimizer's state."""
        self.take()
        try:
            na_trainer_undo(self.handle)
        finally:
            self.give_back()

    cdef void raise_again(self) except *:
        """Raises the exception that ended a run early, or that a signal handler raises now."""
        raised, self.raised = self.raised, None
        if raised is not None:
            raise raised
        PyErr_CheckSignals()

    cdef bint run_slices(self, const na_data *data, const uint32_t *order, int64_t n, double learning_rate,
                         na_progress *progress) except -1:
        """Runs a pass and returns whether it succeeded; undoes it if not."""
        try:
            while progress.rows < n:
                with nogil:
                    na_trainer_run(self.handle, data, order, n, learning_rate, SLICE, progress)
                self.raise_again()
            if isfinite(progress.loss + progress.penalty):
                return True
            na_trainer_undo(self.handle)
            return False
        except BaseException:
            na_trainer_undo(self.handle)
            raise

    def gradients(self, int64_t rows, x, targets, sample_weight, inputs=None):
        """Mean loss over all rows; get("gradients", ...) then returns its gradients.

        inputs: an array (rows, n_numbers) for the gradient by each number of the first layer, or None.
        """
        cdef Array numbers = None
        if inputs is not None:
            numbers = hold(inputs, reals_of(self.network.kind), times(rows, self.network.n_numbers), True)
        return self.measured(rows, x, targets, sample_weight, True, numbers)

    def loss(self, int64_t rows, x, targets, sample_weight):
        """Mean loss over all rows, as from `gradients`, without computing these."""
        return self.measured(rows, x, targets, sample_weight, False, None)

    cdef double measured(self, int64_t rows, x, targets, sample_weight, bint with_gradients, Array inputs) except? -1:
        cdef na_data data
        _held = self.hold_data(&data, rows, x, targets, sample_weight)
        self.take()
        try:
            self.take_memory(&data)
            return self.measure_slices(&data, with_gradients, inputs)
        finally:
            self.give_back()

    cdef double measure_slices(self, const na_data *data, bint with_gradients, Array inputs) except? -1:
        cdef na_progress progress = na_progress(0, 0, 0)
        cdef void *to = NULL if inputs is None else inputs.view.buf
        cdef na_status status = NA_OK
        while progress.rows < data.rows:
            with nogil:
                if to != NULL:
                    status = na_trainer_input_gradients(self.handle, data, SLICE, &progress, to)
                elif with_gradients:
                    na_trainer_gradients(self.handle, data, SLICE, &progress)
                else:
                    na_trainer_loss(self.handle, data, SLICE, &progress)
            check(status)
            self.raise_again()
        return progress.loss

    def get(self, str array, int layer, str part, out):
        cdef Array target = self.network.hold_part(layer, part, out, True)
        na_trainer_get(self.handle, ARRAYS[array], layer, PARTS[part], target.view.buf)

    def set(self, str array, int layer, str part, values):
        cdef Array source = self.network.hold_part(layer, part, values, False)
        na_trainer_set(self.handle, ARRAYS[array], layer, PARTS[part], source.view.buf)

    def get_input(self, str array, int input, out):
        cdef Array target = self.network.hold_input(input, out, True)
        na_trainer_get_input(self.handle, ARRAYS[array], input, target.view.buf)

    def set_input(self, str array, int input, values):
        cdef Array source = self.network.hold_input(input, values, False)
        na_trainer_set_input(self.handle, ARRAYS[array], input, source.view.buf)

    @property
    def steps(self):
        return na_trainer_steps(self.handle)

    @steps.setter
    def steps(self, int64_t steps):
        na_trainer_set_steps(self.handle, steps)


cdef class Members:
    """Trainers of different networks of one dtype that run next to each other on the same data."""

    cdef list trainers
    cdef na_member *members
    cdef int n

    def __cinit__(self, list trainers):
        cdef Trainer trainer
        self.trainers = trainers
        self.n = positive(len(trainers), "the number of members", NA_MOST_MEMBERS)
        if len({id(trainer.network) for trainer in trainers}) < self.n:
            raise ValueError("each member must train a network of its own")
        self.members = <na_member *>PyMem_Malloc(self.n * sizeof(na_member))
        if self.members == NULL:
            raise MemoryError()
        for i, trainer in enumerate(trainers):
            if trainer.network.kind != (<Trainer>trainers[0]).network.kind:
                raise ValueError("the members must have one dtype")
            self.members[i].trainer = trainer.handle

    def __dealloc__(self):
        PyMem_Free(self.members)

    def run(self, int64_t rows, x, targets, sample_weight, list orders, list rates, list schedules, int n_threads):
        """Makes one pass of each member over the rows of its order, shuffled before; rates: learning rates.

        Whole batches only, unless an order has less than one. Returns the mean loss of each, or None for a member whose
        loss or parameters are not finite; that one is undone as `Trainer.run` does. An exception undoes all.
        """
        cdef na_data data
        cdef Trainer trainer
        cdef Order order
        cdef int taken = 0
        cdef int64_t i
        cdef list held = [(<Trainer>self.trainers[0]).hold_data(&data, rows, x, targets, sample_weight)]
        cdef Trainer first = self.trainers[0]
        for trainer, order, _, _ in zip(self.trainers, orders, rates, schedules, strict=True):
            order.check(rows)
            if trainer.network.n_inputs != first.network.n_inputs or trainer.n_targets != first.n_targets:
                raise ValueError("the members must take the same X and y")
        positive(n_threads, "n_threads")
        try:
            for i in range(self.n):
                trainer, order = self.trainers[i], orders[i]
                trainer.take()
                taken += 1
                trainer.take_memory(&data)
                na_trainer_watch(trainer.handle, False)
                order.shuffle()
                self.prepare(i, order, rates[i], schedules[i], held)
            self.run_slices(&data, n_threads)
        finally:
            for i in range(taken):
                (<Trainer>self.trainers[i]).give_back()
        return [self.ended(i) for i in range(self.n)]

    cdef void prepare(self, int64_t i, Order order, double rate, schedule, list held) except *:
        cdef Trainer trainer = self.trainers[i]
        cdef int64_t batch = trainer.batch_size, n = order.rows
        cdef na_schedule shares
        n = n // batch * batch if n > batch else n
        held.append(hold_schedule(&shares, schedule, n, batch))
        na_trainer_follow(trainer.handle, shares)
        self.members[i].order, self.members[i].n_order, self.members[i].learning_rate = order.pointer(), n, rate
        self.members[i].progress = na_progress(0, 0, 0)

    cdef void run_slices(self, const na_data *data, int n_threads) except *:
        cdef Trainer trainer
        try:
            while not self.all_done():
                with nogil:
                    na_members_run(self.members, self.n, data, SLICE, n_threads)
                for trainer in self.trainers:
                    trainer.raise_again()
        except BaseException:
            for trainer in self.trainers:
                na_trainer_undo(trainer.handle)
                trainer.raised = None
            raise

    cdef bint all_done(self) noexcept:
        cdef int i
        for i in range(self.n):
            if self.members[i].progress.rows < self.members[i].n_order:
                return False
        return True

    cdef object ended(self, int64_t i):
        cdef na_progress *progress = &self.members[i].progress
        if isfinite(progress.loss + progress.penalty):
            return (progress.loss + progress.penalty) / progress.rows
        na_trainer_undo((<Trainer>self.trainers[i]).handle)
        return None
