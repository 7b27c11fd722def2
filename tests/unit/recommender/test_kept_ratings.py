from itertools import pairwise

import numpy as np
import pytest

from recommender.errors import RatingsTooLargeError
from recommender.kept_ratings import BLOCK_ROWS, BYTES_PER_ROW, KeptRatings
from recommender.tables import RatingsColumns
from tests.unit.recommender.ratings.open_files import needs_proc, open_files

N_RATINGS = 2 * BLOCK_ROWS + 1
IN_MEMORY, ON_DISK = N_RATINGS * BYTES_PER_ROW, N_RATINGS * BYTES_PER_ROW - 1


def ratings(n_ratings=N_RATINGS):
    rng = np.random.default_rng(0)
    return RatingsColumns(
        rng.integers(0, 2**31 - 1, n_ratings, dtype=np.int32),
        rng.integers(0, 2**31 - 1, n_ratings, dtype=np.int32),
        rng.random(n_ratings, dtype=np.float32),
        None,
    )


@needs_proc
@pytest.mark.parametrize(("memory_bytes", "n_files"), [(IN_MEMORY, 0), (ON_DISK, 1)])
@pytest.mark.parametrize("edges", [(0, N_RATINGS), (0, 5, 5, BLOCK_ROWS + 6, N_RATINGS)])
def test_what_is_kept_is_given_again_and_again(tmp_path, memory_bytes, n_files, edges):
    whole = ratings()
    with KeptRatings(tmp_path, n_ratings=N_RATINGS, memory_bytes=memory_bytes) as kept:
        kept.fill(whole[start:stop] for start, stop in pairwise(edges))
        assert len(open_files(tmp_path)) == n_files
        for _ in range(2):
            blocks = list(kept)
            assert max(map(len, blocks)) == BLOCK_ROWS
            for name in ("user_index", "item_index", "rating"):
                found = np.concatenate([getattr(block, name) for block in blocks])
                assert found.dtype == getattr(whole, name).dtype
                np.testing.assert_array_equal(found, getattr(whole, name))

    assert open_files(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_fits_neither_memory_nor_disk_is_refused_before_it_is_read(tmp_path):
    with pytest.raises(
        RatingsTooLargeError,
        match=r"take 11444091 MiB, more than the 768 MiB of memory and the \d+",
    ):
        KeptRatings(tmp_path, n_ratings=10**12, memory_bytes=768 << 20)
