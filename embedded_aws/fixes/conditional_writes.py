"""PutObject with If-Match or If-None-Match looks and writes in one step.

S3 decides among writers of one key: "If multiple conditional writes occur for the same object
name, the first write operation to finish succeeds" (S3 user guide, "How to prevent object
overwrites with conditional writes"), and the others get 412 PreconditionFailed, or 404 NoSuchKey
for If-Match where there is no object. moto answers the same, but looks first and writes later:
between the two another thread of its server can write.

Only PutObject is held up, key by key. Deletions and completed uploads of several parts are not, so
that a write that depends on them may still go wrong.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

from moto.s3.responses import S3Response

_guard = threading.Lock()
_locks: weakref.WeakValueDictionary[tuple[str, str], Any] = weakref.WeakValueDictionary()


def _lock_of(bucket: str, key: str) -> Any:
    """Give the one lock of a key, for as long as somebody holds it."""
    with _guard:
        # One that its owner can take again: a notification of a write may write.
        return _locks.setdefault((bucket, key), threading.RLock())


def apply() -> None:
    """Let one thread at a time put an object of a key."""
    put_object = S3Response.put_object

    def put_one_at_a_time(self: S3Response) -> Any:
        with _lock_of(self.bucket_name, self.parse_key_name()):
            return put_object(self)

    S3Response.put_object = put_one_at_a_time
