"""Files that this process holds open, those without a name as well."""

from pathlib import Path

import pytest

_FOLDER = Path("/proc/self/fd")

needs_proc = pytest.mark.skipif(not _FOLDER.exists(), reason="looks into Linux' /proc")


def open_files(folder: Path) -> list[str]:
    """List open files of a folder; nothing where there is no /proc."""
    links = _FOLDER.iterdir() if _FOLDER.exists() else ()
    # The listing of the folder itself is one of them, and gone by now.
    targets = [str(link.readlink()) for link in links if link.is_symlink()]
    return [target for target in targets if target.startswith(str(folder))]
