"""The app, synthesized in a process of its own, from a bare machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from infra.application import PROJECT_ROOT

NEEDED = ("HOME", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "XDG_CACHE_HOME")


def synthesize(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run app.py with no credentials, no network, and no program but Python in reach."""
    bare = {name: os.environ[name] for name in NEEDED if name in os.environ}
    nowhere = "http://127.0.0.1:9"
    return subprocess.run(
        [sys.executable, str(PROJECT_ROOT / "app.py")],
        cwd=folder,
        env={
            **bare,
            "PATH": "",
            "HTTP_PROXY": nowhere,
            "HTTPS_PROXY": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_OUTDIR": str(folder / "assembly"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
