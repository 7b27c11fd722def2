"""Shell completion, by bash itself."""

import shutil
import subprocess

import pytest

from tests.e2e.conftest import RECOMMENDER

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")

SCRIPT = """
PATH="$1:$PATH"
eval "$(_RECOMMENDER_COMPLETE=bash_source recommender)"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_recommender_completion recommender
printf '%s\\n' "${COMPREPLY[@]}"
complete -p recommender
"""


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["comp"], ["compare"]),
        (["st"], ["start", "stop"]),
        (["data", ""], ["check", "fetch", "list", "upload"]),
        (["list", "--status", "a"], ["aborted", "accepted"]),
        (["show", "l"], ["latest"]),
        (["compare", "latest", ""], ["latest", "accepted"]),
        (["watch", "--endp"], ["--endpoint-url"]),
        (["show", "train-"], [""]),
    ],
)
def test_bash_completes(workspace, words, completed):
    """Without network or credentials, and without a word on standard error."""
    result = subprocess.run(
        ["bash", "--norc", "-c", SCRIPT, "bash", str(RECOMMENDER.parent), "recommender", *words],
        env=workspace.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    *found, registered = result.stdout.splitlines()
    assert found == completed
    assert registered.endswith(" recommender")
    assert result.stderr == ""
