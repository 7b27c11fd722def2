"""The machine: each outcome of each check."""

import pytest

from console.doctor.finding import Status
from console.doctor.machine import (
    NEEDED_BYTES,
    ask_node,
    check_disk,
    check_node,
    check_packages,
    check_python,
    check_spark_for_large_ratings,
)
from embedded_aws.errors import SparkMissingError

LOCK = """\
click==8.5.1 \\
    --hash=sha256:00
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:00
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:00
pywin32==312 ; sys_platform == 'win32' \\
    --hash=sha256:00
"""


@pytest.mark.parametrize(
    ("version", "status"), [((3, 10, 9), "problem"), ((3, 11, 0), "ok"), ((3, 14, 1), "ok")]
)
def test_python(version, status):
    assert check_python(version).status == status


@pytest.mark.parametrize(("free", "status"), [(NEEDED_BYTES - 1, "warning"), (NEEDED_BYTES, "ok")])
def test_disk(free, status):
    assert check_disk("disk", "/", free).status == status


@pytest.mark.parametrize(
    ("installed", "status", "text"),
    [
        ({"click": "8.5.1", "numpy": "2.5.5"}, "ok", "3 as in lock"),
        ({"click": "8.5.1", "numpy": "2.4.6", "pywin32": "312"}, "ok", "3 as in lock"),
        ({"click": "8.4.0", "numpy": "2.4.6"}, "problem", "click 8.4.0 (locked: 8.5.1)"),
        ({"numpy": "2.4.6"}, "problem", "click missing (locked: 8.5.1)"),
        ({"click": "8.5.1", "numpy": "1.0"}, "problem", "numpy 1.0 (locked: 2.4.6 or 2.5.5)"),
    ],
)
def test_packages(tmp_path, installed, status, text):
    lock = tmp_path / "lock"
    lock.write_text(LOCK)

    finding = check_packages(lock, installed.get)

    assert finding.status == status
    assert text in finding.found


def test_packages_without_a_lock(tmp_path):
    assert check_packages(tmp_path / "lock").status is Status.SKIPPED


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        ((0, "v24.19.0\n", "npm warn"), "ok", "v24.19.0"),
        ((0, "v18.1.0\n", ""), "warning", "v18.1.0"),
        ((1, "", "infra.node: found no Node.js"), "problem", "infra.node: found no Node.js"),
        ((0, "", ""), "problem", "it said nothing"),
    ],
)
def test_node(answer, status, text):
    finding = check_node(*answer)

    assert finding.status == status
    assert text in finding.found


def test_node_of_this_installation_starts():
    exit_code, version, _ = ask_node()

    assert exit_code == 0
    assert version.startswith("v")


def test_node_that_cannot_be_started(tmp_path):
    assert ask_node(tmp_path / "missing")[0] != 0


def test_spark_is_found():
    finding = check_spark_for_large_ratings(lambda: "PySpark 3.5.9, Java 17.0.15")

    assert (finding.status, finding.found) == (Status.OK, "PySpark 3.5.9, Java 17.0.15")


def test_missing_spark_is_a_note():
    def check():
        raise SparkMissingError("PySpark is not installed", "run make spark")

    finding = check_spark_for_large_ratings(check)

    assert finding.status is Status.SKIPPED
    assert "PySpark is not installed" in finding.found
    assert finding.advice == "for that, run make spark"
