import math
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RatingsFormatError
from recommender.rating_formats import (
    DIALECTS,
    KNOWN_FORMATS_TEXT,
    RATING_FIELDS,
    RATINGS_FORMATS,
    SIDE_FORMATS,
    RatingsDialect,
    column_positions,
    detect,
    dialect_for,
    dialect_for_columns,
    header_names,
    recognise,
)
from tests import planted

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=50, step=0.5).frame
AMAZON_HEADER = planted.write(FRAME, "amazon-reviews").decode().partition("\n")[0]

# First lines of the published files.
FIRST_LINES = [
    (AMAZON_HEADER, "amazon-reviews"),
    ("A39HTATAQ9V7YF,0205616461,5.0,1369699200", "amazon-ratings-2014"),
    ("A3M174IC0VXOS2,B0000X7XYZ,1,1369699200", "amazon-ratings-2014"),
    ("#oc-R11D9D7SHXIJB9,130466578X,4.0,1386028800", "amazon-ratings-2014"),
    ("0001527665,A3478QRKQDOPQ2,5.0,1362960000", "amazon-ratings-2018"),
    ("B00A12345Z,A3478QRKQDOPQ2,5.0,1362960000", "amazon-ratings-2018"),
    ('"B00A12345Z","A3478QRKQDOPQ2","5.0","1362960000"', "amazon-ratings-2018"),
    ("user_id,parent_asin,rating,timestamp", "amazon-ratings-2023"),
    ("user_id,parent_asin,rating,timestamp,history", "amazon-ratings-2023"),
    ("user_id:token\titem_id:token\trating:float\ttimestamp:float", "movielens-inter"),
    ("196\t242\t3\t881250949", "movielens-u.data"),
    ("C00001\tB000000012\t3.5\t881250949", "movielens-u.data"),
    ("\t242\t3\t8.81250949E8", "movielens-u.data"),  # a missing id is the reader's affair
    ("1::1193::5::978300760", "movielens-ratings.dat"),
    ("1::122::5.0::838985046", "movielens-ratings.dat"),
    ("userId,movieId,rating,timestamp", "movielens-csv"),
    ('"userId","movieId","rating","timestamp"', "movielens-csv"),
    # Nearly ratings: what they lack is said when the columns are looked for.
    ("userId,stars", "movielens-csv"),
    ("movieId,stars", "movielens-csv"),
    ("movieId,rating,title", "movielens-csv"),
    ("userId,movieId,title", "movielens-csv"),
    ("userId,movieId,tag,rating", "movielens-csv"),
    ("rating:float\tlabel:float", "movielens-inter"),
    ("user_id:token\titem_id:token", "movielens-inter"),
    ("customer_id\tstar_rating", "amazon-reviews"),
    ("customer_id\tproduct_id\tproduct_title", "amazon-reviews"),
    # What lies beside ratings.
    ("item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq", "titles-item"),
    ("item_id:token\ttitle:token\tsales_rank:float\taverage_rating:float", "titles-item"),
    ("user_id:token\tage:token\tgender:token\toccupation:token\tzip:token", "customers-user"),
    ("item_id:token\tentity_id:token", "relations-kg"),
    ("head_id:token\trelation_id:token\ttail_id:token", "relations-kg"),
    ("source_id:token\ttarget_id:token", "relations-kg"),
    (
        "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)"
        "|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0",
        "titles-u.item",
    ),
    ("1|24|M|technician|85711", "customers-u.user"),
    ("movieId,title,genres", "titles-csv"),
    ("userId,movieId,tag,timestamp", "tags-csv"),
    ("movieId,imdbId,tmdbId", "links-csv"),
    ("movieId,tagId,relevance", "genome-csv"),
    ("tagId,tag", "genome-csv"),
    ("1::Toy Story (1995)::Animation|Children's|Comedy", "titles-movies.dat"),
    ("1::Toy Story (1995)::Adventure|Animation|Children|Comedy|Fantasy", "titles-movies.dat"),
    ("7::Alien :: Resurrection::Sci-Fi", "titles-movies.dat"),
    ("8::M::Crime|Film-Noir", "titles-movies.dat"),
    ("1::F::1::10::48067", "customers-users.dat"),
    ("15::4973::excellent!::1215184630", "tags-tags.dat"),
]

