import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import titles
from recommender.errors import RatingsFormatError
from recommender.rating_formats import TITLES_FORMATS
from recommender.titles import merge, parse_titles
from tests import planted

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=120).frame
TITLES = dict(zip(FRAME["video_id"], FRAME["title"], strict=True))
ITEM_HEADER = b"item_id:token\tmovie_title:token_seq\trelease_year:token\n"


def parse(content: bytes, titles_format: titles.TitlesFormat) -> dict[str, str]:
    return parse_titles(content, titles_format, where="films")


@pytest.mark.parametrize(
    ("content", "titles_format"),
    [
        (planted.item_table(FRAME), "titles-item"),
        (planted.movies_csv(FRAME), "titles-csv"),
        (planted.movies_dat(FRAME), "titles-movies.dat"),
    ],
    ids=["item", "movies.csv", "movies.dat"],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\n\n"])
def test_titles_come_out_as_they_went_in(content, titles_format, mark, line_end):
    assert set(planted.AWKWARD_TITLES) <= set(TITLES.values())
    assert parse(mark + content.replace(b"\n", line_end), titles_format) == TITLES
    assert parse(content.removesuffix(b"\n"), titles_format) == TITLES


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(
    ("line", "titles_format"),
    [
        ("1|Amélie (2001)|01-Jan-2001||http://x|0|1\n", "titles-u.item"),
        ("1::Amélie (2001)::Comedy\n", "titles-movies.dat"),
        ("movieId,title,genres\n1,Amélie (2001),Comedy\n", "titles-csv"),
    ],
)
def test_tables_that_are_not_utf_8_are_latin_1(encoding, line, titles_format):
    assert parse(line.encode(encoding), titles_format) == {"1": "Amélie (2001)"}


def test_one_line_that_is_not_utf_8_changes_no_other():
    content = "1::羅生門::Drama\n2::".encode() + b"Am\xe9lie\x85::Comedy\n"

    assert parse(content, "titles-movies.dat") == {"1": "羅生門", "2": "Amélie\x85"}


def test_ids_that_are_not_utf_8_stay_distinct():
    content = b"\xff::One::Drama\n\xfe::Two::Drama\n"

    assert parse(content, "titles-movies.dat") == {"\\xff": "One", "\\xfe": "Two"}


@pytest.mark.parametrize("name", ["movie_title:token_seq", "title:token_seq", "title:token"])
def test_recbole_may_call_the_title_otherwise(name):
    content = f"price:float\titem_id:token\t{name}\n1.5\t7\tAlien\n".encode()

    assert parse(content, "titles-item") == {"7": "Alien"}


def test_lines_without_an_id_or_a_title_are_left_out():
    content = (
        b"1::One::Drama\n::Nobody::Drama\n2::::Drama\n3:: ::Drama\n4::No genre\n5\nx\n6::Six::"
    )

    assert parse(content, "titles-movies.dat") == {"1": "One", "6": "Six"}
    assert parse(b"1|One|x\n2||x\n|Nobody|x\n3\n", "titles-u.item") == {"1": "One"}
    assert parse(ITEM_HEADER + b"1\tOne\t1999\n2\tTwo\n3\tThree\t1\t2\n", "titles-item") == {
        "1": "One"
    }


def test_the_delimiter_inside_a_title_of_movies_dat_is_kept():
    content = b"1::Alien :: Resurrection::Action|Sci-Fi\n"

    assert parse(content, "titles-movies.dat") == {"1": "Alien :: Resurrection"}


def test_no_quote_swallows_the_line_after_it():
    content = (
        b"movieId,title,genres\n"
        b'1,"Well, well",Drama\n'
        b'2,"never closed,Drama\n'
        b"3,Three,Drama\n"
        b"4,too, many,Drama\n"
        b'5,"The ""best""",Drama\n'
        b'6,"half" quoted,Drama\n'
    )

    assert parse(content, "titles-csv") == {"1": "Well, well", "3": "Three", "5": 'The "best"'}


def test_the_last_of_several_titles_counts():
    assert parse(b"1::One::x\n1::Uno::x\n", "titles-movies.dat") == {"1": "Uno"}


@pytest.mark.parametrize(
    ("content", "titles_format", "found"),
    [
        (b"item_id:token\tgenre:token_seq\n1\tDrama\n", "titles-item", "'item_id:token', 'genre"),
        (b"user_id:token\tmovie_title:token_seq\n", "titles-item", "'user_id:token', 'movie"),
        (b"movieId,genres\n1,Drama\n", "titles-csv", "'movieId', 'genres'"),
        (b"", "titles-csv", "no column"),
        (b"\n\n", "titles-item", "no column"),
    ],
)
def test_a_table_without_titles_is_refused(content, titles_format, found):
    with pytest.raises(RatingsFormatError) as caught:
        parse(content, titles_format)

    message = str(caught.value)
    assert message.startswith("films: expected titles in the columns ")
    assert f"found {found}" in message
    assert "\n" not in message


def test_what_was_found_is_shown_in_short():
    with pytest.raises(RatingsFormatError) as caught:
        parse(b"x" * 100_000 + b"\t" + b"y\t" * 1000, "titles-item")

    assert len(str(caught.value)) < 500


def test_a_table_too_large_for_memory_is_refused(monkeypatch):
    content = b"1::One::x\n" * 200_000
    monkeypatch.setattr(titles, "MAX_TITLES_BYTES", len(content) - 1)

    with pytest.raises(RatingsFormatError, match="of at most 1 MiB, found 2 MiB"):
        parse(content, "titles-movies.dat")
    monkeypatch.setattr(titles, "MAX_TITLES_BYTES", len(content))
    assert parse(content, "titles-movies.dat") == {"1": "One"}


@settings(deadline=None)
@given(
    head=st.sampled_from([b"", ITEM_HEADER, b"movieId,title,genres\n"]),
    content=st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from([b"1", b"::", b"|", b",", b"\t", b'"', b"\n", b"\r", b"\0", b"\xff"])
        ).map(b"".join),
    ),
    titles_format=st.sampled_from(TITLES_FORMATS),
)
def test_any_bytes_give_titles_or_one_clear_error(head, content, titles_format):
    try:
        found = parse(head + content, titles_format)
    except RatingsFormatError:
        return
    assert all(video_id and title for video_id, title in found.items())
    assert not any("\n" in text for pair in found.items() for text in pair)


def test_an_earlier_table_wins():
    assert merge([{"1": "One"}, {"1": "Uno", "2": "Dos"}]) == {"1": "One", "2": "Dos"}
    assert merge([]) == {}
