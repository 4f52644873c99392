"""Kill what writes, over and over, and audit what it had promised.

A client notes its intent on disk before it asks and the answer after it got one, both synced. Processes are ended with
SIGKILL at random instants; their successors ask again, with the same key, for everything that had no answer. At the
end nothing acknowledged may be lost, nothing may have happened twice, and the books must be right.

    python -m tests.prove.kills worker --kills 300    the process that writes, against DATABASE_URL
    python -m tests.prove.kills server --kills 30     a whole PostgreSQL of its own, fsync on

`--promise-early` answers before the commit: the audit has to catch it losing.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

WRITERS = 2
MEMBERS = [UUID(int=number) for number in range(1, 4)]


@dataclass
class Report:
    """What an audit found. `lost`: acknowledged but not in the books. `altered`: there, but not as acknowledged."""

    kills: int = 0
    intents: int = 0
    acknowledged: int = 0
    lost: int = 0
    altered: int = 0
    unasked: int = 0
    unfinished: int = 0
    breaches: int = 0
    seconds: float = 0.0
    slowest_start: float = 0.0

    @property
    def clean(self) -> bool:
        return not (self.lost or self.altered or self.unasked or self.unfinished or self.breaches)


class Journal:
    """One client's notes: `{"ask": n}` before, `{"got": n, "transfer": id}` after, each on disk when the call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: set[int] = set()
        self.got: dict[int, list[str]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    note = json.loads(line)
                except ValueError:
                    continue  # half a line: the kill came while it was written, so nothing was acknowledged
                if "ask" in note:
                    self.asked.add(note["ask"])
                else:
                    self.got[note["got"]] = note["transfers"]
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(self, **what: object) -> None:
        # A leading line break ends what an earlier kill may have left unfinished.
        os.write(self.file, b"\n" + json.dumps(what).encode() + b"\n")
        os.fdatasync(self.file)

    @property
    def open(self) -> list[int]:
        return sorted(self.asked - self.got.keys())


def do_work(merchant: int, name: str, number: int) -> Iterator[list[str]]:
    """One request: an earning, a spending, or a reservation with its commit. Yields the ids before the commit, then
    after it."""
    from loyalty.core.ledger.chart import Do, MemberAccount, MerchantAccount
    from loyalty.core.ledger.operations import Posting, post
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    now = datetime.now(UTC)
    member = MEMBERS[number % len(MEMBERS)]
    common = {
        "kind": "kill",
        "event": "points.moved",
        "owner": member,
        "actor": "kill",
        "at": now,
        "now": now,
    }
    with acting_for(merchant, by=SYSTEM):
        if number % 3 == 0:
            posted = [
                post(
                    Posting(
                        do=Do.SPEND,
                        key=f"{name}:{number}",
                        amount=1,
                        counter=MerchantAccount.REDEEMED,
                        **common,
                    )
                )
            ]
        elif number % 3 == 1:
            held = post(
                Posting(
                    do=Do.SPEND, key=f"{name}:{number}:r", amount=2, counter=MemberAccount.RESERVED, **common
                )
            )
            used = post(Posting(do=Do.COMMIT, key=f"{name}:{number}:c", of=held.transfer,
                                counter=MerchantAccount.REDEEMED, **common))  # fmt: skip
            posted = [held, used]
        else:
            posted = [post(Posting(do=Do.GRANT, key=f"{name}:{number}", amount=5, **common))]
        answers = [str(one.transfer) for one in posted]
        yield answers
    yield answers


def keys_of(name: str, number: int) -> list[str]:
    """The keys that request `number` uses, in order."""
    return [f"{name}:{number}:r", f"{name}:{number}:c"] if number % 3 == 1 else [f"{name}:{number}"]


def write_for_ever(journal: Journal, merchant: int, name: str, *, early: bool, stop: Path) -> None:
    """Ask again what has no answer, then go on with new requests until `stop` exists."""
    from django.db import Error, connection

    todo = journal.open
    fresh = max(journal.asked, default=0) + 1
    while todo or not stop.exists():
        number = todo.pop(0) if todo else fresh
        if number == fresh:
            fresh += 1
            journal.note(ask=number)
        while True:
            try:
                steps = do_work(merchant, name, number)
                answers = next(steps)
                if early:
                    journal.note(got=number, transfers=answers)
                    time.sleep(0.002)
                next(steps)
                break
            except Error:
                if early and number in Journal(journal.path).got:
                    break  # it was promised, so nobody asks again
                connection.close()
                time.sleep(0.02)
        if not early:
            journal.note(got=number, transfers=answers)


def start_writer(folder: Path, merchant: int, index: int, *, early: bool) -> int:
    """Fork a client; its process id."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            name = f"w{index}"
            write_for_ever(Journal(folder / name), merchant, name, early=early, stop=folder / "stop")
            code = 0
        finally:
            os._exit(code)
    return pid


def prepare() -> int:
    """A shop with three rich members; its number."""
    from loyalty.core.ledger.chart import Do
    from loyalty.core.ledger.operations import Posting, post
    from loyalty.core.merchants.operations import open_merchant
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    now = datetime.now(UTC)
    shop = open_merchant(name="Kill", slug=f"kill-{os.getpid()}-{time.time_ns()}", currency="SEK", timezone="UTC",
                         at=now, by=SYSTEM)  # fmt: skip
    with acting_for(shop, by=SYSTEM):
        for member in MEMBERS:
            post(Posting(do=Do.GRANT, key=f"start:{member}", kind="kill", event="points.moved", owner=member,
                         actor="kill", at=now, now=now, amount=10**9))  # fmt: skip
    return int(shop.pk)


def audit(folder: Path, merchant: int, report: Report) -> Report:
    """Compare every journal with the books, and check the books."""
    from loyalty.core.ledger import checks
    from loyalty.core.ledger.models import Transfer
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    with acting_for(merchant, by=SYSTEM):
        there = {
            key: str(pk)
            for key, pk in Transfer.objects.exclude(key__startswith="start:").values_list("key", "pk")
        }
        report.breaches = len(checks.verify())
    expected = set()
    for index in range(WRITERS):
        journal = Journal(folder / f"w{index}")
        report.intents += len(journal.asked)
        report.acknowledged += len(journal.got)
        report.unfinished += len(journal.open)
        for number in journal.asked:
            keys = keys_of(f"w{index}", number)
            expected |= set(keys)
            found = [there.get(key) for key in keys]
            if number in journal.got:
                report.lost += any(one is None for one in found)
                report.altered += None not in found and found != journal.got[number]
    report.unasked = len(there.keys() - expected)
    return report


def kill_workers(kills: int, *, early: bool, folder: Path) -> Report:
    """End one of the writing processes at a random instant, `kills` times."""
    merchant = prepare()
    started = time.monotonic()
    pids = [start_writer(folder, merchant, index, early=early) for index in range(WRITERS)]
    for number in range(kills):
        time.sleep(random.uniform(0.02, 0.12))
        index = number % WRITERS
        os.kill(pids[index], signal.SIGKILL)
        os.waitpid(pids[index], 0)
        pids[index] = start_writer(folder, merchant, index, early=early)
    finish(folder, pids)
    return audit(folder, merchant, Report(kills=kills, seconds=time.monotonic() - started))


def finish(folder: Path, pids: list[int]) -> None:
    """Let the writers answer what is open and end by themselves."""
    time.sleep(0.2)
    (folder / "stop").touch()
    for pid in pids:
        _pid, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError("a writer ended with an error of its own")


def kill_servers(kills: int, *, early: bool, folder: Path) -> Report:
    """End a whole PostgreSQL (its postmaster and every backend) at a random instant, `kills` times."""
    with own_server(folder / "server") as server:
        merchant = prepare()
        report = Report(kills=kills)
        started = time.monotonic()
        pids = [start_writer(folder, merchant, index, early=early) for index in range(WRITERS)]
        for _number in range(kills):
            time.sleep(random.uniform(0.05, 0.5))
            kill_server(server)
            again = time.monotonic()
            server.start()
            report.slowest_start = max(report.slowest_start, time.monotonic() - again)
        finish(folder, pids)
        report.seconds = time.monotonic() - started
        return audit(folder, merchant, report)


def kill_server(server: object) -> None:
    """SIGKILL to the postmaster and to the backends it started, by their ids."""
    process = server._process  # type: ignore[attr-defined]
    children = [
        int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]
    process.kill()
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


@contextmanager
def own_server(folder: Path) -> Iterator[object]:
    """A PostgreSQL of our own, migrated, that Django is set to."""
    from loyalty.core.tenancy import roles
    from loyalty.demo.postgres import Postgres

    folder.mkdir(parents=True)
    server = Postgres(folder)
    try:
        server.start()
        os.environ["DATABASE_URL"] = server.url(roles.APP)
        os.environ["DATABASE_OWNER_URL"] = server.url(roles.OWNER)
        set_up_django()
        from django.core.management import call_command

        call_command("migrate", database="owner", verbosity=0)
        yield server
    finally:
        server.remove()


def set_up_django() -> None:
    """Django by DATABASE_URL, without a queue: nothing here rings a bell."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    os.environ["CELERY_BROKER_URL"] = "memory://"
    import django

    django.setup()


def main(arguments: list[str] | None = None) -> int:
    """Run one proof and print its report as JSON; 0 when it is clean."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.prove.kills", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("what", choices=["worker", "server"])
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--promise-early", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if options.what == "worker":
            set_up_django()
            report = kill_workers(options.kills, early=options.promise_early, folder=folder)
        else:
            report = kill_servers(options.kills, early=options.promise_early, folder=folder)
    print(json.dumps({**asdict(report), "clean": report.clean}))
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