NEAR_MISSES = [
    "",
    "rating",
    "star_rating",
    "a\tb\tc\td",
    "a;b;c",
    "PAR1\x00\x01",
    '{"rating": 5, "user": 1}',
    # Who is the customer?
    "1,1193,5,978300760",
    "B00A12345Z,B00B12345Z,5.0,1362960000",
    "B00A12345Z,0001527665,5.0,1362960000",
    "0001527665,0205616461,5.0,1362960000",
    "1234567890,42,5.0,1362960000",  # ten digits may be a customer as well
    "42,1234567890,5.0,1362960000",
    "1234567890,m42,5.0,1362960000",
    "B00A12345,A3478QRKQDOPQ2,5.0,1362960000",  # nine characters
    "b00a12345z,A3478QRKQDOPQ2,5.0,1362960000",
    "000152766x,A3478QRKQDOPQ2,5.0,1362960000",
    # The video first, where the customer should be.
    "B00A12345Z\tA3478QRKQDOPQ2\t5.0\t1362960000",
    "0001527665\tA3478QRKQDOPQ2\t5.0\t1362960000",
    "B00A12345Z::A3478QRKQDOPQ2::5.0::1362960000",
    "0001527665::A3478QRKQDOPQ2::5.0::1362960000",
    # Not numbers, not four.
    "196\t242\tgood\t881250949",
    "196\t242\tnan\t881250949",
    "196\t242\tinf\t881250949",
    "196\t242\t1_0\t881250949",
    "196\t242\t٣\t881250949",
    "196\t242\t3\t1998-01-01",
    "196\t242\t3\t",
    "196\t242\t3",
    "196\t242\t3\t881250949\tmore",
    "A39HTATAQ9V7YF,0205616461,5.0,yesterday",
    "A39HTATAQ9V7YF,0205616461,,1369699200",
    "A39HTATAQ9V7YF,0205616461,5.0",
    "A39HTATAQ9V7YF;0205616461;5.0;1369699200",
    "1::1193::5",
    "a::b::c::d",
    "UserID::MovieID::Rating::Timestamp",
    # Headers that say too little.
    "user_id,item_id,rating,timestamp",
    "parent_asin,title,average_rating",
    "customer_id\tproduct_id\tstars",
    "user_id:token\tvideo\trating:float",
    # Neither users nor films.
    "1|2|5|978300760|0",
    "1|1999|01-Jan-1995||x|0|1",
    "1|Toy Story|x|y|z",
    "1|Toy Story (1995)|01-Jan-1995||x|2|0",
    "x|Toy Story (1995)|01-Jan-1995||x|0|1",
    "1|old|M|technician|85711",
    "1::1995::Drama",
    "1::Toy Story (1995)::5",
    "x::Toy Story (1995)::Drama",
    "1::::Drama",
]


@pytest.mark.parametrize(("line", "expected"), FIRST_LINES)
def test_a_file_is_told_by_its_first_line(line, expected):
    assert detect(line) == expected


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_what_is_only_similar_is_nothing_known(line):
    assert detect(line) is None


def test_every_text_format_is_among_the_first_lines():
    assert {name for _, name in FIRST_LINES} == {*RATINGS_FORMATS, *SIDE_FORMATS} - {"parquet"}


@pytest.mark.parametrize("name", RATINGS_FORMATS)
def test_every_format_has_a_dialect_and_is_explained(name):
    assert DIALECTS[name].name == name
    assert f"{name} (" in KNOWN_FORMATS_TEXT


