"""Ratings files into a table: what is kept, what is rejected, and why."""

import gzip
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import EmptyRatingsError, MalformedRatingsError, RatingsFormatError
from recommender.ratings import Accounting, RatingsTable, RowStore, Workspace, read_ratings
from recommender.ratings.identifiers import IdentifierChunks
from recommender.ratings.rows import ROW_BYTES, concatenate
from recommender.ratings.video_titles import VideoTitles
from tests import planted
from tests.unit.recommender.ratings import reference
from tests.unit.recommender.ratings.contents import PACKERS, assert_same, frame_of, read

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=0.5).frame
STARS = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=1.0).frame
CONTENTS = {name: planted.write(STARS, name) for name in planted.WRITERS}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("name", CONTENTS)
def test_every_format_is_recognised_and_read_whole(name, packer):
    with read(PACKERS[packer](CONTENTS[name])) as table:
        found = table.to_frame()
        assert table.accounting.rows_read == table.n_rows == len(STARS)
        assert table.accounting.n_rejected == 0

    assert_same(found, STARS)
    assert found.dtypes.astype(str).to_dict() == {
        "customer_id": "str",
        "video_id": "str",
        "rating": "float32",
        "timestamp": "Int64",
        "title": "str",
    }


@pytest.mark.parametrize("name", [name for name in CONTENTS if name.startswith("movielens")])
def test_half_stars_are_read(name):
    assert_same(frame_of(read(planted.write(FRAME, name))), FRAME)


def test_further_columns_are_passed_over():
    assert_same(frame_of(read(planted.amazon_ratings_2023(STARS, history=True))), STARS)


MESSY = b"".join(
    [
        b"\xef\xbb\xbf\r\n",
        b"customer_id\tproduct_id\tstar_rating\tproduct_title\treview_date\r\n",
        b"c1\tB1\t5\t\t2015-08-31\r\n",
        b'c2\tB1\t4\tA "Title"\t1400025600\n',
        b"\n",
        b"c1\tB2\tfive\tRejected\t2015-08-31\n",
        b"c1\tB1\t3\tSecond title\t\n",
        b"\tB2\t3\tRejected\t2015-08-31\n",
        "ein-sehr-langer-Name-für-eine-Kundin\tB2\t1\tAmélie\t2015-08-31T10:11:12Z\n".encode(),
        b"c3\tB2\n",
        b"c3\tB3\t6\tRejected\t2015-08-31\n",
        b"c3\tB3\t2\t\t1400025600000\n",
        b"\xff\tB3\t2\tRejected\t1\n",
        b"c2\tB2\t4.0\tOther\tsoon",
    ]
)
TITLES = b"movieId,title,genres\nB3,Beside,x\nB1,Not this one,x\n"


@pytest.fixture(scope="module")
def messy() -> reference.Result:
    """What is in the messy file; the lines of its other rows are known."""
    expected = reference.read([("ratings-0", MESSY), ("ratings-1", TITLES)])
    assert expected.examples == {
        "malformed": ("ratings-0:6", "ratings-0:10", "ratings-0:13"),
        "missing_value": ("ratings-0:8",),
        "rating_out_of_range": ("ratings-0:11",),
    }
    assert [row[0] for row in expected.rows[:3]] == ["c1", "c2", "c1"]
    assert [row[4] for row in expected.rows] == [
        *('A "Title"', 'A "Title"', 'A "Title"', "Amélie", "Beside", "Amélie")
    ]
    return expected


@settings(deadline=None)
@given(
    read_bytes=st.integers(1, 400),
    block_bytes=st.integers(1, 400),
    chunk_rows=st.integers(1, 8),
    n_threads=st.integers(1, 3),
    rows_bytes=st.sampled_from([0, 2 * ROW_BYTES, 1 << 20]),
    packer=st.sampled_from(list(PACKERS)),
)
def test_the_result_depends_on_the_files_alone(
    messy, read_bytes, block_bytes, chunk_rows, n_threads, rows_bytes, packer
):
    table = read(
        PACKERS[packer](MESSY),
        TITLES,
        read_bytes=read_bytes,
        max_rejected_ratio=1.0,
        workspace=Workspace(rows_bytes=rows_bytes),
        block_bytes=block_bytes,
        chunk_rows=chunk_rows,
        n_threads=n_threads,
    )

    assert reference.result_of(table) == messy


