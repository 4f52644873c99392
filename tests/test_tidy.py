"""The style of the house, held by a test: what a reviewer would say a hundred times is said here once.

`BASELINE` lists what is not yet as it should be. It may only shrink: an entry that is no longer true fails,
too.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("loyalty", "members", "rewards", "campaigns", "analytics")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50

BASELINE: frozenset[str] = frozenset()

FACES = re.compile(r"/(views|api)/|/web/|/pages\.py$")
Found = Iterator[str]


@cache
def files(*suffixes: str, tests: bool = True) -> list[Path]:
    """Files of ours with one of these endings: source, templates and (unless said otherwise) tests."""
    folders = [*APPS, "templates", "static", *(["tests"] if tests else [])]
    found = [
        path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in suffixes
    ]
    return [path for path in found if "__pycache__" not in path.parts and "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax."""
    return ast.parse(path.read_text(), filename=str(path))


def named(path: Path) -> str:
    """The path as it is written in a message."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def operations() -> Iterator[Path]:
    """The modules that hold operations."""
    for path in files(".py", tests=False):
        if (path.parent.name == "operations" and path.name != "__init__.py") or path.name == "operations.py":
            yield path


# --- the rules ----------------------------------------------------------------------------------------------


def long_files() -> Found:
    for path in files(".py", ".html", ".css", ".js", ".sql"):
        count = len(path.read_text().splitlines())
        if count > LONGEST_FILE:
            yield f"{named(path)}: more than {LONGEST_FILE} lines"


def long_functions() -> Found:
    for path in files(".py"):
        for node in functions(path):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            count = (node.end_lineno or first) - first + 1
            if count > LONGEST_FUNCTION:
                yield f"{named(path)}:{node.name}: more than {LONGEST_FUNCTION} lines"


def faces_that_think() -> Found:
    """A face makes one call; it asks no manager. Rules know neither database nor clock."""
    for path in files(".py", tests=False):
        name = "/" + named(path)
        rules = "/rules/" in name
        if not rules and not FACES.search(name):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr == "objects":
                yield f"{named(path)}: asks the database itself"
            if rules and isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"}:
                yield f"{named(path)}: a rule reads the clock"


_MACHINE = {("datetime", "now"), ("date", "today"), ("datetime", "utcnow"), ("timezone", "now")}


def clocks() -> Found:
    """One place asks the machine for the time; models, rules and queries do not even ask that place."""
    for path in files(".py", tests=False):
        name = named(path)
        below = re.search(r"/(models|rules|queries)(/|\.py$)", "/" + name)
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            asked = (node.value.id, node.attr)
            if asked in _MACHINE and name != "loyalty/core/clock.py":
                yield f"{name}: asks the machine for the time; a face uses clock.now()"
            if asked == ("clock", "now") and below:
                yield f"{name}: asks for the time below the faces; take `at`"


def loose_operations() -> Found:
    """Public operations say their types, and take keywords; what they are about may stand alone at the
    front."""
    for path in operations():
        for node in tree(path).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            arguments = [*node.args.args, *node.args.kwonlyargs]
            if len(node.args.args) > 1:
                yield f"{named(path)}:{node.name}: takes positional arguments"
            if node.returns is None or any(argument.annotation is None for argument in arguments):
                yield f"{named(path)}:{node.name}: does not say its types"


def undocumented() -> Found:
    """Public modules, functions and classes say what they are for."""
    for path in files(".py", tests=False):
        body = tree(path).body
        if body and path.name not in {"__init__.py", "apps.py"} and ast.get_docstring(tree(path)) is None:
            yield f"{named(path)}: has no docstring"
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node) and not _says_itself(node):
                yield f"{named(path)}:{node.name}: has no docstring"


_TOLD_BY_BASE = re.compile(r"AppConfig|StrEnum|TextChoices|BaseUserManager|BaseCommand|Endpoint|Form\b")


def _says_itself(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """An error's sentence, a choice's names, a form's fields and an endpoint's methods say what they are."""
    if isinstance(node, ast.FunctionDef):
        return False
    told = {target.id for part in node.body if isinstance(part, ast.Assign) for target in part.targets
            if isinstance(target, ast.Name)}  # fmt: skip
    return "message" in told or any(_TOLD_BY_BASE.search(ast.unparse(base)) for base in node.bases)


def untested_operations() -> Found:
    """A module of operations is used by a test in its app's folder of tests, or in its room's."""
    for path in operations():
        app, *rest = path.relative_to(ROOT).with_suffix("").parts
        room = rest[-2] if rest[-1] == "operations" else rest[-1]
        module = ".".join([app, *rest])
        places = (ROOT / "tests" / app, ROOT / "tests" / room, ROOT / "tests/core" / room)
        if not any(_uses(test, module) for place in places for test in place.rglob("test_*.py")):
            yield f"{named(path)}: no test beside it uses it"


def _uses(path: Path, module: str) -> bool:
    package, _, last = module.rpartition(".")
    imported = rf"\b{re.escape(module)}\b|from {re.escape(package)} import [^\n]*\b{last}\b"
    return bool(re.search(imported, path.read_text()))


# Found by their place and name: pages of errors, and what the libraries for signing in look for.
_LOOKED_FOR = re.compile(r"^(account|mfa|socialaccount|usersessions|allauth|admin)/|^\d{3}(_csrf)?\.html$")


def dead_templates() -> Found:
    """Every template is named somewhere: by a view, by another template, or by a library that looks for
    it."""
    texts = "\n".join(path.read_text() for path in files(".py", ".html", ".txt", tests=False))
    for path in sorted((ROOT / "templates").rglob("*.*")):
        name = path.relative_to(ROOT / "templates").as_posix()
        # A tag may take its template's name from its own: `{% card %}` renders components/card.html.
        tag = path.parent.name == "components" and re.search(rf"\b{path.stem}\b", texts)
        if not _LOOKED_FOR.search(name) and name not in texts and not tag:
            yield f"templates/{name}: nobody renders it"


_WILFUL = {"save", "delete", "clean", "full_clean"}


def signals() -> Found:
    """Signals of models and a `save()` of one's own hide what an operation does."""
    for path in files(".py", tests=False):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and "django.db.models.signals" in (node.module or ""):
                yield f"{named(path)}: uses model signals"
            if not isinstance(node, ast.ClassDef):
                continue
            bases = " ".join(ast.unparse(base) for base in node.bases)
            own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
            if re.search(r"\bModel\b|MerchantScoped", bases) and own & _WILFUL:
                yield f"{named(path)}:{node.name}: has a {', '.join(sorted(own & _WILFUL))}() of its own"


