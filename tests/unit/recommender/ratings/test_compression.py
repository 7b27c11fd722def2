import gzip
import itertools
import re
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from recommender.errors import RatingsFormatError
from recommender.ratings.compression import BLOCK_BYTES, decompress, read_head
from tests import planted
from tests.unit.recommender.ratings.streams import SmallReads

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = planted.movielens_inter(planted.plant(n_customers=20, n_videos=10, n_ratings=30).frame)
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"


def blocks_of(content: bytes, *, read_bytes: int = 1 << 20, block_bytes: int = BLOCK_BYTES):
    stream = SmallReads(content, read_bytes)
    return decompress(read_head(stream), stream, where="films", block_bytes=block_bytes)


def plain(content: bytes, **sizes: int) -> bytes:
    return b"".join(blocks_of(content, **sizes))


def with_checksum(content: bytes) -> bytes:
    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})


COMPRESSORS = [gzip.compress, with_checksum]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress, with_checksum])
@pytest.mark.parametrize("read_bytes", [1, 2, 3, 5, 64, 1 << 20])
@pytest.mark.parametrize("block_bytes", [1, 2, 7, 1000, 1 << 20])
def test_content_comes_out_whole_in_blocks_of_any_size(pack, read_bytes, block_bytes):
    blocks = list(blocks_of(pack(TEXT), read_bytes=read_bytes, block_bytes=block_bytes))

    assert b"".join(blocks) == TEXT
    assert all(blocks)
    assert max(map(len, blocks)) <= block_bytes


@pytest.mark.parametrize("content", [b"", b"a", b"ab", b"\n", b"\x1f", b"\x28\xb5\x2f", b"PK\3\4"])
def test_what_is_not_compressed_is_left_alone(content):
    assert plain(content) == content
    assert plain(content, read_bytes=1) == content


@pytest.mark.parametrize("pack", COMPRESSORS)
@pytest.mark.parametrize("read_bytes", [1, 7, 1 << 20])
def test_an_empty_file_may_be_compressed(pack, read_bytes):
    assert plain(pack(b""), read_bytes=read_bytes) == b""
    assert plain(pack(b"") * 3 + pack(b"x") + pack(b""), read_bytes=read_bytes) == b"x"


@pytest.mark.parametrize("pack", COMPRESSORS)
@pytest.mark.parametrize("read_bytes", [1, 2, 10, 1 << 20])
@pytest.mark.parametrize("padding", [0, 1, 3, 512])
def test_members_are_read_one_behind_the_other_with_zeros_between(pack, read_bytes, padding):
    third = len(TEXT) // 3
    parts = [TEXT[:third], TEXT[third : 2 * third], TEXT[2 * third :]]
    content = b"".join(pack(part) + bytes(padding) for part in parts)

    assert plain(content, read_bytes=read_bytes) == TEXT


def test_thousands_of_members_are_read():
    lines = TEXT.splitlines(keepends=True) * 200

    assert plain(b"".join(gzip.compress(line, 1) for line in lines)) == b"".join(lines)


@pytest.mark.parametrize("read_bytes", [1, 5, 1 << 20])
def test_frames_that_are_to_be_skipped_are_skipped(read_bytes):
    frame = zstd.compress(TEXT)

    assert plain(frame + SKIPPABLE + frame + SKIPPABLE, read_bytes=read_bytes) == TEXT * 2


def gzip_with_header(flags: int, content: bytes) -> bytes:
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\1\2\3\4\0\xff"
    header += struct.pack("<H", 7) + b"1234567" if flags & 4 else b""
    header += b"ratings.tsv\0" if flags & 8 else b""
    header += b"a comment\0" if flags & 16 else b""
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF) if flags & 2 else b""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflater.compress(content) + deflater.flush()
    return header + body + struct.pack("<II", zlib.crc32(content), len(content))


@pytest.mark.parametrize("flags", range(32))
def test_a_gzip_header_may_hold_anything_and_come_in_pieces(flags):
    content = gzip_with_header(flags, TEXT[:100]) + gzip_with_header(flags, TEXT[100:])

    for read_bytes in (1, 2, 3, 4, 7, 11, 20, 1 << 20):
        assert plain(content, read_bytes=read_bytes) == TEXT


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED])
def test_every_kind_of_deflated_block_is_read(level, strategy):
    noise = np.random.default_rng(1).bytes(70_000)
    deflater = zlib.compressobj(level, zlib.DEFLATED, 31, strategy=strategy)
    content = deflater.compress(TEXT + noise) + deflater.flush(zlib.Z_FULL_FLUSH)
    content += deflater.compress(TEXT * 50) + deflater.flush()

    assert plain(content, block_bytes=999) == TEXT + noise + TEXT * 50


@pytest.mark.parametrize("pack", COMPRESSORS)
def test_a_file_truncated_at_any_byte_is_said_to_be_truncated(pack):
    kind = "gzip" if pack is gzip.compress else "zstd"
    content = pack(TEXT[:200])

    for n_bytes in range(4, len(content)):
        with pytest.raises(RatingsFormatError) as caught:
            plain(content[:n_bytes])
        assert str(caught.value) == (
            f"films: expected a whole {kind} file, found one that is truncated; copy it again"
        )


