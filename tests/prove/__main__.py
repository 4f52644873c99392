"""`make prove`: the long forms of the proofs, one after the other, each with its seconds.

    python -m tests.prove [machine] [lives] [workers] [servers] [messages] [pages] [sweep] [experiments] [automations] [--examples N] [--kills N] …

Without names all of them run: 50,000 random lives of 100 steps, 1,000 lives through a whole programme, 1,000 killed
workers, 1,000 killed servers, 100,000 messages through killed workers, every page in four languages, both themes and two
widths, every address tried by everybody who must not get anywhere, 2,000 made-up experiments of each kind looked at
daily, 10,000 members through automations whose workers are killed.
"""

import argparse
import os
import subprocess
import sys
import time


def _commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """How each proof is run."""
    python = [sys.executable, "-m"]
    kills = str(options.kills)
    return {
        "machine": [*python, "pytest", "-q", "tests/ledger/test_machine.py"],
        "lives": [*python, "pytest", "-q", "tests/members/test_lives.py", "-k", "random_lives"],
        "workers": [*python, "pytest", "-q", "-s", "tests/ledger/test_kills.py", "-k", "killed_workers"],
        "servers": [*python, "tests.prove.kills", "server", "--kills", kills],
        "messages": [*python, "pytest", "-q", "-s", "tests/campaigns/test_kills.py"],
        "pages": [*python, "pytest", "-q", "tests/web/test_every_page_browser.py"],
        "sweep": [*python, "pytest", "-q", "tests/isolation/test_sweep.py"],
        "experiments": [*python, "pytest", "-q", "tests/campaigns/test_experiments.py"],
        "automations": [*python, "pytest", "-q", "tests/campaigns/automations/test_kills.py"],
    }


def _environment(options: argparse.Namespace) -> dict[str, str]:
    """How long each proof is to be."""
    return {
        **os.environ,
        "LEDGER_EXAMPLES": str(options.examples),
        "LEDGER_STEPS": str(options.steps),
        "LEDGER_KILLS": str(options.kills),
        "LIVES": str(options.lives),
        "MESSAGES": str(options.messages),
        "EVERY_PAGE": "all",
        "EVERY_VISITOR": "all",
        "TRIALS": str(options.trials),
        "AUTOMATED": str(options.automated),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen proofs; 0 when every one holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "proofs",
        nargs="*",
        choices=[
            "machine",
            "lives",
            "workers",
            "servers",
            "messages",
            "pages",
            "sweep",
            "experiments",
            "automations",
            [],
        ],
    )
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--lives", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--trials", type=int, default=2_000)
    parser.add_argument("--automated", type=int, default=10_000)
    options = parser.parse_args(arguments)
    commands, environment = _commands(options), _environment(options)
    failed = []
    for name in options.proofs or commands:
        print(f"=== {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(commands[name], env=environment, check=False).returncode
        print(
            f"=== {name}: {'holds' if code == 0 else 'BROKEN'} ({time.monotonic() - started:.0f} s)",
            flush=True,
        )
        if code:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
