"""What compiled loops need of the processors: a gate where threads wait, and prefetching.

numba offers neither. Both are a few instructions of LLVM (language reference: ``atomicrmw``,
``load atomic``, ``llvm.prefetch``), so nothing depends on a threading library.
"""

from __future__ import annotations

import sys
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

# How often a thread looks before it lets others run: about as long as the others usually need.
_LOOKS = 10_000
# Places of the gate's two counters, a cache line apart.
_ARRIVED, _ROUND = 0, 8

_yield_processor = types.ExternalFunction(
    "SwitchToThread" if sys.platform == "win32" else "sched_yield", types.int32()
)


def new_gate() -> NDArray[np.int64]:
    """Make what `wait_for_all` takes."""
    return np.zeros(2 * _ROUND, np.int64)


@intrinsic  # type: ignore[untyped-decorator]
def _add(_: Any, numbers: Any, place: Any, number: Any) -> Any:
    """Add to a number, seen by all threads at once; gives what was there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        return builder.atomic_rmw("add", address, arguments[2], "seq_cst")

    return types.int64(numbers, place, number), generate


@intrinsic  # type: ignore[untyped-decorator]
def _look(_: Any, numbers: Any, place: Any) -> Any:
    """Give a number as other threads have left it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        return builder.load_atomic(address, "seq_cst", 8)

    return types.int64(numbers, place), generate


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_: Any, numbers: Any, place: Any) -> Any:
    """Have the cache line of an array's number fetched, counted without dimensions."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        address = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
        # To be written (1), kept in all caches (3), data (1).
        builder.call(function, [address, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(numbers, place), generate


@numba.njit(  # type: ignore[untyped-decorator]
    "void(int64[::1], int64)", cache=True, nogil=True, no_cfunc_wrapper=True
)
def wait_for_all(gate: np.ndarray, n_workers: int) -> None:  # pragma: no cover - machine code
    """Wait until all workers are here; what each has written before, all see afterwards.

    Parameters
    ----------
    gate : int64 array
        `new_gate`, shared by the workers.
    n_workers : int
    """
    if n_workers == 1:
        return
    present = _look(gate, _ROUND)
    if _add(gate, _ARRIVED, 1) == n_workers - 1:
        _add(gate, _ARRIVED, -n_workers)
        _add(gate, _ROUND, 1)
        return
    looks = 0
    while _look(gate, _ROUND) == present:
        looks += 1
        if looks > _LOOKS:
            _yield_processor()