@pytest.mark.parametrize("pack", COMPRESSORS)
@pytest.mark.parametrize("read_bytes", [1, 1 << 20])
def test_a_second_member_truncated_at_any_byte_is_never_passed_over(pack, read_bytes):
    first, second = pack(TEXT[:100]), pack(TEXT[100:200])

    for n_bytes in range(1, len(second)):
        with pytest.raises(RatingsFormatError, match=r"truncated|corrupt"):
            plain(first + second[:n_bytes], read_bytes=read_bytes)


@pytest.mark.parametrize("pack", COMPRESSORS)
@pytest.mark.parametrize(
    "garbage", [b"x", b"\0\0\0x", b"1\t2\t3\t4\n" * 9, b"\x1f\x8b\x08?????????"]
)
def test_garbage_behind_a_file_is_said_to_be_corrupt(pack, garbage):
    with pytest.raises(RatingsFormatError, match=r"^films: .* that is (corrupt|trunc)"):
        plain(pack(TEXT) + garbage)


@pytest.mark.parametrize("pack", COMPRESSORS)
def test_a_flipped_bit_is_never_passed_over(pack):
    content = pack(TEXT[:300])
    n_harmless = 0
    for at, bit in itertools.product(range(len(content)), range(8)):
        broken = bytearray(content)
        broken[at] ^= 1 << bit
        try:
            found = plain(bytes(broken))
        except RatingsFormatError:
            continue
        # Some bits have no meaning; without its magic a file is plain text.
        assert found == TEXT[:300] or (at < 4 and found == broken)
        n_harmless += 1
    assert n_harmless < 0.1 * 8 * len(content)


def test_the_checksum_is_compared():
    content = bytearray(gzip.compress(TEXT))
    content[-8] ^= 1

    message = (
        r"^films: expected a whole gzip file, found one that is corrupt \(.+\); copy it again$"
    )
    with pytest.raises(RatingsFormatError, match=message):
        plain(bytes(content))


@pytest.mark.parametrize("n_wrong", [-1, 1])
def test_the_length_is_compared(n_wrong):
    content = gzip.compress(TEXT)[:-4] + struct.pack("<I", len(TEXT) + n_wrong)

    with pytest.raises(RatingsFormatError, match="corrupt"):
        plain(content)


def test_what_was_whole_before_the_damage_is_given_and_then_the_error():
    blocks = blocks_of(gzip.compress(TEXT)[:-1], block_bytes=100)

    assert next(blocks) == TEXT[:100]
    with pytest.raises(RatingsFormatError, match="truncated"):
        list(blocks)


def zstd_zeros(n_blocks: int) -> bytes:
    """Write a frame of blocks that each say only: 131,072 zeros."""
    frame = b"\x28\xb5\x2f\xfd" + b"\x00\x38"  # window of 128 KiB, size unknown
    run = 1 << 1 | (1 << 17) << 3
    blocks = [struct.pack("<I", run)[:3] + b"\0"] * (n_blocks - 1)
    return frame + b"".join(blocks) + struct.pack("<I", run | 1)[:3] + b"\0"


def gzip_zeros(n_blocks: int) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = deflater.compress(b"") + deflater.flush(zlib.Z_FULL_FLUSH)
    once = deflater.compress(bytes(1 << 17)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return head + once * n_blocks  # does not end well, but nobody comes as far


def test_the_zeros_are_zeros():
    assert zstd.decompress(zstd_zeros(3)) == bytes(3 << 17)
    assert plain(zstd_zeros(3)) == bytes(3 << 17)


@pytest.mark.parametrize("bomb", [zstd_zeros, gzip_zeros])
def test_a_gigabyte_of_zeros_takes_no_more_memory_than_a_few_blocks(bomb):
    content = bomb(1 << 13)
    assert len(content) < 3 << 20
    block_bytes = 1 << 16
    stream = SmallReads(content, 1 << 14)
    tracemalloc.start()
    try:
        blocks = decompress(read_head(stream), stream, where="films", block_bytes=block_bytes)
        sizes = [len(block) for block in itertools.islice(blocks, 1000)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert max(sizes) <= block_bytes
    assert sum(sizes) > 1 << 25
    assert peak < 40 * block_bytes


def test_the_head_is_read_even_if_it_comes_in_pieces():
    assert read_head(SmallReads(b"\x28\xb5\x2f\xfd", 1)) == b"\x28\xb5\x2f\xfd"
    assert read_head(SmallReads(b"ab", 1)) == b"ab"
    assert read_head(SmallReads(b"")) == b""


def test_errors_are_of_one_line_and_name_the_file():
    with pytest.raises(RatingsFormatError) as caught:
        plain(gzip.compress(TEXT)[:40] + b"?" * 40)

    assert re.fullmatch(r"films: [^\n]+; copy it again", str(caught.value))
