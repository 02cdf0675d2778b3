# SPDX-License-Identifier: BSD-3-Clause
"""NumPy's allocator for the data of arrays, replaced for a while (NEP 49): failing allocations, and guarded ones."""

import ctypes
import mmap
from contextlib import contextmanager

try:
    from numpy._core.multiarray import _ARRAY_API
except ImportError:  # NumPy 1
    from numpy.core.multiarray import _ARRAY_API

PAGE = mmap.PAGESIZE
SET_HANDLER = 304  # the place of PyDataMem_SetHandler in _ARRAY_API

_Malloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_Calloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
_Realloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_FUNCTIONS = (
    ("context", ctypes.c_void_p),
    ("malloc", _Malloc),
    ("calloc", _Calloc),
    ("realloc", _Realloc),
    ("free", ctypes.c_void_p),
)


class _Allocator(ctypes.Structure):
    """PyMemAllocatorEx."""

    _fields_ = _FUNCTIONS


class _Handler(ctypes.Structure):
    """PyDataMem_Handler."""

    _fields_ = (("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), *_FUNCTIONS)


def _pythons_allocator():
    allocator = _Allocator()
    ctypes.pythonapi.PyMem_GetAllocator(0, ctypes.byref(allocator))  # PYMEM_DOMAIN_RAW
    return allocator


def _capsule(handler):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(ctypes.addressof(handler), b"mem_handler", None)


def _set_handler(capsule):
    """Set NumPy's handler -> the previous one."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    functions = ctypes.cast(pointer(_ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(functions[SET_HANDLER])(capsule)


_HANDLERS: list[_Handler] = []  # live as long as the process: arrays in their memory may


class FailingMemory:
    """The n-th allocation fails; 0: none does."""

    def __init__(self, n=0):
        self.n = n
        self.asked = 0
        self._c = _pythons_allocator()
        # C's own free: NumPy frees while it handles an error, when no Python can run.
        functions = _Malloc(self._malloc), _Calloc(self._calloc), _Realloc(self._realloc), self.free
        self._handler = _Handler(b"test", 1, self._c.context, *functions)
        self._capsule = _capsule(self._handler)
        _HANDLERS.append(self._handler)

    @property
    def free(self):
        return self._c.free

    def _fails(self):
        self.asked += 1
        return self.asked == self.n

    def _malloc(self, context, size):
        return None if self._fails() else self._c.malloc(context, size)

    def _calloc(self, context, count, size):
        return None if self._fails() else self._c.calloc(context, count, size)

    def _realloc(self, context, old, size):
        return None if self._fails() else self._c.realloc(context, old, size)

    @contextmanager
    def in_use(self):
        """Arrays made inside use this memory."""
        before = _set_handler(self._capsule)
        try:
            yield self
        finally:
            _set_handler(before)


class GuardedMemory(FailingMemory):
    """Each piece ends where an inaccessible page begins or, if `first`, begins where one ends.

    Only `give_back` frees them; no array may use them then.
    """

    def __init__(self, first=False):
        super().__init__()
        self.first = first
        self.sizes = {}
        self.maps = []

    @property
    def free(self):
        return ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value  # a function without effect

    def _malloc(self, context, size):
        self.asked += 1
        pages = -(-max(size, 1) // PAGE) * PAGE
        memory = mmap.mmap(-1, pages + 2 * PAGE)
        self.maps.append(memory)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for guard in (start, start + PAGE + pages):
            assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(guard), ctypes.c_size_t(PAGE), 0) == 0
        address = start + PAGE + (0 if self.first else pages - size)
        self.sizes[address] = size
        return address

    def _calloc(self, context, count, size):
        return self._malloc(context, count * size)

    def _realloc(self, context, old, size):
        new = self._malloc(context, size)
        ctypes.memmove(new, old, min(size, self.sizes[old]))
        return new

    def give_back(self):
        self.sizes.clear()
        self.maps.clear()
