"""Ratings whose structure is known, and writers of the formats they come in.

A rating is ``mean + customer + video + customer factors . video factors + noise``. So the best
possible RMSE is known, the bias baseline's is above it, and the global mean's above that: a model
that learned nothing cannot hide.
"""

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.rating_formats import AMAZON_COLUMNS, RatingField, RatingsFormat

MEAN = 3.0
FIRST_SECOND = 1_400_025_600  # midnight: Amazon's reviews have dates only
DAY_SECONDS = 86_400
RATING_COLUMNS = ("customer_id", "video_id", "rating", "timestamp")

# What readers stumble over: quotes in any place, delimiters of other formats, other alphabets.
AWKWARD_TITLES = (
    '"Weird Al" Yankovic Live (1999)',
    '"An Opening Quote Without End',
    'The "Best" of, Well, Everything | Vol. 1',
    "Amélie: Le fabuleux destin",
    "羅生門 (1950)",
    "NA",
    "it's; a: test",
)


@dataclass(frozen=True)
class PlantedRatings:
    """Generated ratings.

    Attributes
    ----------
    frame : DataFrame
        ``customer_id``, ``video_id``, ``rating`` (float64), ``timestamp`` (int64), ``title``;
        no pair twice.
    optimum_rmse : float
        RMSE of the planted structure itself on these ratings: no model does better on new ones.
    """

    frame: pd.DataFrame
    optimum_rmse: float


def plant(
    seed: int = 0,
    *,
    n_customers: int = 200,
    n_videos: int = 100,
    n_ratings: int = 6000,
    rank: int = 3,
    noise: float = 0.2,
    bias_scale: float = 0.3,
    factor_scale: float = 0.6,
    step: float | None = None,
) -> PlantedRatings:
    """Generate ratings between 1 and 5; rounded to multiples of `step`, if given."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice(n_customers * n_videos, size=n_ratings, replace=False)
    customer, video = pairs // n_videos, pairs % n_videos
    customer_bias = rng.normal(0, bias_scale, n_customers)
    video_bias = rng.normal(0, bias_scale, n_videos)
    customer_factors = rng.normal(0, factor_scale, (n_customers, rank))
    video_factors = rng.normal(0, factor_scale, (n_videos, rank))
    interaction = (customer_factors[customer] * video_factors[video]).sum(axis=1)
    expected = MEAN + customer_bias[customer] + video_bias[video] + interaction
    rating = np.clip(expected + rng.normal(0, noise, n_ratings), 1.0, 5.0)
    if step is not None:
        rating = np.round(rating / step) * step
    titles = [
        AWKWARD_TITLES[number] if number < len(AWKWARD_TITLES) else f"Video {number} (2001)"
        for number in range(n_videos)
    ]
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{number:05d}" for number in customer],
            "video_id": [f"B{number:08d}X" for number in video],  # as ASINs are
            "rating": np.round(rating, 4),
            "timestamp": FIRST_SECOND + rng.integers(0, 2000, n_ratings) * DAY_SECONDS,
            "title": [titles[number] for number in video],
        }
    )
    errors = frame["rating"].to_numpy() - np.clip(expected, 1.0, 5.0)
    return PlantedRatings(frame, float(np.sqrt(np.mean(np.square(errors)))))


def amazon_tsv(
    frame: pd.DataFrame, *, extra_lines: tuple[str, ...] = (), gz: bool = False
) -> bytes:
    """Write the 15 columns of Amazon's reviews, without quoting, as Amazon did."""
    dates = pd.to_datetime(frame["timestamp"], unit="s").dt.strftime("%Y-%m-%d")
    lines = ["\t".join(AMAZON_COLUMNS)]
    rows = zip(
        frame["customer_id"],
        frame["video_id"],
        frame["title"],
        frame["rating"],
        dates,
        strict=True,
    )
    for number, (customer, video, title, rating, date) in enumerate(rows):
        headline, body = _REVIEWS[number % len(_REVIEWS)]
        lines.append(
            f"US\t{customer}\tR{number}\t{video}\t{number}\t{title}\tDigital_Video_Download\t"
            f"{rating:g}\t0\t0\tN\tY\t{headline}\t{body}\t{date}"
        )
    content = "\n".join([*lines, *extra_lines, ""]).encode()
    return gzip.compress(content, mtime=0) if gz else content


_REVIEWS = (
    ("Great", "I liked it.<br />Really."),
    ('"A classic', "a quote that never ends"),
    ('5" screen', '"Five stars"'),
    ("", "no headline"),
)


def amazon_ratings_2014(frame: pd.DataFrame) -> bytes:
    """Write UCSD's ratings of 2014: no header, the customer first."""
    return _lines(",", frame, RATING_COLUMNS, rating_format="")


