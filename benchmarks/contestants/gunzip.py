"""Decompression alone, as the yardstick."""

import zlib
from functools import partial
from pathlib import Path

from isal import igzip_lib

from benchmarks.measuring import Outcome

_BLOCK_BYTES = 1 << 20


def with_igzip(path: Path) -> Outcome:
    """Use Intel's library, the fastest known."""
    decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    n_bytes = 0
    with path.open("rb") as file:
        while not decompressor.eof:
            content = file.read(_BLOCK_BYTES) if decompressor.needs_input else b""
            n_bytes += len(decompressor.decompress(content, _BLOCK_BYTES))
    return {"n_bytes": n_bytes}


def with_zlib(path: Path) -> Outcome:
    """Use what Python and gzip use."""
    decompressor = zlib.decompressobj(wbits=31)
    n_bytes = 0
    with path.open("rb") as file:
        for content in iter(partial(file.read, 1 << 18), b""):
            n_bytes += len(decompressor.decompress(content))
    return {"n_bytes": n_bytes}