@settings(deadline=None, max_examples=50)
@given(
    name=st.sampled_from(list(CONTENTS)),
    places=st.lists(st.integers(0, len(STARS)), max_size=3),
    packer=st.sampled_from(list(PACKERS)),
    block_bytes=st.integers(1, 3000),
)
def test_ratings_may_be_cut_into_several_files_at_line_ends(name, places, packer, block_bytes):
    bounds = [0, *sorted(places), len(STARS)]
    parts = [STARS[start:end] for start, end in itertools.pairwise(bounds)]
    contents = [PACKERS[packer](planted.write(part, name)) for part in parts]

    found = frame_of(read(*contents, block_bytes=block_bytes, chunk_rows=50))

    assert_same(found, STARS)


def test_files_of_different_formats_are_read_one_after_the_other():
    half = len(STARS) // 2
    contents = [
        planted.movielens_inter(STARS[:half]),
        gzip.compress(planted.ratings_csv(STARS[half:])),
    ]

    assert_same(frame_of(read(*contents)), STARS)


def test_quotes_in_titles_and_reviews_swallow_no_row():
    found = frame_of(read(planted.amazon_tsv(STARS)))

    assert set(planted.AWKWARD_TITLES) <= set(found["title"])
    assert found["title"].tolist() == STARS["title"].tolist()


# In movies.dat the ids are numbers, or it would not be recognised.
NUMBERED = FRAME.assign(video_id=FRAME["video_id"].str[1:-1])


@pytest.mark.parametrize(
    ("ratings", "films"),
    [
        (planted.movielens_inter(FRAME), planted.item_table(FRAME)),
        (planted.ratings_csv(FRAME), planted.movies_csv(FRAME)),
        (planted.ratings_dat(NUMBERED), planted.movies_dat(NUMBERED)),
        (planted.u_data(FRAME), gzip.compress(planted.item_table(FRAME))),
        (PACKERS["zst"](planted.u_data(FRAME)), PACKERS["zst"](planted.item_table(FRAME))),
    ],
    ids=["item", "movies.csv", "movies.dat", "item-gz", "item-zst"],
)
@pytest.mark.parametrize("block_bytes", [50, 1 << 20])
def test_titles_beside_the_ratings_are_joined(ratings, films, block_bytes):
    for contents in ((films, ratings), (ratings, films)):
        found = frame_of(read(*contents, block_bytes=block_bytes))
        assert len(found) == len(FRAME)
        assert found["title"].tolist() == FRAME["title"].tolist()


def test_titles_of_u_item_may_be_latin_1():
    films = "1|Amélie (2001)|01-Jan-2001||http://x|0|1\n2||\n".encode("latin-1")

    found = frame_of(read(b"7\t1\t4\t100\n7\t2\t3\t101\n", films))

    assert found["title"].fillna("none").tolist() == ["Amélie (2001)", "none"]


def test_titles_beside_ratings_of_a_given_format_are_still_recognised():
    contents = [planted.movielens_inter(FRAME), planted.item_table(FRAME)]

    assert frame_of(read(*contents, ratings_format="movielens-inter"))["title"].notna().all()


def test_the_first_title_of_a_video_is_that_of_all_its_rows():
    header = b"customer_id\tproduct_id\tstar_rating\tproduct_title\n"
    rows = b"1\t7\t5\t\n1\t7\t5\tOne\n2\t7\t4\tTwo\n"

    assert frame_of(read(header + rows))["title"].tolist() == ["One"] * 3


@pytest.mark.parametrize(
    "beside",
    [
        b"user_id:token\tage:token\n1\t24\n",
        b"movieId,imdbId,tmdbId\n1,2,3\n",
        b"userId,movieId,tag,timestamp\n1,2,fun,4\n",
        b"1::F::1::10::48067\n",
        b"",
        b"\n\n",
        gzip.compress(b""),
    ],
)
def test_what_else_a_folder_holds_is_passed_over(beside):
    contents = [beside, planted.movielens_inter(FRAME), beside]

    assert_same(frame_of(read(*contents)), FRAME)


