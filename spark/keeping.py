"""Rows that several steps read, kept on the executors' disks meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pyspark import StorageLevel
from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows on the disks of the executors; what a lost executor had is made again by Spark.

    Attributes
    ----------
    rows : DataFrame
        To be read.
    stored : DataFrame
        What is on the disks: the same, or more.
    """

    rows: DataFrame
    stored: DataFrame

    @classmethod
    def of(cls, rows: DataFrame) -> Self:
        """Keep rows when they are made first."""
        stored = rows.persist(StorageLevel.DISK_ONLY)
        return cls(stored, stored)

    def narrowed(self, condition: str, *without: str) -> Kept:
        """See only some of the rows, and not all columns."""
        return Kept(self.rows.where(condition).drop(*without), self.stored)

    def forget(self) -> None:
        """Free the disks."""
        self.stored.unpersist()
