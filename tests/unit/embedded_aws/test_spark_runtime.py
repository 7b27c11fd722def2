"""Java is found as Spark finds it; what is missing is said with what to do."""

import pytest

from embedded_aws import spark_runtime
from embedded_aws.errors import SparkMissingError
from embedded_aws.spark_runtime import check_spark, find_java


@pytest.fixture
def java(tmp_path, monkeypatch):
    """Make a Java that says its version, as JAVA_HOME."""

    def make(version, exit_code=0):
        program = tmp_path / "bin" / "java"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\nexit {exit_code}")
        program.chmod(0o755)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    return make


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.25", "17.0.15", "17"])
def test_java_by_its_home(java, version):
    java(version)

    assert find_java() == version


@pytest.mark.parametrize("version", ["1.7.0_80", "21.0.1"])
def test_a_java_on_which_spark_does_not_run(java, version):
    java(version)

    with pytest.raises(SparkMissingError, match=rf"Java {version}, expected 8 or 11 or 17: .*17"):
        find_java()


def test_a_java_that_does_not_start(java):
    java("17.0.1", exit_code=1)

    with pytest.raises(SparkMissingError, match=r"\(by JAVA_HOME\) does not start: install Java"):
        find_java()


def test_all_that_is_missing_is_said_at_once(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(spark_runtime.util, "find_spec", lambda _: None)

    with pytest.raises(SparkMissingError) as caught:
        check_spark()

    assert str(caught.value) == (
        "PySpark is not installed; no java on the PATH, and no JAVA_HOME: run make spark; install "
        "Java 17 by the system's package manager"
    )
