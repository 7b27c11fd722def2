import json

import numpy as np
import pytest

from recommender.ratings.accounting import MAX_EXAMPLES
from recommender.ratings.blocks import RatingsLayout, parse_block
from recommender.ratings.fields import FieldLayout
from spark.objects import RatingsObject
from spark.pieces import LINE_BITS, Piece, cut_into_pieces
from spark.reports import JobAccounting, PieceReport, Tally

LAYOUT = RatingsLayout(
    FieldLayout(3, (0, 1, 2), ",", quoting=False), ("customer_id", "video_id", "rating"), (1, 5)
)
SOURCES = [RatingsObject("b", "a.csv", 250, "x"), RatingsObject("b", "b.csv", 100, "y")]


def report_of(piece: Piece, text: bytes, *, first_line: int = 1) -> PieceReport:
    report = PieceReport(piece.number)
    report.start("movielens-csv", first_line)
    for line in text.splitlines(keepends=True):  # several blocks
        report.add(parse_block(line, LAYOUT))
    return report


def test_objects_are_cut_into_pieces_in_their_order():
    pieces = cut_into_pieces(SOURCES, piece_bytes=100)

    assert [(one.source.key, one.begin, one.end) for one in pieces] == [
        ("a.csv", 0, 100),
        ("a.csv", 100, 200),
        ("a.csv", 200, 250),
        ("b.csv", 0, 100),
    ]
    assert [one.number for one in pieces] == [0, 1, 2, 3]
    assert [one.is_whole for one in pieces] == [False, False, False, True]


def test_lines_are_numbered_through_the_pieces_of_an_object():
    pieces = cut_into_pieces(SOURCES, piece_bytes=100)
    texts = [b"a,x,3\nbad\n", b"\n\na,,3\n", b"bad\n", b"bad\na,x,9\n"]
    reports = [
        report_of(piece, text, first_line=2 if piece.is_first else 1)
        for piece, text in zip(pieces, texts, strict=True)
    ]

    accounting = JobAccounting.from_json(
        pieces, [json.dumps(report.to_dict()) for report in reversed(reports)]
    )

    assert accounting.rows_read == 6
    assert accounting.rejected == {"malformed": 3, "missing_value": 1, "rating_out_of_range": 1}
    assert accounting.examples == {
        "malformed": ("s3://b/a.csv:3", "s3://b/a.csv:7", "s3://b/b.csv:2"),
        "missing_value": ("s3://b/a.csv:6",),
        "rating_out_of_range": ("s3://b/b.csv:3",),
    }
    accounting.reject("duplicate", Tally(1, [0]))
    assert accounting.n_kept == 0
    assert accounting.examples["duplicate"] == ("s3://b/a.csv:2",)


def test_a_piece_without_a_report_is_noticed():
    pieces = cut_into_pieces(SOURCES, piece_bytes=100)

    with pytest.raises(ValueError, match="4 pieces were to be read, 3 reported"):
        JobAccounting(pieces, [PieceReport(number) for number in (0, 1, 3)])


def test_tallies_keep_the_first_places():
    places = np.arange(30).tolist()

    tally = Tally(15, places[15:]) + Tally(15, places[:15])

    assert tally == Tally(30, places[:MAX_EXAMPLES])


def test_a_place_orders_lines_of_all_pieces():
    pieces = cut_into_pieces(SOURCES, piece_bytes=100)

    assert pieces[1].first_place > pieces[0].first_place + (1 << LINE_BITS) - 1
