"""Objects cut into pieces that tasks read, and the places of lines in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recommender.errors import RatingsTooLargeError
from spark.objects import RatingsObject

PIECE_BYTES = 64 << 20

# A place is a number that orders all lines of all objects: piece, then line of the piece.
LINE_BITS = 32
_MAX_PIECES = 1 << 30
# Titles of a titles file come behind those of all ratings.
TITLES_FILE_PLACE = _MAX_PIECES << LINE_BITS


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines of an object that begin in ``[begin, end)``.

    What cannot be read from the middle is read by the piece that begins at 0; the others of that
    object have nothing to do.

    Attributes
    ----------
    number : int
        Among all pieces, in the order of the objects.
    source : RatingsObject
    begin, end : int
    """

    number: int
    source: RatingsObject
    begin: int
    end: int

    @property
    def is_first(self) -> bool:
        """Whether the object begins here."""
        return self.begin == 0

    @property
    def is_whole(self) -> bool:
        """Whether this is all of the object."""
        return self.is_first and self.end >= self.source.n_bytes

    @property
    def first_place(self) -> int:
        """Place of its line 0."""
        return self.number << LINE_BITS


def cut_into_pieces(
    sources: Sequence[RatingsObject], *, piece_bytes: int = PIECE_BYTES
) -> list[Piece]:
    """Cut objects.

    Parameters
    ----------
    sources : sequence of RatingsObject
        In the order in which their ratings count as read.
    piece_bytes : int

    Raises
    ------
    RatingsTooLargeError
        If there are too many to be numbered.
    """
    pieces = [
        Piece(number, source, begin, min(begin + piece_bytes, source.n_bytes))
        for number, (source, begin) in enumerate(_beginnings(sources, piece_bytes))
    ]
    if len(pieces) > _MAX_PIECES:
        raise RatingsTooLargeError(
            f"expected at most {_MAX_PIECES:,} pieces of {piece_bytes:,} bytes, found "
            f"{len(pieces):,}"
        )
    return pieces


def _beginnings(
    sources: Sequence[RatingsObject], piece_bytes: int
) -> Iterator[tuple[RatingsObject, int]]:
    for source in sources:
        for begin in range(0, source.n_bytes, piece_bytes):
            yield source, begin