def built_sql() -> Found:
    """SQL is written, not built: nothing goes into a statement but through parameters."""
    for path in files(".py", tests=False):
        if named(path) in COMPOSES_SQL or named(path).startswith("loyalty/demo/"):
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            asked = ast.unparse(node.func).rpartition(".")[2]
            if asked in {"RawSQL", "raw", "extra"}:
                yield f"{named(path)}: uses {asked}()"
            if asked in {"execute", "executemany"} and node.args and _is_built(node.args[0]):
                yield f"{named(path)}: builds SQL from text"


# What makes statements from its own constants, never from what somebody sent: roles, constraints, the books'
# checks and sums.
COMPOSES_SQL = {
    "loyalty/core/tenancy/roles.py",
    "loyalty/core/tenancy/readers.py",
    "loyalty/core/tenancy/models.py",
    "loyalty/core/ledger/checks.py",
    "loyalty/core/ledger/carried.py",
}


def _is_built(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod) or _is_built(node.left) or _is_built(node.right)
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"format", "replace"}


def paths_of_a_machine() -> Found:
    """Where a checkout lies is nobody's business."""
    for path in [*files(".py", ".html", ".css", ".js", ".sql"), ROOT / "pyproject.toml", ROOT / "Makefile"]:
        if path.exists() and f"{ROOT}/" in path.read_text():
            yield f"{named(path)}: names a folder of this machine"


def loose_skips() -> Found:
    """What a test needs and does not find is told by `tests/needs.py`, which lets nothing slip through in CI."""
    for path in (ROOT / "tests").rglob("*.py"):
        if named(path) in {"tests/needs.py", "tests/test_needs.py"}:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "importorskip"}:
                yield f"{named(path)}: skips by itself"


RULES: list[Callable[[], Found]] = [
    long_files, long_functions, faces_that_think, clocks, loose_operations, undocumented, untested_operations,
    dead_templates, signals, built_sql, paths_of_a_machine, loose_skips,
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_tidy(rule: Callable[[], Found]) -> None:
    assert sorted(set(rule()) - BASELINE) == []


def test_the_baseline_only_shrinks() -> None:
    everything = {finding for rule in RULES for finding in rule()}
    assert sorted(BASELINE - everything) == [], "these are fine now: take them out of BASELINE"


# --- each rule can fail -------------------------------------------------------------------------------------

MESS = {
    "members/views/list.py": "def page(request, a):\n    return Member.objects.raw('x')\n",
    "members/rules/age.py": "def age(born):\n    return datetime.now() - born\n",
    "members/operations/joining.py": "def join(member, at):\n    cursor.execute(f'DELETE FROM {member}')\n",
    "members/models.py": "class Member(models.Model):\n    def save(self):\n        pass\n",
    "members/tasks.py": "def run():\n" + "    pass\n" * 50,
    "members/long.py": "x = 1\n" * 401,
    "templates/members/forgotten.html": "<p>",
    "tests/test_sometimes.py": "pytest.importorskip('thing')\n",
}


@pytest.fixture
def mess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A house in which every rule is broken."""
    for name, text in MESS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "members/paths.py").write_text(f"HERE = '{tmp_path}/data'\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    files.cache_clear()
    yield tmp_path
    files.cache_clear()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_twin_every_rule_finds_what_it_forbids(mess: Path, rule: Callable[[], Found]) -> None:
    assert list(rule())
