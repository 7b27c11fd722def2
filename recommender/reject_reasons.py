"""Why a row is dropped. Apart from the readers: a dashboard names reasons without reading."""

from __future__ import annotations

from typing import Literal

RejectReason = Literal[
    "malformed",
    "missing_value",
    "rating_out_of_range",
    "duplicate",
    "below_customer_threshold",
    "below_video_threshold",
]
READER_REASONS: tuple[RejectReason, ...] = ("malformed", "missing_value", "rating_out_of_range")