def amazon_ratings_2018(frame: pd.DataFrame) -> bytes:
    """Write UCSD's ratings of 2018: no header, the video first."""
    columns = ("video_id", "customer_id", "rating", "timestamp")
    return _lines(",", frame, columns, rating_format="")


def amazon_ratings_2023(frame: pd.DataFrame, *, history: bool = False) -> bytes:
    """Write UCSD's ratings of 2023: times in milliseconds, perhaps what was bought before."""
    header = "user_id,parent_asin,rating,timestamp" + (",history" if history else "")
    frame = frame.assign(timestamp=frame["timestamp"] * 1000, history="B000000001 B000000002")
    columns = [*RATING_COLUMNS, "history"] if history else RATING_COLUMNS
    return f"{header}\n".encode() + _lines(",", frame, columns, rating_format="")


def movielens_inter(frame: pd.DataFrame) -> bytes:
    """Write RecBole's ``.inter``."""
    header = b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    return header + _lines("\t", frame, RATING_COLUMNS)


def u_data(frame: pd.DataFrame) -> bytes:
    """Write MovieLens-100K's ``u.data``: no header."""
    return _lines("\t", frame, RATING_COLUMNS)


def ratings_dat(frame: pd.DataFrame) -> bytes:
    """Write ``ratings.dat`` of MovieLens-1M and 10M: no header."""
    return _lines("::", frame, RATING_COLUMNS)


def ratings_csv(frame: pd.DataFrame) -> bytes:
    """Write MovieLens' ``ratings.csv``."""
    columns = {"customer_id": "userId", "video_id": "movieId"}
    wanted = frame.rename(columns=columns)[["userId", "movieId", "rating", "timestamp"]]
    return wanted.to_csv(index=False, lineterminator="\n").encode()


def item_table(frame: pd.DataFrame) -> bytes:
    """Write RecBole's ``.item``: titles of the videos."""
    lines = ["item_id:token\tmovie_title:token_seq\trelease_year:token"]
    lines += [f"{video}\t{title}\t1999" for video, title in _titles(frame)]
    return "\n".join([*lines, ""]).encode()


def movies_csv(frame: pd.DataFrame) -> bytes:
    """Write MovieLens' ``movies.csv``: quoted where needed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["movieId", "title", "genres"])
    writer.writerows([video, title, "Drama|War"] for video, title in _titles(frame))
    return out.getvalue().encode()


def movies_dat(frame: pd.DataFrame, *, encoding: str = "utf-8") -> bytes:
    """Write ``movies.dat`` of MovieLens-1M (Latin-1) and 10M (UTF-8)."""
    lines = [f"{video}::{title}::Drama|War" for video, title in _titles(frame)]
    return "\n".join([*lines, ""]).encode(encoding)


def delimited(
    frame: pd.DataFrame, delimiter: str, columns: Mapping[RatingField, str], *, header: bool = True
) -> bytes:
    """Write any delimited file with the columns as named; quoted where the delimiter allows it."""
    wanted = frame[list(columns)].rename(columns=dict(columns))
    if len(delimiter) == 1 and delimiter != "\t":
        return wanted.to_csv(
            sep=delimiter, header=header, index=False, lineterminator="\n"
        ).encode()
    head = f"{delimiter.join(columns.values())}\n".encode() if header else b""
    return head + _lines(delimiter, frame, list(columns))


def _lines(
    delimiter: str, frame: pd.DataFrame, columns: Sequence[str], *, rating_format: str = "g"
) -> bytes:
    """Write rows without quoting; five stars are ``5``, or ``5.0`` with an empty format."""
    texts = [
        [format(value, rating_format) if name == "rating" else str(value) for value in frame[name]]
        for name in columns
    ]
    return "".join(f"{delimiter.join(row)}\n" for row in zip(*texts, strict=True)).encode()


def _titles(frame: pd.DataFrame) -> list[tuple[str, str]]:
    unique = frame.drop_duplicates("video_id")
    return list(zip(unique["video_id"], unique["title"], strict=True))


WRITERS: Mapping[RatingsFormat, Callable[[pd.DataFrame], bytes]] = {
    "amazon-reviews": amazon_tsv,
    "amazon-ratings-2014": amazon_ratings_2014,
    "amazon-ratings-2018": amazon_ratings_2018,
    "amazon-ratings-2023": amazon_ratings_2023,
    "movielens-inter": movielens_inter,
    "movielens-u.data": u_data,
    "movielens-ratings.dat": ratings_dat,
    "movielens-csv": ratings_csv,
}


def write(frame: pd.DataFrame, ratings_format: RatingsFormat) -> bytes:
    """Write a text file of a known format; Parquet is none."""
    return WRITERS[ratings_format](frame)
