"""As much of S3 as the job and the functions use, on a folder, counting what it is asked.

``python -m benchmarks.scale.s3_server FOLDER`` prints its port. Every folder in FOLDER is a bucket.
moto's S3 is not fit for this: it holds objects in memory, and reads all of one for a range of it.

Not here: signatures, versions, bodies in chunks with trailing checksums (boto3 sends none over
plain HTTP).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

COUNTS_PATH = "/_counts"
_UPLOADS = ".uploads"
_PAGE_KEYS = 1000
_CHUNK_BYTES = 1 << 20


class S3Server(ThreadingHTTPServer):
    """An S3 for this machine.

    Parameters
    ----------
    root : Path
        Has a folder for each bucket.
    port : int
        0: any that is free.
    """

    daemon_threads = True

    def __init__(self, root: Path, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.root = root
        (root / _UPLOADS).mkdir(exist_ok=True)
        self._lock = Lock()
        self._requests: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._per_second: Counter[tuple[int, str]] = Counter()

    def count(self, operation: str, n_bytes: int) -> None:
        """Count a request that was answered, and the bytes of the object that were sent."""
        with self._lock:
            self._requests[operation] += 1
            self._bytes[operation] += n_bytes
            self._per_second[int(time.monotonic()), operation] += 1

    def counts(self) -> dict[str, object]:
        """Tell requests, bytes and most requests in a second by operation, and processor time."""
        with self._lock:
            busiest: dict[str, int] = {}
            for (_, operation), n_requests in self._per_second.items():
                busiest[operation] = max(busiest.get(operation, 0), n_requests)
            return {
                "requests": dict(self._requests),
                "bytes": dict(self._bytes),
                "most_in_a_second": busiest,
                "cpu_seconds": time.process_time(),
            }

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that close a connection before they have read everything."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _RequestError(Exception):
    def __init__(self, status: HTTPStatus, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Or an answer's body waits for the client to acknowledge its head.
    disable_nagle_algorithm = True
    server: S3Server

    def do_GET(self) -> None:
        if self.path == COUNTS_PATH:
            self._send(json.dumps(self.server.counts()).encode())
        else:
            self._answer(self._list if not self._key else self._get)

    def do_HEAD(self) -> None:
        self._answer(self._head)

    def do_PUT(self) -> None:
        self._answer(self._upload_part if "uploadId" in self._query else self._put)

    def do_POST(self) -> None:
        self._answer(self._complete if "uploadId" in self._query else self._create_upload)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing for each request."""

    @property
    def _query(self) -> dict[str, str]:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        return {name: values[0] for name, values in query.items()}

    @property
    def _bucket(self) -> Path:
        path = self.server.root / unquote(urlsplit(self.path).path).split("/")[1]
        if not path.is_dir():
            raise _RequestError(HTTPStatus.NOT_FOUND, "NoSuchBucket")
        return path

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).partition("/")[2].partition("/")[2]

    @property
    def _existing(self) -> Path:
        path = self._bucket / self._key
        if not path.is_file():
            raise _RequestError(HTTPStatus.NOT_FOUND, "NoSuchKey")
        if self.headers.get("If-Match", _etag(path)) != _etag(path):
            raise _RequestError(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed")
        return path

    def _answer(self, operation: Callable[[], None]) -> None:
        try:
            operation()
        except _RequestError as error:
            self.server.count(error.code, 0)
            self.close_connection = True  # a body may be unread
            body = f"<Error><Code>{error.code}</Code></Error>".encode()
            self._send(body, error.status)

    def _head(self) -> None:
        path = self._existing
        self.server.count("HeadObject", 0)
        self._send_head(HTTPStatus.OK, path.stat().st_size, {"ETag": _etag(path)})

    def _get(self) -> None:
        path = self._existing
        size = path.stat().st_size
        begin, end, status = 0, size, HTTPStatus.OK
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            begin, status = int(asked[1]), HTTPStatus.PARTIAL_CONTENT
            end = min(size, int(asked[2] or size) + 1)
            if begin >= size:
                raise _RequestError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "InvalidRange")
        headers = {"ETag": _etag(path), "Content-Range": f"bytes {begin}-{end - 1}/{size}"}
        self._send_head(status, end - begin, headers)
        n_sent = 0
        with path.open("rb") as file:
            try:
                while begin + n_sent < end:
                    count = min(_CHUNK_BYTES, end - begin - n_sent)
                    n_sent += self.connection.sendfile(file, begin + n_sent, count)
            finally:  # who has read enough closes the connection
                self.server.count("GetObject", n_sent)

    def _list(self) -> None:
        bucket, query = self._bucket, self._query
        sizes = {
            path.relative_to(bucket).as_posix(): path
            for folder, _, names in os.walk(bucket, followlinks=True)
            for path in (Path(folder, name) for name in names)
        }
        after, prefix = query.get("continuation-token", ""), query.get("prefix", "")
        keys = sorted(key for key in sizes if key.startswith(prefix) and key > after)
        page = keys[:_PAGE_KEYS]
        is_cut = len(keys) > len(page)
        last = escape(page[-1]) if is_cut else ""
        more = f"<NextContinuationToken>{last}</NextContinuationToken>" if is_cut else ""
        body = "".join(
            f"<Contents><Key>{quote(key)}</Key><Size>{sizes[key].stat().st_size}</Size>"
            f"<ETag>{escape(_etag(sizes[key]))}</ETag></Contents>"
            for key in page
        )
        self.server.count("ListObjectsV2", 0)
        self._send(
            "<ListBucketResult><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{more}{body}"
            "</ListBucketResult>".encode()
        )

    def _put(self) -> None:
        path = self._bucket / self._key
        self.server.count("PutObject", self._receive(path))
        self._send(headers={"ETag": _etag(path)})

    def _create_upload(self) -> None:
        upload = uuid.uuid4().hex
        self.server.count("CreateMultipartUpload", 0)
        self._send(
            f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId>"
            "</InitiateMultipartUploadResult>".encode()
        )

    def _upload_part(self) -> None:
        path = self._parts / self._query["partNumber"]
        self.server.count("UploadPart", self._receive(path))
        self._send(headers={"ETag": _etag(path)})

    def _complete(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        path = self._bucket / self._key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for part in sorted(self._parts.iterdir(), key=lambda part: int(part.name)):
                with part.open("rb") as content:
                    shutil.copyfileobj(content, file, _CHUNK_BYTES)
        shutil.rmtree(self._parts)
        self.server.count("CompleteMultipartUpload", 0)
        self._send(
            "<CompleteMultipartUploadResult>"
            f"<ETag>{escape(_etag(path))}</ETag></CompleteMultipartUploadResult>".encode()
        )

    def _delete(self) -> None:
        (self._bucket / self._key).unlink(missing_ok=True)
        self.server.count("DeleteObject", 0)
        self._send(status=HTTPStatus.NO_CONTENT)

    @property
    def _parts(self) -> Path:
        return self.server.root / _UPLOADS / self._query["uploadId"]

    def _receive(self, path: Path) -> int:
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            raise _RequestError(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented")
        path.parent.mkdir(parents=True, exist_ok=True)
        n_bytes = left = int(self.headers["Content-Length"])
        unfinished = self.server.root / _UPLOADS / f"unfinished-{uuid.uuid4().hex}"
        with unfinished.open("wb") as file:
            while left:
                chunk = self.rfile.read(min(_CHUNK_BYTES, left))
                if not chunk:
                    raise ConnectionError("the client closed the connection")
                file.write(chunk)
                left -= len(chunk)
        unfinished.rename(path)
        return n_bytes

    def _send(
        self,
        body: bytes = b"",
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._send_head(status, len(body), headers or {})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: HTTPStatus, n_bytes: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(n_bytes), **headers}.items():
            self.send_header(name, value)
        self.end_headers()


def _etag(path: Path) -> str:
    """Name the content by when it was written and how large it is: S3's ETags are opaque."""
    status = path.stat()
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """Run a server in a process of its own; give its address.

    Parameters
    ----------
    root : Path
        See `S3Server`.
    """
    command = [sys.executable, "-m", __spec__.name, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def counts_of(endpoint: str) -> dict[str, Any]:
    """Ask a server for its counts, see `S3Server.counts`."""
    with urllib.request.urlopen(f"{endpoint}{COUNTS_PATH}") as response:  # noqa: S310
        counts: dict[str, Any] = json.load(response)
    return counts


def main() -> None:
    """Serve a folder until terminated."""
    server = S3Server(Path(sys.argv[1]).resolve())
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