@pytest.mark.parametrize("name", planted.WRITERS)
def test_the_columns_of_every_format_hold_what_they_should(name):
    header, *lines = planted.write(FRAME, name).decode().splitlines()

    assert detect(header) == name
    dialect = choose(header)
    assert dialect.name == name
    first = (header if dialect.headless else lines[0]).split(dialect.delimiter)
    positions = column_positions(header_names(header, dialect), dialect, where="x")
    row = FRAME.iloc[0]
    assert first[positions["customer_id"]] == row["customer_id"]
    assert first[positions["video_id"]] == row["video_id"]
    assert float(first[positions["rating"]]) == row["rating"]
    assert "timestamp" in positions
    assert ("title" in positions) == (name == "amazon-reviews")


def test_ratings_lie_between_the_stars_of_their_site():
    ranges = {name: dialect.rating_range for name, dialect in DIALECTS.items()}

    assert {ranges[name] for name in ranges if name.startswith("amazon")} == {(1.0, 5.0)}
    assert {ranges[name] for name in ranges if name.startswith("movielens")} == {(0.5, 5.0)}


PARTS = [
    *("\t", "::", ",", "|", ";", '"', " ", ""),
    *("userId", "movieId", "rating", "user_id", "parent_asin", "star_rating", "customer_id"),
    *("user_id:token", "item_id:token", "rating:float", "title", "tag", "M", "A1", "nan"),
    *("B00A12345Z", "A3478QRKQDOPQ2", "0001527665", "42", "5.0", "-1", "1e3", "9" * 30),
]
STRUCTURED = st.lists(st.sampled_from(PARTS), max_size=11).map("".join)
LINES = st.one_of(st.text(), STRUCTURED)


