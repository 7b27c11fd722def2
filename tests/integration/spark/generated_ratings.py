"""Ratings with everything that two routes could see differently."""

from __future__ import annotations

import numpy as np

_HEADER = "userId,movieId,rating,timestamp\n"


def ratings_csv(seed: int, n_rows: int, *, n_customers: int = 90, n_videos: int = 70) -> bytes:
    """Write ratings as MovieLens' ``ratings.csv``, with what goes wrong in such files.

    Many rate the same video twice, at the same second too; customers and videos have a long tail;
    some rows are malformed, quoted, out of range, or lack something; ids have several alphabets.
    """
    rng = np.random.default_rng(seed)
    customers = np.minimum(rng.zipf(1.4, n_rows), n_customers)
    videos = np.minimum(rng.zipf(1.3, n_rows), n_videos)
    ratings = rng.integers(1, 11, n_rows) / 2
    times = 1_400_000_000 + rng.integers(0, 40, n_rows)
    kinds = rng.choice(9, n_rows, p=[0.82, 0.06, 0.02, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01])
    rows = zip(kinds, customers, videos, ratings, times, strict=True)
    return (_HEADER + "".join(_line(*row) for row in rows)).encode()


def reviews_tsv(seed: int, n_rows: int) -> bytes:
    """Write the columns of Amazon's reviews that matter; titles change, and have lone quotes."""
    rng = np.random.default_rng(seed)
    lines = ["customer_id\tproduct_id\tproduct_title\tstar_rating\treview_body\treview_date"]
    customers, videos = rng.zipf(1.5, n_rows) % 80, rng.zipf(1.4, n_rows) % 60
    for number in range(n_rows):
        title = "" if number % 7 == 0 else f'"Title {videos[number]} as of {number // 50}'
        lines.append(
            f"{customers[number]}\tB{videos[number]:03d}\t{title}\t{rng.integers(1, 6)}\t"
            f"{'a lone ' + chr(34) if number % 11 == 0 else 'fine'}\t2015-08-{1 + number % 28:02d}"
        )
    return "\r\n".join([*lines, ""]).encode()


def movies_csv(n_videos: int = 70) -> bytes:
    """Write titles of some videos."""
    lines = [f'{video},"Title, of {video}",Drama' for video in range(1, n_videos, 2)]
    return "\n".join(["movieId,title,genres", *lines, ""]).encode()


def _line(kind: int, customer: int, video: int, rating: float, time: int) -> str:
    plain = f"{customer},{video},{rating},{time}\n"
    return (
        plain,
        f'"{customer}","{video}",{rating},{time}\n',
        f"{customer},{video},eleven,{time}\n",
        f",{video},{rating},{time}\n",
        f"{customer},{video},99,{time}\n",
        "\n",
        f"ü{customer},羅{video},{rating},\n",
        f'{customer},"{video},{rating},{time}\n',
        plain * 3,
    )[kind]
