"""What a run would make of ratings."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from console.check_lines import check_lines
from console.check_sources import local_sources
from console.ratings_check import RatingsCheck, check_whole
from console.ratings_format import format_of
from console.ratings_upload import find_ratings
from console.run_input import checked_input
from recommender.errors import (
    EmptyRatingsError,
    MalformedRatingsError,
    RatingsFormatError,
    RatingsTooLargeError,
)
from recommender.ratings import Workspace
from tests import planted

PLANTED = planted.plant(seed=5, n_customers=40, n_videos=30, n_ratings=600)
Check = Callable[..., RatingsCheck]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def check_content(content: bytes, execution_input: dict | None = None, **more) -> RatingsCheck:
        path = tmp_path / "ratings.csv"
        path.write_bytes(content)
        sources, formats = local_sources(find_ratings(path))
        given = checked_input(execution_input or {})
        return check_whole(sources, given, formats=formats, **more)

    return check_content


def test_good_ratings_are_counted_as_a_run_would(check):
    bad = b"C00001,B1,oops,3\n"
    read: list[int] = []
    content = planted.ratings_csv(PLANTED.frame) + bad

    found = check(content, {"filter": {"min_ratings_per_video": 1}}, advance=read.append)

    assert found.refusal is None
    assert (found.rows_read, found.rejected["malformed"]) == (601, 1)
    assert found.examples["malformed"][0].endswith("ratings.csv:602")
    per_customer = PLANTED.frame["customer_id"].value_counts()
    assert found.kept == per_customer[per_customer >= 5].sum()
    assert found.rows_read == found.kept + sum(found.rejected.values())
    assert sum(found.splits.values()) == found.kept
    assert sum(read) == len(content)


@pytest.mark.parametrize(
    ("content", "execution_input", "error"),
    [
        (b"", {}, EmptyRatingsError),
        (b"a|b|c\n", {}, RatingsFormatError),
        (b"userId,movieId,rating\n1,2,oops\n1,3,bad\n", {}, MalformedRatingsError),
        (b"userId,movieId,rating\n1,2,3\n", {}, EmptyRatingsError),
        (
            b"userId,movieId,rating\n1,2,oops\n",
            {"dataset": {"max_rejected_ratio": 1.0}},
            EmptyRatingsError,
        ),
    ],
)
def test_what_a_run_would_refuse_is_refused(check, content, execution_input, error):
    assert type(check(content, execution_input).refusal) is error


def test_rows_are_counted_even_if_too_many_are_bad(check):
    found = check(b"userId,movieId,rating\n1,2,oops\n1,3,4\n")

    assert isinstance(found.refusal, MalformedRatingsError)
    assert (found.rows_read, found.rejected["malformed"], found.customers) == (2, 1, 1)
    assert "ratings.csv: 1 of 2 rows" in str(found.refusal)


def test_what_does_not_fit_the_function_is_refused(check, monkeypatch):
    asked = []

    def workspace(folder: Path, env: dict[str, str], *, free_bytes: int) -> Workspace:
        asked.append((env, free_bytes))
        return Workspace(ids_bytes=1000, folder=folder)

    monkeypatch.setattr("console.ratings_check.function_workspace", workspace)

    found = check(planted.ratings_csv(PLANTED.frame), memory_mib=1024, disk_mib=512)

    assert isinstance(found.refusal, RatingsTooLargeError)
    assert asked == [({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}, 512 * 1024 * 1024)]


def test_lines_for_people(check):
    found = check(planted.ratings_csv(PLANTED.frame) + b"x,y,oops,3\n" * 5)

    lines = check_lines(found, {"r\x1b.csv": "movielens-csv", "odd": None}, 80)

    assert lines[:3] == ["FILE       FORMAT", "r\\x1b.csv  movielens-csv", "odd        unknown"]
    assert "malformed: ratings.csv:602, ratings.csv:603, ratings.csv:604 and 2 more" in lines
    assert any(line.startswith("A run would take them.") for line in lines)
    assert ["rows", "read", "605"] in [line.split()[:3] for line in lines]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (planted.ratings_csv(PLANTED.frame), "movielens-csv"),
        (planted.amazon_tsv(PLANTED.frame, gz=True), "amazon-reviews"),
        (gzip.compress(planted.u_data(PLANTED.frame))[:200], None),
        (planted.movies_csv(PLANTED.frame), "titles-csv"),
        (b"PAR1....", "parquet"),
        (b"", None),
        (b"hello\n", None),
    ],
)
def test_format_is_told_by_the_beginning(content, found):
    assert format_of(io.BytesIO(content), where="x") == found