def joined(*fields: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    delimiters = st.sampled_from(["\t", "::", ",", "|"])
    return st.builds(lambda by, texts: by.join(texts), delimiters, st.tuples(*fields))


IDS = st.sampled_from(["B00A12345Z", "A3478QRKQDOPQ2", "0001527665", "42", "", "B1", "#oc-R1"])
NUMBERS = st.sampled_from(["5", "4.5", "1362960000", "", "x", "nan", ".", "1e3", "+.5"])


def is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


@settings(deadline=None, max_examples=300)
@given(line=st.one_of(LINES, joined(IDS, IDS, NUMBERS, NUMBERS), joined(IDS, IDS, NUMBERS)))
def test_no_line_is_called_ratings_unless_its_fields_fit(line):
    found = detect(line)

    if found not in DIALECTS:
        return
    dialect = DIALECTS[found]
    fields = [field.strip('"') for field in line.split(dialect.delimiter)]
    if not dialect.headless:
        names = {"userId", "movieId", "parent_asin", "user_id:token", "item_id:token"}
        assert names & {*fields} or any("rating" in field for field in fields)
        return
    assert len(fields) == 4
    at = column_positions(dialect.headless, dialect, where="x")
    customer, video = fields[at["customer_id"]], fields[at["video_id"]]
    assert is_finite(fields[at["rating"]])
    assert is_finite(fields[at["timestamp"]])
    assert not re.fullmatch("B[0-9A-Z]{9}", customer) or re.fullmatch(
        "B[0-9A-Z]{9}|[0-9]{9}[0-9X]", video
    )
    if found.startswith("amazon"):
        assert re.fullmatch("B[0-9A-Z]{9}|[0-9]{9}[0-9X]", video)


@given(customer=IDS, video=IDS)
def test_the_order_of_amazon_s_columns_follows_the_asin(customer, video):
    swapped = {"amazon-ratings-2014": "amazon-ratings-2018", None: None}
    swapped |= {"amazon-ratings-2018": "amazon-ratings-2014"}

    found = detect(f"{customer},{video},5.0,1362960000")

    assert detect(f"{video},{customer},5.0,1362960000") == swapped[found]


def test_long_lines_take_no_longer_than_they_are():
    digits = "9" * 1_000_000

    assert detect(f"1\t2\t{digits}x\t4") is None
    assert detect(f"1\t2\t{digits}\t4") == "movielens-u.data"


def choose(line: str, *, ratings_format=None, columns=None) -> RatingsDialect:
    return dialect_for(line, where="ratings", ratings_format=ratings_format, columns=columns)


def refusal(line: str, *, ratings_format=None, columns=None) -> str:
    with pytest.raises(RatingsFormatError) as caught:
        choose(line, ratings_format=ratings_format, columns=columns)
    message = str(caught.value)
    assert message.startswith("ratings: expected ")
    assert "\n" not in message
    return message


def test_a_format_that_was_told_is_not_detected():
    line = "1,1193,5,978300760"

    assert choose(line, ratings_format="amazon-ratings-2014").name == "amazon-ratings-2014"
    assert choose("1\t2\t3\t4", ratings_format="movielens-csv").name == "movielens-csv"


def test_who_comes_first_must_be_clear_or_told():
    message = refusal("B00A12345Z,B00B12345Z,5.0,1362960000")

    assert "expected an ASIN in one of the first two columns, and only in one" in message
    assert "found a first line 'B00A12345Z,B00B12345Z,5.0,1362960000'" in message
    assert "say dataset.format amazon-ratings-2014 (the customer comes first)" in message


@pytest.mark.parametrize("line", ["a;b;c", "PAR1\x00\x01", "a\tb\tc\td", "1,2,3"])
def test_an_unknown_format_lists_the_known_ones(line):
    message = refusal(line)

    assert KNOWN_FORMATS_TEXT in message
    assert f"found a first line {line!r}" in message
    assert "dataset.columns which columns hold customer_id, video_id, rating" in message


def test_messages_are_short_however_long_the_line_is():
    assert len(refusal("x" * 10_000)) < 2000
    columns = {"customer_id": "a", "video_id": "b", "rating": "c"}
    assert len(refusal("x" * 10_000, columns=columns)) < 2000


def test_text_is_not_parquet():
    assert "expected Parquet, as dataset.format says" in refusal(
        "userId,movieId,rating", ratings_format="parquet"
    )


NAMES = {"customer_id": "who", "video_id": "what", "rating": "stars"}


@pytest.mark.parametrize("delimiter", ["\t", "::", ",", ";", "|"])
def test_a_mapping_finds_the_delimiter(delimiter):
    columns = {**NAMES, "title": "name", "timestamp": "when"}
    content = planted.delimited(FRAME, delimiter, columns).decode()

    dialect = choose(content.partition("\n")[0], columns=columns)

    assert dialect.delimiter == delimiter
    assert dialect.quoting == (delimiter in {",", ";", "|"})
    assert dialect.headless == ()
    assert dialect.name == "custom"
    assert dialect.columns == columns
    assert set(dialect.required) == set(RATING_FIELDS)


@pytest.mark.parametrize("delimiter", ["\t", "::", ",", ";", "|"])
def test_numbers_map_the_columns_of_a_file_without_header(delimiter):
    line = delimiter.join(["x", "7", "4.5", "242", "y"])
    columns = {"customer_id": "4", "video_id": "2", "rating": "3"}

    dialect = choose(line, columns=columns)

    assert dialect.delimiter == delimiter
    assert dialect.quoting == (delimiter in {",", ";", "|"})
    assert dialect.headless == ("1", "2", "3", "4", "5")
    positions = column_positions(header_names(line, dialect), dialect, where="x")
    assert positions == {"customer_id": 3, "video_id": 1, "rating": 2}


def test_names_may_hold_the_delimiter_in_quotes():
    dialect = choose('"who, then",what,stars', columns={**NAMES, "customer_id": "who, then"})

    assert dialect.delimiter == ","
    assert header_names('"who, then",what,stars', dialect) == ["who, then", "what", "stars"]


def test_numbers_count_quoted_fields():
    columns = {"customer_id": "1", "video_id": "2", "rating": "3"}

    assert choose('"Doe, Jane",7,4', columns=columns).headless == ("1", "2", "3")


def test_a_broken_quote_in_a_header_swallows_nothing():
    dialect = choose('who,what,stars,"more', columns=NAMES)

    assert header_names('who,what,stars,"more', dialect) == ["who", "what", "stars", '"more']


def test_numbers_are_never_names():
    """A rating ``2,1,3`` is no header in which the columns are called so."""
    columns = {"customer_id": "1", "video_id": "2", "rating": "3"}

    dialect = choose("2,1,3", columns=columns)

    assert dialect.headless == ("1", "2", "3")
    assert column_positions(dialect.headless, dialect, where="x")["customer_id"] == 0


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("who what stars", NAMES),
        ("who,what;stars", NAMES),
        ("Who,what,stars", NAMES),
        ("1,2,3", {**NAMES, "rating": "3"}),
        ("1,2,3", {"customer_id": "1", "video_id": "2", "rating": "4"}),
        ("1,2,3", {"customer_id": "0", "video_id": "1", "rating": "2"}),
        ("who,what,stars", {"customer_id": "1", "video_id": "2", "rating": "3"}),
        ("1,2,", {"customer_id": "1", "video_id": "2", "rating": "3"}),
    ],
)
def test_a_mapping_that_does_not_fit_says_what_was_tried(line, columns):
    message = refusal(line, columns=columns)

    assert "as dataset.columns says, separated by tab, ::, comma, semicolon or pipe" in message
    assert f"found a first line {line!r}" in message


