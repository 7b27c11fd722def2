"""Ratings files: found, looked into, uploaded."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from console.errors import BadInputError
from console.ratings_upload import check_ratings, find_ratings, upload_ratings

CSV = b"userId,movieId,rating,timestamp\n1,10,4.5,1\n2,10,3,2\n"
MOVIES = b"movieId,title,genres\n10,Ten,Drama\n"


def write(folder: Path, name: str, content: bytes = CSV) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("ratings", "titles"),
    [
        ("ml.inter", "ml.item"),
        ("u.data", "u.item"),
        ("ratings.csv", "movies.csv"),
        ("ratings.csv.gz", "movies.csv"),
    ],
)
def test_titles_beside_the_ratings_are_taken_along(tmp_path, ratings, titles):
    path, beside = write(tmp_path, ratings), write(tmp_path, titles, MOVIES)
    write(tmp_path, "notes.txt")

    assert find_ratings(path).paths == (path, beside)


def test_ratings_without_titles_stand_alone(tmp_path):
    path = write(tmp_path, "My reviews (1).tsv.gz")

    files = find_ratings(path)

    assert files.paths == (path,)
    assert files.name == "My-reviews-1"


def test_folder_gives_the_files_that_are_ratings_or_titles(tmp_path):
    ratings, movies = write(tmp_path, "ratings.csv"), write(tmp_path, "movies.csv", MOVIES)
    write(tmp_path, "README.txt", b"Read me.\n")

    assert set(find_ratings(tmp_path).paths) == {ratings, movies}


@pytest.mark.parametrize("name", ["missing.csv", ""])
def test_missing_file_and_empty_folder_are_refused(tmp_path, name):
    with pytest.raises(BadInputError, match=r"no such file|found none"):
        find_ratings(tmp_path / name)


def test_good_ratings_pass(tmp_path):
    write(tmp_path, "movies.csv", MOVIES)
    check_ratings(find_ratings(write(tmp_path, "ratings.csv")), {})
    check_ratings(find_ratings(write(tmp_path, "r.csv.gz", gzip.compress(CSV))), {})


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", "EmptyRatingsError", "found no row"),
        (b"userId,movieId,rating\n", "EmptyRatingsError", "found no row"),
        (b"a,b,c\n1,2,3\n", "RatingsFormatError", "known format"),
        (b"userId,stars\n1,2\n", "RatingsFormatError", "lacks the columns"),
        (b"userId,movieId,rating\n1,2,good\n", "MalformedRatingsError", "1 of 1 rows"),
        (gzip.compress(CSV * 50, mtime=0)[:-20], "RatingsFormatError", "truncated"),
    ],
)
def test_bad_ratings_are_refused_with_the_file_name(tmp_path, content, error, message):
    path = write(tmp_path, "mine.csv", content)

    with pytest.raises(BadInputError, match=message) as raised:
        check_ratings(find_ratings(path), {})

    assert raised.value.error == error
    assert str(path) in str(raised.value)


def test_columns_of_the_input_are_respected(tmp_path):
    path = write(tmp_path, "mine.csv", b"who,what,stars\nA,B,5\n")
    columns = {"customer_id": "who", "video_id": "what", "rating": "stars"}

    check_ratings(find_ratings(path), {"format": None, "columns": columns})
    with pytest.raises(BadInputError, match="known format"):
        check_ratings(find_ratings(path), {})


def test_share_of_bad_rows_is_not_judged_by_the_head_of_a_large_file(tmp_path, monkeypatch):
    monkeypatch.setattr("console.ratings_upload._HEAD_BYTES", 100)
    rows = b"1,2,oops\n" * 20 + b"1,2,3\n" * 5000
    path = write(tmp_path, "large.csv", b"userId,movieId,rating\n" + rows)

    check_ratings(find_ratings(path), {})


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def upload_file(self, filename: str, bucket: str, key: str, Callback: Any) -> None:
        self.objects[bucket, key] = content = Path(filename).read_bytes()
        if Callback is not None:
            Callback(len(content))


def test_files_are_uploaded_below_raw(tmp_path):
    write(tmp_path, "movies.csv", MOVIES)
    files = find_ratings(write(tmp_path, "ratings.csv"))
    s3 = Bucket()

    assert upload_ratings(s3, "bucket", files) == "s3://bucket/raw/ratings/"
    sent: list[int] = []
    uri = upload_ratings(s3, "bucket", files, name="other", advance=sent.append)
    assert uri == "s3://bucket/raw/other/"
    assert sent == [len(MOVIES), len(CSV)]  # the ratings last

    assert s3.objects["bucket", "raw/ratings/ratings.csv"] == CSV
    assert s3.objects["bucket", "raw/other/movies.csv"] == MOVIES
