"""What a check of ratings found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.columns import columns
from console.printable import printable
from console.ratings_check import RatingsCheck
from console.terminal_text import wrapped

_MOST_EXAMPLES = 3


def check_lines(
    found: RatingsCheck, formats: Mapping[str, str | None], width: int | None
) -> list[str]:
    """Return what was found, a line each.

    Parameters
    ----------
    found : RatingsCheck
    formats : mapping
        Of each file, by name.
    width : int or None
        Of the terminal; ``None`` is no limit.
    """
    rows = [(name, kind or "unknown") for name, kind in formats.items()]
    lines = columns([("FILE", "FORMAT"), *rows], width)
    if not found.rows_read:
        return lines
    lines += ["", *columns(list(_counts(found)))]
    for reason, places in found.examples.items():
        shown = ", ".join(printable(place.rpartition("/")[2]) for place in places[:_MOST_EXAMPLES])
        more = f" and {found.rejected[reason] - _MOST_EXAMPLES:,} more"
        shown += more if found.rejected[reason] > _MOST_EXAMPLES else ""
        lines += wrapped(f"{_words(reason)}: {shown}", width, indent="  ")
    if found.refusal is None:
        rate = found.rows_read / max(found.seconds, 1e-6)
        said = f"A run would take them. It took {found.seconds:.1f} s here, {rate:,.0f} rows/s."
        lines += ["", *wrapped(said, width)]
    return lines


def _counts(found: RatingsCheck) -> Iterator[tuple[str, str, str]]:
    yield "rows read", f"{found.rows_read:,}", _of(found.customers, found.videos)
    for reason, count in found.rejected.items():
        if count:
            yield f"  {_words(reason)}", f"{count:,}", "rejected"
    if found.kept is not None:
        yield "  kept", f"{found.kept:,}", _of(found.kept_customers, found.kept_videos)
    for split, count in found.splits.items():
        yield f"    {split}", f"{count:,}", ""


def _of(customers: int | None, videos: int | None) -> str:
    return "" if customers is None else f"of {customers:,} customers and {videos:,} videos"


def _words(reason: str) -> str:
    return reason.replace("_", " ")
