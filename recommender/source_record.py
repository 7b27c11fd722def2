"""Which objects the ratings of a run were read from."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

MAX_RECORDED = 100


@dataclass(frozen=True, slots=True)
class ReadObject:
    """An object as GetObject gave it.

    Attributes
    ----------
    etag : str
        Changes with the content; it "may or may not be an MD5 digest of the object data" (S3 API
        reference, Object).
    version_id : str or None
        Of a bucket with versions only.
    """

    uri: str
    n_bytes: int
    etag: str
    version_id: str | None


class SourceRecord:
    """Which objects were read; each counts once, as it was read last."""

    def __init__(self) -> None:
        self._objects: dict[str, ReadObject] = {}

    def add(self, uri: str, answer: dict[str, Any]) -> None:
        """Take what GetObject answered."""
        self._objects[uri] = ReadObject(
            uri=uri,
            n_bytes=int(answer["ContentLength"]),
            etag=str(answer.get("ETag", "")).strip('"'),
            version_id=answer.get("VersionId"),
        )

    def document(self) -> dict[str, Any]:
        """Give it as JSON's types, however many they are.

        Returns
        -------
        dict
            ``count``, ``n_bytes``; ``sha256`` of a line ``uri n_bytes etag`` for each object in the
            order of the URIs; ``objects``, the first 100 of them.
        """
        found = [self._objects[uri] for uri in sorted(self._objects)]
        digest = hashlib.sha256()
        for one in found:
            digest.update(f"{one.uri} {one.n_bytes} {one.etag}\n".encode())
        return {
            "count": len(found),
            "n_bytes": sum(one.n_bytes for one in found),
            "sha256": digest.hexdigest(),
            "objects": [asdict(one) for one in found[:MAX_RECORDED]],
        }
