import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import EmptyRatingsError, MalformedRatingsError, RatingsFormatError
from recommender.ratings import RatingsSource, RatingsTable, read_ratings
from tests import planted

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=0.5).frame
STARS = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=1.0).frame


def source(content: bytes, name: str = "ratings") -> RatingsSource:
    return RatingsSource(name, lambda: io.BytesIO(content))


def read(content: bytes, **options) -> RatingsTable:
    return read_ratings([source(content)], **options)


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert found["customer_id"].tolist() == expected["customer_id"].tolist()
    assert found["video_id"].tolist() == expected["video_id"].tolist()
    assert found["rating"].tolist() == expected["rating"].astype("float32").tolist()
    assert found["timestamp"].tolist() == expected["timestamp"].tolist()


@pytest.mark.parametrize(
    ("frame", "content"),
    [
        (STARS, planted.amazon_tsv(STARS)),
        (STARS, planted.amazon_tsv(STARS, gz=True)),
        (FRAME, planted.movielens_inter(FRAME)),
        (FRAME, planted.u_data(FRAME)),
        (FRAME, planted.ratings_csv(FRAME)),
        (FRAME, gzip.compress(planted.ratings_csv(FRAME))),
    ],
    ids=["amazon", "amazon-gz", "inter", "u.data", "csv", "csv-gz"],
)
@pytest.mark.parametrize("block_bytes", [200, 1 << 20])
def test_every_format_is_recognised_and_read_whole(frame, content, block_bytes):
    table = read(content, block_bytes=block_bytes)

    assert table.rows_read == len(frame)
    assert sum(table.rejected.values()) == 0
    assert_same(table.frame, frame)
    assert table.frame.dtypes.astype(str).to_dict() == {
        "customer_id": "str",
        "video_id": "str",
        "rating": "float32",
        "timestamp": "Int64",
        "title": "str",
    }


def test_quotes_in_titles_and_reviews_swallow_no_row():
    table = read(planted.amazon_tsv(STARS))

    assert set(planted.AWKWARD_TITLES) <= set(table.frame["title"])
    assert table.frame["title"].tolist() == STARS["title"].tolist()


@pytest.mark.parametrize(
    ("ratings", "titles"),
    [
        (planted.movielens_inter(FRAME), planted.item_table(FRAME)),
        (planted.ratings_csv(FRAME), planted.movies_csv(FRAME)),
        (planted.u_data(FRAME), gzip.compress(planted.item_table(FRAME))),
    ],
    ids=["item", "movies.csv", "item-gz"],
)
def test_titles_beside_the_ratings_are_joined(ratings, titles):
    table = read_ratings([source(titles, "titles"), source(ratings)])

    assert table.rows_read == len(FRAME)
    assert table.frame["title"].tolist() == FRAME["title"].tolist()


def test_titles_of_u_item_may_be_latin_1():
    titles = "1|Amélie (2001)|01-Jan-2001||http://x|0|1\n2||\n".encode("latin-1")

    table = read_ratings([source(b"7\t1\t4\t100\n7\t2\t3\t101\n"), source(titles, "u.item")])

    assert table.frame["title"].fillna("none").tolist() == ["Amélie (2001)", "none"]


def test_titles_beside_ratings_of_a_given_format_are_still_recognised():
    sources = [source(planted.movielens_inter(FRAME)), source(planted.item_table(FRAME))]

    table = read_ratings(sources, ratings_format="movielens-inter")

    assert table.frame["title"].notna().all()


def test_customers_of_recbole_are_passed_over():
    users = source(b"user_id:token\tage:token\n1\t24\n")

    assert read_ratings([users, source(planted.movielens_inter(FRAME))]).rows_read == len(FRAME)


def test_what_else_a_movielens_folder_holds_is_passed_over():
    links = source(b"movieId,imdbId,tmdbId\n1,2,3\n", "links.csv")
    tags = source(b"userId,movieId,tag,timestamp\n1,2,fun,4\n", "tags.csv")
    ratings = source(planted.ratings_csv(FRAME), "ratings.csv")

    table = read_ratings([links, ratings, tags])

    assert table.rows_read == len(FRAME)


def test_several_files_are_read_one_after_the_other():
    half = len(FRAME) // 2
    sources = [
        source(planted.movielens_inter(FRAME[:half]), "a"),
        source(gzip.compress(planted.ratings_csv(FRAME[half:])), "b"),
    ]

    assert_same(read_ratings(sources).frame, FRAME)