def test_a_mapping_to_numbers_says_which_should_be_the_rating():
    columns = {"customer_id": "1", "video_id": "2", "rating": "4"}

    assert "expected columns 1, 2, 4 with a number in 4, as" in refusal("1,2,3", columns=columns)


def test_columns_override_those_of_a_known_format():
    dialect = choose("userId,movieId,stars,when", columns={"rating": "stars", "timestamp": "when"})

    assert dialect.name == "movielens-csv"
    header = ["userId", "movieId", "stars", "when"]
    assert column_positions(header, dialect, where="x") == {
        "customer_id": 0,
        "video_id": 1,
        "rating": 2,
        "timestamp": 3,
    }


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("who,what,rating", {"customer_id": "who", "video_id": "what"}, "movielens-csv"),
        ("who,parent_asin,stars", {"customer_id": "who", "rating": "stars"}, "amazon-ratings-2023"),
        ("customer_id\twhat\tstars", {"video_id": "what", "rating": "stars"}, "amazon-reviews"),
        (
            "who\twhat\trating:float",
            {"customer_id": "who", "video_id": "what"},
            "movielens-inter",
        ),
    ],
)
def test_a_known_format_is_found_behind_the_columns_that_were_told(line, columns, expected):
    dialect = choose(line, columns=columns)

    assert dialect.rating_range == DIALECTS[expected].rating_range
    assert set(column_positions(header_names(line, dialect), dialect, where="x")) == {
        "customer_id",
        "video_id",
        "rating",
    }


def test_a_mapping_of_too_little_leaves_the_format_unknown():
    assert "known format" in refusal("who;what;stars", columns={"rating": "stars"})


def test_numbers_override_columns_of_a_headless_format():
    """The order of the columns is another one, though the file looks like ``u.data``."""
    columns = {"customer_id": "2", "video_id": "1"}

    dialect = choose("242\t196\t3\t881250949", columns=columns)

    assert dialect.name == "movielens-u.data"
    positions = column_positions(header_names("", dialect), dialect, where="x")
    assert positions == {"customer_id": 1, "video_id": 0, "rating": 2, "timestamp": 3}
    named = {"customer_id": "item_id", "video_id": "user_id"}
    dialect = choose("242\t196\t3\t881250949", columns=named)
    assert column_positions(dialect.headless, dialect, where="x") == positions


def test_every_missing_column_is_named():
    dialect = choose("customer_id\tstar_rating\tproduct_title", columns={"timestamp": "when"})

    with pytest.raises(RatingsFormatError) as caught:
        column_positions(["customer_id", "star_rating", "product_title"], dialect, where="ratings")

    message = str(caught.value)
    assert "lacks the columns 'product_id' (the video_id), 'when' (the timestamp)" in message
    assert "found 'customer_id', 'star_rating', 'product_title'" in message


