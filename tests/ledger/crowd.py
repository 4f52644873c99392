"""Many real processes posting at once: `python crowd.py` is one of them, `rush()` starts them together.

A worker knows nothing of Django: it reads postings as JSON lines, waits for the common start, sends each in a
transaction of its own and prints each answer.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any


def rush(merchant: int, work: Sequence[Iterable[list[dict[str, Any]]]], *, function: str = "ledger_post",
         seconds: float = 300) -> list[list[dict[str, Any]]]:  # fmt: skip
    """One process per element of `work`; each sends its requests (lists of postings, one transaction each) in order.

    Returns the answers of every process; an error of the database is `{"status": "error", "code": SQLSTATE}`.
    """
    start = time.time() + 0.5 + 0.15 * len(work)  # enough for all to be connected
    command = [sys.executable, __file__, os.environ["TEST_DATABASE_URL"], str(merchant), function, str(start)]
    crowd = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _part in work
    ]
    # Pipes hold less than this, so each is given its work at once; a worker reads everything before it answers.
    for process, part in zip(crowd, work, strict=True):
        assert process.stdin
        process.stdin.write("".join(json.dumps(request) + "\n" for request in part))
        process.stdin.close()
        process.stdin = None
    answers = []
    for process in crowd:
        out, _err = process.communicate(timeout=seconds)
        assert process.returncode == 0
        answers.append([json.loads(line) for line in out.splitlines()])
    return answers


def main() -> None:
    import psycopg

    url, merchant, function, start = sys.argv[1:]
    requests = [json.loads(line) for line in sys.stdin]
    answers = []
    with psycopg.connect(url, autocommit=True, prepare_threshold=1) as connection:
        time.sleep(max(0.0, float(start) - time.time()))
        for request in requests:
            said: list[Any] = []
            try:
                with connection.transaction():
                    connection.execute("SELECT set_config('app.merchant_id', %s, true)", [merchant])
                    for posting in request:
                        row = connection.execute(
                            f"SELECT {function}(%s::jsonb)", [json.dumps(posting)]
                        ).fetchone()
                        said.append(row[0] if row else None)
            except psycopg.Error as error:
                said = [{"status": "error", "code": error.sqlstate}]
            answers += said
    sys.stdout.write("".join(json.dumps(answer) + "\n" for answer in answers))


if __name__ == "__main__":
    main()