def test_bad_rows_are_counted_by_reason_with_their_lines():
    lines = [
        "user_id:token\titem_id:token\trating:float\ttimestamp:float",
        "1\t10\t4\t100",
        "1\t10",  # 3: too few fields
        "1\t10\t4\t100\tmore",  # 4: too many
        "",  # an empty line is no row
        "\t10\t4\t100",  # 6
        "1\t\t4\t100",  # 7
        "1\t10\t\t100",  # 8
        "1\t10\tfour\t100",  # 9
        "1\t10\t5.5\t100",  # 10
        "1\t10\tinf\t100",  # 11
        "1\t10\tnan\t100",  # 12
        "1\t1\x000\t4\t100",  # 13
        "2\t10\t0.5\t",  # no time is no reason
    ]

    table = read("\r\n".join(lines).encode(), max_rejected_ratio=1.0)

    assert table.rows_read == 12
    assert table.examples["malformed"] == tuple(f"ratings:{n}" for n in (3, 4, 9, 12, 13))
    assert table.examples["missing_value"] == tuple(f"ratings:{n}" for n in (6, 7, 8))
    assert table.examples["rating_out_of_range"] == ("ratings:10", "ratings:11")
    assert {reason: len(found) for reason, found in table.examples.items()} == table.rejected
    assert table.frame["customer_id"].tolist() == ["1", "2"]
    assert table.frame["timestamp"].fillna(-1).tolist() == [100, -1]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.sampled_from(
            ["1\t2\t3\t4", "1\t2", "1\t2\tx\t4", "\t2\t3\t4", "1\t2\t9\t4", '"\t"\t3\t4']
        )
    ),
    block_bytes=st.integers(3, 60),
)
def test_every_row_is_kept_or_rejected_whatever_the_blocks(rows, block_bytes):
    content = "\n".join(["1\t2\t3\t4", *rows]).encode()

    table = read(content, max_rejected_ratio=1.0, block_bytes=block_bytes)

    assert table.rows_read == len(rows) + 1
    assert table.rows_read == len(table.frame) + sum(table.rejected.values())
    whole = read(content, max_rejected_ratio=1.0)
    assert table.rejected == whole.rejected
    assert table.examples == whole.examples
    pd.testing.assert_frame_equal(table.frame, whole.frame)


def test_examples_stop_at_twenty():
    table = read(b"1\t2\t3\t4\n" + b"1\t2\n" * 50, max_rejected_ratio=1.0)

    assert table.rejected["malformed"] == 50
    assert table.examples["malformed"] == tuple(f"ratings:{n}" for n in range(2, 22))


def test_csv_fields_in_quotes_may_hold_commas_but_no_broken_quote_swallows_lines():
    content = (
        b"userId,movieId,rating,timestamp,title\n"
        b'1,10,4,100,"Well, well"\n'
        b'"2","10",3.5,101,"The ""best"""\n'
        b'3,10,4,102,"never closed\n'
        b"4,10,4,103,plain\n"
        b'5,"10" x,4,104,odd\n'
    )

    table = read(content, columns={"title": "title"}, max_rejected_ratio=1.0)

    assert table.frame["customer_id"].tolist() == ["1", "2", "4"]
    assert table.frame["title"].tolist() == ["Well, well", 'The "best"', "plain"]
    assert table.examples["malformed"] == ("ratings:4", "ratings:6")


def test_columns_read_a_file_of_unknown_format():
    content = b"reviewer,asin,stars,ms\nA,B,4,1600000000000\n"
    columns = {"customer_id": "reviewer", "video_id": "asin", "rating": "stars"}

    table = read(content, columns={**columns, "timestamp": "ms"})

    assert table.frame["timestamp"].tolist() == [1_600_000_000]
    assert table.frame["video_id"].tolist() == ["B"]


def test_a_column_that_was_asked_for_must_be_there():
    with pytest.raises(RatingsFormatError, match=r"lacks the columns 'when' \(the timestamp\)"):
        read(planted.ratings_csv(FRAME), columns={"timestamp": "when"})


def test_rating_range_can_be_widened():
    content = b"1\t2\t9\t100\n"

    assert read(content, rating_range=(1, 10)).frame["rating"].tolist() == [9.0]
    with pytest.raises(MalformedRatingsError, match="1 rating_out_of_range"):
        read(content)


def test_dates_become_seconds_and_bad_dates_are_missing():
    lines = planted.amazon_tsv(STARS[:2]).decode().splitlines()
    bad_date = lines[1].rpartition("\t")[0] + "\tsoon"

    table = read("\n".join([*lines, bad_date]).encode())

    assert table.frame["timestamp"].isna().tolist() == [False, False, True]
    assert table.frame["timestamp"].iloc[0] == STARS["timestamp"].iloc[0]