def test_a_column_that_is_there_twice_is_refused():
    header = ["userId", "rating", "movieId", "rating"]

    with pytest.raises(RatingsFormatError, match=r"'rating' \(the rating\) is there 2 times"):
        column_positions(header, DIALECTS["movielens-csv"], where="x")


def test_one_column_cannot_be_two_fields():
    dialect = choose("userId,movieId,rating", columns={"video_id": "userId"})

    with pytest.raises(RatingsFormatError, match="the video_id is 'userId'"):
        column_positions(["userId", "movieId", "rating"], dialect, where="x")


def test_columns_of_no_use_do_no_harm():
    header = ["x", "userId", "x", "movieId", "rating"]

    assert column_positions(header, DIALECTS["movielens-csv"], where="x") == {
        "customer_id": 1,
        "video_id": 3,
        "rating": 4,
    }


def test_what_lies_beside_ratings_is_recognised():
    options = {"where": "x", "ratings_format": "movielens-csv", "columns": {"rating": "stars"}}

    assert recognise("movieId,title,genres", **options) == "titles-csv"
    title = {**options, "columns": {"title": "title"}}
    assert recognise("movieId,title,genres", **title) == "titles-csv"
    assert recognise("userId,movieId,stars", **options) == choose(
        "userId,movieId,stars", columns={"rating": "stars"}
    )


def test_a_mapping_that_fits_makes_ratings_of_what_looks_like_titles():
    columns = {"customer_id": "who", "video_id": "movieId", "rating": "stars"}
    options = {"where": "x", "ratings_format": None, "columns": columns}

    dialect = recognise("who,movieId,stars,title", **options)

    assert isinstance(dialect, RatingsDialect)
    assert dialect.columns == columns
    assert recognise("movieId,title,genres", **options) == "titles-csv"


def test_numbers_make_no_ratings_of_side_files():
    columns = {"customer_id": "1", "video_id": "2", "rating": "3"}
    options = {"where": "x", "ratings_format": None, "columns": columns}

    assert recognise("1::F::3::2::48067", **options) == "customers-users.dat"
    assert isinstance(recognise("1::2::5", **options), RatingsDialect)


def parquet(names: list[str], *, ratings_format=None, columns=None) -> RatingsDialect:
    return dialect_for_columns(names, where="p", ratings_format=ratings_format, columns=columns)


@pytest.mark.parametrize(
    ("names", "expected", "rating_range"),
    [
        (list(planted.AMAZON_COLUMNS), [1, 3, 7, 14, 5], (1, 5)),
        (["user_id", "parent_asin", "rating", "timestamp", "history"], [0, 1, 2, 3], (1, 5)),
        (["index", "userId", "movieId", "rating", "timestamp"], [1, 2, 3, 4], (0.5, 5)),
        (["user_id:token", "item_id:token", "rating:float"], [0, 1, 2], (0.5, 5)),
        (["item_id", "user_id", "rating", "timestamp"], [1, 0, 2, 3], (0.5, 5)),
        (["UserID", "MovieID", "Rating"], [0, 1, 2], (0.5, 5)),
        (["title", "rating", "video_id", "customer_id"], [3, 2, 1, 0], (0.5, 5)),
    ],
)
@pytest.mark.parametrize("ratings_format", [None, "parquet"])
def test_parquet_is_known_by_the_names_of_its_columns(
    names, expected, rating_range, ratings_format
):
    dialect = parquet(names, ratings_format=ratings_format)

    assert (dialect.name, dialect.delimiter, dialect.quoting) == ("parquet", "", False)
    assert dialect.headless == ()
    assert dialect.rating_range == rating_range
    positions = column_positions(names, dialect, where="p")
    assert [positions[field] for field in RATING_FIELDS if field in positions] == expected


def test_a_review_s_title_is_not_the_video_s():
    names = ["rating", "title", "text", "asin", "parent_asin", "user_id", "timestamp"]

    assert "title" not in parquet(names).columns