BAD_ROWS = [
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
    f"{'x' * 256}\t10\t4\t100",  # 14
    f"1\t{'é' * 128}\t4\t100",  # 15: 256 bytes
    "1\t10\t0.499\t100",  # 16
    "1\t10\t1e400\t100",  # 17
    "1\t10\t4\udcff\t100",  # 18
    "1\udcff\t10\t4\t100",  # 19: no UTF-8
    "\t10\tfour\t100",  # 20: missing before malformed
    "1\udcff\t10\t9\t100",  # 21: malformed before out of range
    "2\t10\t0.5\t",  # no time is no reason
    f"{'x' * 255}\t10\t5\tsoon",
]


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_bad_rows_are_counted_by_reason_with_their_lines(line_end):
    content = line_end.join(BAD_ROWS).encode("utf-8", "surrogateescape")

    with read(content, max_rejected_ratio=1.0) as table:
        accounting, found = table.accounting, table.to_frame()

    lines = {
        "malformed": (3, 4, 9, 11, 12, 13, 14, 15, 18, 19, 21),
        "missing_value": (6, 7, 8, 20),
        "rating_out_of_range": (10, 16, 17),
    }
    assert accounting.rows_read == 21
    assert accounting.examples == {
        reason: tuple(f"ratings:{number}" for number in numbers)
        for reason, numbers in lines.items()
    }
    assert accounting.rejected == {reason: len(numbers) for reason, numbers in lines.items()}
    assert accounting.n_rejected == 18
    assert found["customer_id"].tolist() == ["1", "2", "x" * 255]
    assert found["timestamp"].fillna(-1).tolist() == [100, -1, -1]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.sampled_from(
            ["1\t2\t3\t4", "1\t2", "1\t2\tx\t4", "\t2\t3\t4", "1\t2\t9\t4", '"\t"\t3\t4', ""]
        )
    ),
    block_bytes=st.integers(3, 60),
)
def test_every_row_is_kept_or_rejected_whatever_the_blocks(rows, block_bytes):
    content = "\n".join(["1\t2\t3\t4", *rows]).encode()

    found = reference.result_of(read(content, max_rejected_ratio=1.0, block_bytes=block_bytes))

    assert found == reference.read([("ratings", content)])
    assert found.rows_read == 1 + sum(map(bool, rows))
    assert found.rows_read == len(found.rows) + sum(found.rejected.values())


def test_examples_stop_at_twenty_in_all_files():
    content = b"1\t2\t3\t4\n" + b"1\t2\n" * 15

    with read(content, content, content, max_rejected_ratio=1.0, block_bytes=20) as table:
        assert table.accounting.rejected["malformed"] == 45
        assert table.accounting.examples["malformed"] == (
            *(f"ratings-0:{number}" for number in range(2, 17)),
            *(f"ratings-1:{number}" for number in range(2, 7)),
        )


def test_every_rating_knows_its_line():
    contents = [
        b"\n\nuserId,movieId,rating,timestamp\n1,2,3,4\n\n1,2\n5,6,4,8\n",
        b"movieId,title,genres\n2,Two,x\n",
        b"1\t2\t3\t4\n\n\n9\t9\t3\t4\n",
    ]
    with read(*contents, max_rejected_ratio=1.0, block_bytes=10, chunk_rows=1) as table:
        rows = concatenate(list(table.chunks()))
        assert np.all(np.diff(rows.line.astype(np.int64)) > 0)
        # Only one more is given than the reader gave itself.
        for number, place in enumerate(
            ["ratings-0:4", "ratings-0:7", "ratings-2:1", "ratings-2:4"]
        ):
            table.accounting.reject("duplicate", rows.line[number : number + 1])
            assert table.accounting.examples["duplicate"][number] == place
        assert table.accounting.rejected["duplicate"] == 4


def test_csv_fields_in_quotes_may_hold_commas_but_no_broken_quote_swallows_lines():
    content = (
        b"userId,movieId,rating,timestamp,title\n"
        b'1,10,4,100,"Well, well"\n'
        b'"2","11",3.5,101,"The ""best"""\n'
        b'3,10,4,102,"never closed\n'
        b"4,12,4,103,plain\n"
        b'5,"10" x,4,104,odd\n'
    )

    with read(content, columns={"title": "title"}, max_rejected_ratio=1.0) as table:
        found, accounting = table.to_frame(), table.accounting

    assert found["customer_id"].tolist() == ["1", "2", "4"]
    assert found["title"].tolist() == ["Well, well", 'The "best"', "plain"]
    assert accounting.examples["malformed"] == ("ratings:4", "ratings:6")


