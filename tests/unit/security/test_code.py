"""What no line of the product's own code does."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("recommender", "lambdas", "workflow", "infra", "embedded_aws", "console")
RUNS_BYTES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def modules_imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def complaints(tree: ast.Module) -> list[str]:
    found = [f"imports {name}" for name in sorted(modules_imported(tree) & RUNS_BYTES)]
    for name, call in calls(tree):
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        attribute = name.rpartition(".")[2]
        if name in ("eval", "exec", "os.system", "os.popen"):
            found.append(f"calls {name}")
        if keywords.get("allow_pickle", "False") != "False":
            found.append(f"{name} with allow_pickle")
        if keywords.get("shell", "False") != "False":
            found.append(f"{name} with shell")
        if name in ("yaml.load", "yaml.load_all") and "Safe" not in keywords.get("Loader", "") + (
            ast.unparse(call.args[1]) if len(call.args) > 1 else ""
        ):
            found.append("yaml.load of any object")
        if attribute == "extractall" and "tar" in name and keywords.get("filter") != "'data'":
            found.append(f"{name} without the filter 'data'")
        if attribute in ("to_csv", "to_excel") or name in ("csv.writer", "csv.DictWriter"):
            found.append(f"{name}: a table for spreadsheets, in which a title can be a formula")
    return found


def test_no_line_runs_data_as_code_or_writes_formulas():
    assert {str(path): found for path, tree in trees() if (found := complaints(tree))} == {
        "embedded_aws/cloudformation/template.py": ["yaml.load of any object"]
    }


def test_templates_are_read_by_a_safe_loader():
    """The one exception above: its loader has a name of its own."""
    import yaml

    from embedded_aws.cloudformation import template

    assert issubclass(template._Loader, yaml.SafeLoader)
    with pytest.raises(Exception, match="python/object"):
        yaml.load("!!python/object/apply:os.getcwd []", Loader=template._Loader)  # noqa: S506


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "eval(text)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "tar.extractall(path)",
        "frame.to_csv(path)",
        "csv.writer(file)",
    ],
)
def test_each_of_them_would_be_found(line):
    assert complaints(ast.parse(line))