def test_ids_keep_their_exact_text():
    table = read(b'007\tNA\t3\t1\n7\tnull\t3\t1\n\xff\t"q\t3\t1\n\xfe\t 5\t3\t1\n')

    assert table.frame["customer_id"].tolist() == ["007", "7", "\\xff", "\\xfe"]
    assert table.frame["video_id"].tolist() == ["NA", "null", '"q', " 5"]


def test_a_byte_order_mark_and_empty_lines_before_the_header_do_no_harm():
    content = b"\xef\xbb\xbf\n\nuserId,movieId,rating,timestamp\n1,2,9,4\n1,2,3,4"

    table = read(content, max_rejected_ratio=1.0)

    assert table.examples["rating_out_of_range"] == ("ratings:4",)
    assert len(table.frame) == 1


def test_input_is_not_changed_by_accounting_that_does_not_add_up():
    with pytest.raises(ValueError, match="rows got lost"):
        RatingsTable(pd.DataFrame({"rating": [1.0]}), rows_read=3, rejected={"malformed": 1})


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_said_to_be_empty(content):
    with pytest.raises(EmptyRatingsError, match=r"ratings: expected ratings, found no row"):
        read(content)


def test_a_header_alone_is_said_to_be_empty():
    with pytest.raises(EmptyRatingsError, match="found no row"):
        read(b"userId,movieId,rating,timestamp\n")


def test_a_header_without_needed_columns_names_them():
    with pytest.raises(RatingsFormatError) as caught:
        read(b"customer_id\tstar_rating\tproduct_title\n1\t2\t3\n")

    message = str(caught.value)
    assert "lacks the columns 'product_id' (the video_id)" in message
    assert "found 'customer_id', 'star_rating', 'product_title'" in message
    assert "movielens-csv" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "content", [b"PAR1\x00\x01\n", b"a;b;c\n1;2;3\n", b"1::2::3::4\n", b"a\tb\tc\td\n"]
)
def test_an_unknown_format_lists_the_known_ones(content):
    with pytest.raises(
        RatingsFormatError, match=r"known format: amazon-reviews .*found a first line"
    ):
        read(content)


def test_a_format_that_was_told_wrong_is_said_so():
    with pytest.raises(RatingsFormatError, match="read as movielens-csv, it lacks the columns"):
        read(planted.movielens_inter(FRAME), ratings_format="movielens-csv")


def test_titles_alone_are_no_ratings():
    with pytest.raises(RatingsFormatError, match="found only titles"):
        read(planted.item_table(FRAME))


def test_a_titles_file_without_titles_is_refused():
    with pytest.raises(RatingsFormatError, match="expected titles in the columns"):
        read(b"item_id:token\tgenre:token_seq\n1\tDrama\n")


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_truncated_gzip_is_said_to_be_broken(cut):
    content = planted.amazon_tsv(STARS, gz=True)

    with pytest.raises(RatingsFormatError, match="truncated or corrupt"):
        read(content[:-cut])


def test_a_gzip_of_many_members_is_read_whole():
    content = planted.u_data(FRAME)
    cut = content.index(b"\n", 300) + 1

    assert read(gzip.compress(content[:cut]) + gzip.compress(content[cut:])).rows_read == len(FRAME)


def test_too_many_bad_rows_stop_the_reading():
    good, bad = b"1\t2\t3\t4\n", b"1\t2\tthree\t4\n"

    assert read(good * 99 + bad).rejected["malformed"] == 1
    with pytest.raises(MalformedRatingsError) as caught:
        read(good * 98 + bad * 2)
    message = str(caught.value)
    assert "2 of 100 rows (2.00%)" in message
    assert "at most 1.00%" in message
    assert "2 malformed (first at ratings:99, ratings:100)" in message


def test_ratings_that_are_no_numbers_are_refused():
    with pytest.raises(MalformedRatingsError, match="cannot be used"):
        read(b"userId,movieId,rating,timestamp\n1,2,good,4\n1,3,bad,4\n")


def test_a_source_is_closed():
    class Closing(io.BytesIO):
        pass

    stream = Closing(planted.u_data(FRAME))
    read_ratings([RatingsSource("x", lambda: stream)])

    assert stream.closed


def test_large_numbers_of_rows_do_not_wrap():
    content = b"".join(b"%d\t%d\t%d\t%d\n" % (n, n % 7, n % 5 + 1, n) for n in range(5000))

    table = read(content, block_bytes=4096)

    assert table.frame["timestamp"].tolist() == list(range(5000))
    assert np.unique(table.frame["customer_id"]).size == 5000