@pytest.mark.parametrize("delimiter", ["\t", "::", ",", ";", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_columns_read_a_file_of_unknown_format(delimiter, header):
    columns = {
        "title": "name",
        "timestamp": "when",
        "rating": "stars",
        "video_id": "film",
        "customer_id": "who",
    }
    content = planted.delimited(STARS, delimiter, columns, header=header)
    numbers = {field: str(number) for number, field in enumerate(columns, start=1)}

    found = frame_of(read(content, columns=columns if header else numbers))

    assert_same(found, STARS)
    assert found["title"].tolist() == STARS["title"].tolist()


def test_milliseconds_become_seconds():
    content = b"reviewer,asin,stars,ms\nA,B,4,1600000000999\n"
    columns = {"customer_id": "reviewer", "video_id": "asin", "rating": "stars", "timestamp": "ms"}

    assert frame_of(read(content, columns=columns))["timestamp"].tolist() == [1_600_000_000]


def test_ratings_may_be_without_times():
    columns = {"customer_id": "who", "video_id": "film", "rating": "stars"}

    found = frame_of(read(b"who;film;stars\nA;B;4\nC;D;5\n", columns=columns))

    assert found["timestamp"].isna().tolist() == [True, True]
    assert found["title"].isna().tolist() == [True, True]


def test_a_column_that_was_asked_for_must_be_there():
    with pytest.raises(RatingsFormatError, match=r"lacks the columns 'when' \(the timestamp\)"):
        read(planted.ratings_csv(FRAME), columns={"timestamp": "when"})


def test_rating_range_can_be_widened_and_narrowed():
    content = b"1\t2\t9\t100\n"

    assert frame_of(read(content, rating_range=(1, 10)))["rating"].tolist() == [9.0]
    assert frame_of(read(content, rating_range=(9, 9)))["rating"].tolist() == [9.0]
    for rating_range in (None, (9.001, 10), (1, 8.999)):
        with pytest.raises(MalformedRatingsError, match="1 rating_out_of_range"):
            read(content, rating_range=rating_range)


def test_dates_become_seconds_and_bad_dates_are_missing():
    lines = planted.amazon_tsv(STARS[:2]).decode().splitlines()
    bad_date = lines[1].rpartition("\t")[0] + "\tsoon"

    found = frame_of(read("\n".join([*lines, bad_date]).encode()))

    assert found["timestamp"].isna().tolist() == [False, False, True]
    assert found["timestamp"].iloc[0] == STARS["timestamp"].iloc[0]


def test_ids_keep_their_exact_text():
    found = frame_of(read('007\tNA\t3\t1\n7\tnull\t3\t1\n羅\t"q\t3\t1\n1.0\t 5\t3\t1\n'.encode()))

    assert found["customer_id"].tolist() == ["007", "7", "羅", "1.0"]
    assert found["video_id"].tolist() == ["NA", "null", '"q', " 5"]


def test_ids_are_numbered_as_they_appear():
    content = b"b\tx\t3\t1\na\ty\t3\t1\nb\tz\t4\t1\nc\tx\t5\t1\n"

    with read(content, chunk_rows=1, block_bytes=5) as table:
        rows = concatenate(list(table.chunks()))
        assert rows.customer.tolist() == [0, 1, 0, 2]
        assert rows.video.tolist() == [0, 1, 2, 0]
        assert list(table.customers.texts(np.array([2, 0]))) == [["c", "b"]]


def test_a_byte_order_mark_and_empty_lines_before_the_header_do_no_harm():
    content = b"\xef\xbb\xbf\n\nuserId,movieId,rating,timestamp\n1,2,9,4\n1,2,3,4"

    for block_bytes in (1, 2, 1 << 20):
        with read(content, max_rejected_ratio=1.0, block_bytes=block_bytes) as table:
            assert table.accounting.examples["rating_out_of_range"] == ("ratings:4",)
            assert table.n_rows == 1


def test_large_numbers_of_rows_do_not_wrap():
    content = b"".join(b"%d\t%d\t%d\t%d\n" % (n, n % 7, n % 5 + 1, n) for n in range(5000))

    found = frame_of(read(content, block_bytes=4096, chunk_rows=700))

    assert found["timestamp"].tolist() == list(range(5000))
    assert found["customer_id"].tolist() == [str(n) for n in range(5000)]


def test_rows_that_got_lost_on_the_way_are_noticed():
    accounting = Accounting()
    accounting.rows_read = 3
    with pytest.raises(ValueError, match="3 rows were read, but 0 kept and 0 rejected"):
        RatingsTable(
            RowStore(memory_bytes=0),
            IdentifierChunks(),
            IdentifierChunks(),
            VideoTitles(),
            accounting,
            Workspace(),
        )


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b""), PACKERS["zst"](b""), b"\r\n"]
)
def test_an_empty_file_is_said_to_be_empty(content):
    with pytest.raises(EmptyRatingsError, match=r"ratings: expected ratings, found no row"):
        read(content)


@pytest.mark.parametrize("line_end", ["", "\n", "\n\n"])
def test_a_header_alone_is_said_to_be_empty(line_end):
    with pytest.raises(EmptyRatingsError, match="found no row"):
        read(f"userId,movieId,rating,timestamp{line_end}".encode())