@pytest.mark.parametrize("ratings_format", [None, "parquet"])
def test_parquet_takes_a_mapping(ratings_format):
    names = ["who", "what", "stars", "review_date"]
    columns = {"customer_id": "who", "video_id": "what", "rating": "stars"}

    dialect = parquet(names, ratings_format=ratings_format, columns=columns)

    assert dialect.columns == columns
    assert dialect.rating_range == (0.5, 5.0)


def test_parquet_takes_single_columns_over_those_of_a_known_format():
    dialect = parquet(["userId", "movieId", "stars", "timestamp"], columns={"rating": "stars"})

    assert dialect.columns["customer_id"] == "userId"
    assert dialect.columns["timestamp"] == "timestamp"
    both = parquet(["userId", "movieId", "rating", "stars"], columns={"rating": "stars"})
    assert both.columns["rating"] == "stars"


def test_the_format_that_finds_most_columns_is_nearest():
    columns = {"video_id": "asin", "rating": "stars"}

    amazon = parquet(["customer_id", "asin", "stars", "review_date"], columns=columns)
    assert (amazon.columns["timestamp"], amazon.rating_range) == ("review_date", (1.0, 5.0))
    own = parquet(["customer_id", "asin", "stars", "timestamp"], columns=columns)
    assert (own.columns["timestamp"], own.rating_range) == ("timestamp", (0.5, 5.0))
    either = parquet(["user_id", "asin", "rating"], columns={"video_id": "asin"})
    assert either.rating_range == (0.5, 5.0)  # the wider: nothing is rejected by a guess


def test_a_format_says_how_the_columns_of_parquet_are_called():
    names = ["customer_id", "video_id", "rating", "userId", "movieId"]

    told = parquet(names, ratings_format="movielens-csv")
    assert told.columns["customer_id"] == "userId"
    with pytest.raises(RatingsFormatError, match=r"'product_id' \(the video_id\)"):
        parquet(names, ratings_format="amazon-reviews")


def test_parquet_without_ratings_says_what_was_found():
    with pytest.raises(RatingsFormatError) as caught:
        parquet(["movieId", "title"], columns={"rating": "stars"})

    message = str(caught.value)
    assert message.startswith("p: expected Parquet with the columns customer_id, product_id, star")
    assert "; or userId, movieId, rating; or " in message
    assert "found 'movieId', 'title'" in message


@pytest.mark.parametrize("columns", [{**NAMES, "timestamp": "when"}, {**NAMES, "rating": "x"}])
def test_parquet_must_have_the_columns_that_were_asked_for(columns):
    with pytest.raises(RatingsFormatError, match=r"it lacks the columns '(when|x)'"):
        parquet(["who", "what", "stars"], columns=columns)


@contextmanager
def suppress_refusal(complaint: re.Pattern[str]) -> Iterator[None]:
    try:
        yield
    except RatingsFormatError as error:
        if not complaint.fullmatch(str(error)):
            raise


MAPPINGS = st.none() | st.dictionaries(
    st.sampled_from(RATING_FIELDS),
    st.sampled_from(["1", "2", "3", "0", "99999999999", "userId", "rating", "title", "42", ""]),
)


@settings(deadline=None, max_examples=300)
@given(line=LINES, ratings_format=st.none() | st.sampled_from(RATINGS_FORMATS), columns=MAPPINGS)
def test_a_line_gives_a_dialect_or_one_clear_error(line, ratings_format, columns):
    options = {"where": "x", "ratings_format": ratings_format, "columns": columns}
    complaint = re.compile(r"x: .*; .*")
    with suppress_refusal(complaint):
        found = recognise(line, **options)
        if isinstance(found, RatingsDialect):
            column_positions(header_names(line, found), found, where="x")
    with suppress_refusal(complaint):
        dialect_for_columns(line.split(","), **options)


def test_nothing_but_the_standard_library_is_needed():
    code = (
        "import sys, recommender.rating_formats; "
        "print(sorted({'numpy', 'pandas', 'pydantic'} & set(sys.modules)))"
    )

    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert completed.stdout.strip() == "[]"
