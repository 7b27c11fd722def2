import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ratings import fields
from recommender.ratings.fields import MAX_FIELD_BYTES, FieldLayout, Fields, split_fields
from recommender.ratings.words import WORD_BYTES
from tests.unit.recommender.ratings import reference

TABS = FieldLayout(3, (0, 1, 2), "\t", quoting=False)
COMMAS = FieldLayout(3, (0, 1, 2), ",", quoting=True)
COLONS = FieldLayout(3, (0, 1, 2), "::", quoting=False)


def rows_of(found: Fields) -> dict[int, list[bytes]]:
    """Give the fields of each line."""
    columns = [
        [found.data[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]
        for starts, ends in zip(found.starts, found.ends, strict=True)
    ]
    return dict(zip(found.lines.tolist(), map(list, zip(*columns, strict=True)), strict=True))


def split(text: bytes, layout: FieldLayout) -> dict[int, list[bytes]]:
    """Split well-formed lines."""
    found = split_fields(text, layout)
    assert found.malformed_lines.tolist() == []
    return rows_of(found)


def test_regular_lines_are_cut_at_every_delimiter():
    assert split(b'1\t22\t333\n\t\t\na b\t"\t,\n', TABS) == {
        0: [b"1", b"22", b"333"],
        1: [b"", b"", b""],
        2: [b"a b", b'"', b","],
    }


def test_regular_lines_are_cut_all_at_once(monkeypatch):
    monkeypatch.setattr(fields, "_split_plain", lambda *_, **__: pytest.fail("they are not"))

    assert len(split(b'"1"\t22\t333\n\t\t\n' * 3, TABS)) == 6
    assert len(split(b"1,22,333\n,,\n" * 3, COMMAS)) == 6
    assert len(split(b"1::22::333\n::::\n" * 3, COLONS)) == 6


def test_only_the_wanted_fields_are_given_in_the_wanted_order():
    layout = FieldLayout(5, (4, 0, 3, 0), ";", quoting=False)

    assert split(b"a;b;c;d;e\n;;;;\n", layout) == {0: [b"e", b"a", b"d", b"a"], 1: [b""] * 4}
    assert split(b"a;b;c;d;e\n\n", layout) == {0: [b"e", b"a", b"d", b"a"]}


def test_a_block_may_be_empty():
    found = split_fields(b"", TABS)

    assert rows_of(found) == {}
    assert found.n_lines == 0


def test_empty_lines_count_as_lines_but_are_no_rows():
    found = split_fields(b"\n\n1\t2\t3\n\n4\t5\t6\n\n", TABS)

    assert rows_of(found) == {2: [b"1", b"2", b"3"], 4: [b"4", b"5", b"6"]}
    assert found.malformed_lines.tolist() == []
    assert found.n_lines == 6


@pytest.mark.parametrize("layout", [TABS, COMMAS, COLONS], ids=["tab", "comma", "colons"])
def test_lines_with_another_number_of_fields_are_malformed(layout):
    lines = ["1 2", "1 2 3", "1 2 3 4", "x", "", "4 5 6"]
    text = "".join(line.replace(" ", layout.delimiter) + "\n" for line in lines).encode()

    found = split_fields(text, layout)

    assert rows_of(found) == {1: [b"1", b"2", b"3"], 5: [b"4", b"5", b"6"]}
    assert found.malformed_lines.tolist() == [0, 2, 3]
    assert found.n_lines == 6


def test_a_field_too_few_and_one_too_many_do_not_make_up_for_each_other():
    found = split_fields(b"1\t2\n3\t4\t5\t6\n", TABS)

    assert rows_of(found) == {}
    assert found.malformed_lines.tolist() == [0, 1]


def test_a_nul_makes_its_line_malformed_and_no_other():
    found = split_fields(b"1\t2\t3\n\x004\t5\t6\n7\t8\t9\n\0\n", TABS)

    assert rows_of(found) == {0: [b"1", b"2", b"3"], 2: [b"7", b"8", b"9"]}
    assert found.malformed_lines.tolist() == [1, 3]


def test_a_nul_within_quotes_makes_its_line_malformed_too():
    found = split_fields(b'"1",2,3\n"4\0",5,6\n\n7,"8",9\n', COMMAS)

    assert rows_of(found) == {0: [b"1", b"2", b"3"], 3: [b"7", b"8", b"9"]}
    assert found.malformed_lines.tolist() == [1]


def test_a_delimiter_of_two_characters_is_cut_from_the_left():
    text = b"1::2::3\n1:2::3:::4\n::::\n:::::\n"

    assert split(text, COLONS) == {
        0: [b"1", b"2", b"3"],
        1: [b"1:2", b"3", b":4"],
        2: [b"", b"", b""],
        3: [b"", b"", b":"],
    }


@pytest.mark.parametrize("line", [b"1\x1f2::3", b"1\x1f2::3::4", b"1::2::3\x1f", b"1\x1f2\x1f3"])
def test_the_stand_in_for_a_long_delimiter_is_no_delimiter_itself(line):
    found = split_fields(b"1::2::3\n" + line + b"\n", COLONS)

    assert rows_of(found) == {0: [b"1", b"2", b"3"]}
    assert found.malformed_lines.tolist() == [1]


def test_a_unit_separator_is_a_character_like_any_other_elsewhere():
    assert split(b"1\x1f2\t3\t4\n", TABS) == {0: [b"1\x1f2", b"3", b"4"]}


def test_fields_in_quotes_may_hold_delimiters_and_quotes():
    text = b'"1,1",2,"3 ""three"""\n4,"",6\n"","",""\n'

    assert split(text, COMMAS) == {
        0: [b"1,1", b"2", b'3 "three"'],
        1: [b"4", b"", b"6"],
        2: [b"", b"", b""],
    }


@pytest.mark.parametrize(
    "line",
    [
        b'1,2,"3',  # never closed
        b'1,"2,3\n4",5',  # closed in the next line
        b'1,2,"3"x',
        b'1,"2,3"',  # two fields
        b'"1",2,3,4',
        b'"1",2,3\r4',  # a lone carriage return
    ],
)
def test_broken_quoting_makes_its_lines_malformed_and_no_other(line):
    n_lines = 1 + line.count(b"\n")

    found = split_fields(b"a,b,c\n" + line + b'\n"d",e,f\n', COMMAS)

    assert rows_of(found) == {0: [b"a", b"b", b"c"], n_lines + 1: [b"d", b"e", b"f"]}
    assert found.malformed_lines.tolist() == list(range(1, n_lines + 1))


def test_a_quote_within_a_field_is_a_character():
    assert split(b'1,5" screen,3\n', COMMAS) == {0: [b"1", b'5" screen', b"3"]}


def test_quotes_are_characters_where_there_is_no_quoting():
    layout = FieldLayout(3, (0, 1, 2), ",", quoting=False)

    assert split(b'"1,2",3\n', layout) == {0: [b'"1', b'2"', b"3"]}


def test_quoted_and_plain_lines_stay_in_order():
    lines = [b'"%d",b,c' % n if n % 3 == 0 else b"%d,b,c" % n for n in range(20)]

    found = split_fields(b"\n".join([*lines, b'"broken', b""]), COMMAS)

    assert [row[0] for row in rows_of(found).values()] == [b"%d" % n for n in range(20)]
    assert found.lines.tolist() == list(range(20))
    assert found.malformed_lines.tolist() == [20]


def test_bytes_that_are_no_utf_8_survive_the_unquoting():
    assert split(b'"\xff\xfe",\xc3,"\xed\xa0\x80"\n', COMMAS) == {
        0: [b"\xff\xfe", b"\xc3", b"\xed\xa0\x80"]
    }


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_fields_may_be_very_long(quote):
    title = b"x" * 100_000

    assert split(b"1,2," + quote + title + quote + b"\n", COMMAS)[0][2] == title


def test_a_quoted_field_longer_than_the_parser_takes_is_malformed():
    found = split_fields(b'1,2,"' + b"x" * 200_000 + b'"\n1,2,3\n', COMMAS)

    assert found.malformed_lines.tolist() == [0]
    assert list(rows_of(found)) == [1]


@pytest.mark.parametrize("text", [b"1,2,3\n", b'"1",2,3\n', b"1,2,3\n\n", b'\n"1",2,"3"\n1,2,3\n'])
def test_there_is_room_to_load_words_around_every_field(text):
    found = split_fields(text, COMMAS)

    for starts, ends in zip(found.starts, found.ends, strict=True):
        assert ends.min() >= 2 * WORD_BYTES
        assert starts.max() + MAX_FIELD_BYTES + WORD_BYTES < len(found.data)


@settings(deadline=None)
@given(
    text=st.lists(
        st.sampled_from([b"a", b"bc", b",", b",", b";", b'"', b"\n", b"\r", b"\0", b"\xff", b"::"])
    ).map(b"".join),
    layout=st.sampled_from(
        [
            COMMAS,
            FieldLayout(2, (1, 0), ",", quoting=True),
            FieldLayout(2, (1,), ",", quoting=False),
            FieldLayout(2, (0, 1), ";", quoting=True),
            COLONS,
        ]
    ),
)
def test_any_lines_are_split_as_one_by_one(text, layout):
    lines = text.split(b"\n")
    expected = {n: reference.split(line, layout) for n, line in enumerate(lines) if line}

    found = split_fields(text + b"\n", layout)

    assert rows_of(found) == {
        number: [row[at] for at in layout.positions] for number, row in expected.items() if row
    }
    assert found.malformed_lines.tolist() == [n for n, row in expected.items() if row is None]
    assert found.n_lines == len(lines)
    assert {places.dtype for places in (*found.starts, found.lines)} == {np.dtype(np.int64)}