def test_no_source_at_all_is_empty():
    with pytest.raises(EmptyRatingsError):
        read_ratings([])


def test_a_table_without_ratings_can_still_be_looked_at():
    with read(b"1\t2\t9\t4\n", max_rejected_ratio=1.0) as table:
        assert table.n_rows == 0
        assert table.to_frame().empty
        assert (len(table.customers), len(table.videos)) == (0, 0)
        assert sum(len(chunk) for chunk in table.chunks()) == 0


def test_a_header_without_needed_columns_names_them():
    with pytest.raises(RatingsFormatError) as caught:
        read(b"customer_id\tstar_rating\tproduct_title\n1\t2\t3\n")

    message = str(caught.value)
    assert "lacks the columns 'product_id' (the video_id)" in message
    assert "found 'customer_id', 'star_rating', 'product_title'" in message
    assert "movielens-csv" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "content", [b"PAR\x00\x01\n", b"a;b;c\n1;2;3\n", b"a::b::c::d\n", b"a\tb\tc\td\n", b"\0" * 99]
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


@pytest.mark.parametrize("packer", ["gz", "zst"])
@pytest.mark.parametrize("cut", [1, 30, 200])
@pytest.mark.parametrize("block_bytes", [100, 1 << 20])
def test_a_truncated_file_is_said_to_be_broken(packer, cut, block_bytes):
    content = PACKERS[packer](planted.amazon_tsv(STARS))

    with pytest.raises(RatingsFormatError, match=r"ratings: expected a whole .* truncated; copy"):
        read(content[:-cut], block_bytes=block_bytes)


def test_a_corrupt_file_is_said_to_be_broken_whatever_was_read_before():
    content = bytearray(gzip.compress(planted.u_data(FRAME)))
    content[-5] ^= 1

    with pytest.raises(RatingsFormatError, match=r"ratings: expected a whole gzip file.* corrupt"):
        read(bytes(content), block_bytes=100, chunk_rows=10)


@pytest.mark.parametrize("packer", PACKERS)
def test_a_file_of_many_members_is_read_whole(packer):
    content = planted.u_data(FRAME)
    cut = content.index(b"\n", 300) + 1

    found = frame_of(read(PACKERS[packer](content[:cut]) + PACKERS[packer](content[cut:])))

    assert_same(found, FRAME)


def test_too_many_bad_rows_stop_the_reading():
    good, bad = b"1\t2\t3\t4\n", b"1\t2\tthree\t4\n"

    with read(good * 99 + bad) as table:
        assert table.accounting.rejected["malformed"] == 1
    with pytest.raises(MalformedRatingsError) as caught:
        read(good * 97 + bad * 2 + b"\t2\t3\t4\n")
    message = str(caught.value)
    assert "3 of 100 rows (3.00%)" in message
    assert "at most 1.00%" in message
    assert "read as movielens-u.data" in message
    assert "2 malformed (first at ratings:98, ratings:99)" in message
    assert "1 missing_value (first at ratings:100)" in message
    assert "rating_out_of_range" not in message
    assert "\n" not in message


def test_the_acceptable_share_of_bad_rows_is_set():
    content = b"1\t2\t3\t4\n" * 3 + b"1\t2\n"

    read(content, max_rejected_ratio=0.25).close()
    with pytest.raises(MalformedRatingsError):
        read(content, max_rejected_ratio=0.2499)
    with pytest.raises(MalformedRatingsError):
        read(content, max_rejected_ratio=0.0)


def test_ratings_that_are_no_numbers_are_refused():
    with pytest.raises(MalformedRatingsError, match="cannot be used"):
        read(b"userId,movieId,rating,timestamp\n1,2,good,4\n1,3,bad,4\n")


def test_all_names_of_many_files_would_be_too_many():
    bad = b"1\t2\t3\t4\n" + b"1\t2\n" * 9

    with pytest.raises(
        MalformedRatingsError, match=r"^ratings-0, ratings-1, ratings-2 and 2 more: "
    ):
        read(*[bad] * 5)
    with pytest.raises(
        MalformedRatingsError, match=r"^ratings-0, ratings-1, ratings-2 and 1 more: "
    ):
        read(*[bad] * 4)
    with pytest.raises(MalformedRatingsError, match=r"^ratings-0, ratings-1, ratings-2: "):
        read(*[bad] * 3)
    with pytest.raises(MalformedRatingsError, match=r"^ratings-0, ratings-1: "):
        read(bad, bad)
