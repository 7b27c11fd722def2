"""Archives from outside: nothing escapes, nothing is unpacked unseen."""

import io
import tarfile
import zipfile

import pytest

from recommender.errors import ModelArtifactError
from recommender.model_artifact import parse_model


def tar_gz(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "members",
    [
        [(tarfile.TarInfo("../escaped"), b"x")],
        [(tarfile.TarInfo("/tmp/escaped"), b"x")],  # noqa: S108 - what an attacker would write
        [(link("model_algo-1", "/etc/passwd", tarfile.SYMTYPE), b"")],
        [(link("model_algo-1", "/etc/passwd", tarfile.LNKTYPE), b"")],
        [(link("model_algo-1", "", tarfile.FIFOTYPE), b"")],
        [(tarfile.TarInfo("x/../model_algo-1"), b"x")],
    ],
    ids=["parent", "absolute", "symlink", "hard link", "fifo", "detour"],
)
def test_no_member_of_a_model_reaches_a_file(members, tmp_path, monkeypatch):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)

    with pytest.raises(ModelArtifactError, match="expected the member 'model_algo-1'"):
        parse_model(tar_gz(*members))

    assert {path.name for path in tmp_path.rglob("*")} == {"a", "b"}


def test_only_the_named_member_of_the_inner_zip_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../params", b"x")

    with pytest.raises(ModelArtifactError, match="expected the member 'params'"):
        parse_model(tar_gz((tarfile.TarInfo("model_algo-1"), inner.getvalue())))

    assert not list(tmp_path.parent.glob("params"))
