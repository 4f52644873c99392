"""Check an instant win: python verify_instant_win.py game.json. Needs nothing but Python; checks every ticket."""

import hmac
import sys
from hashlib import sha256
from json import loads
from pathlib import Path

game = loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
seed, left = game["seed"].encode(), {prize["id"]: prize["total"] for prize in game["prizes"]}
if sha256(seed).hexdigest() != game["commitment"]:
    sys.exit("This is not the seed that was promised.")
for ticket, said in game["plays"]:
    name, number = ticket, 2**256
    while number >= 2**256 - 2**256 % 1_000_000:
        number, name = int.from_bytes(hmac.digest(seed, name.encode(), "sha256")), name + "+"
    number, won = number % 1_000_000, ""
    for prize in game["prizes"]:
        if not won and 0 <= number < prize["odds"] and left[prize["id"]] > 0:
            won, left[prize["id"]] = prize["id"], left[prize["id"]] - 1
        number -= prize["odds"]
    if won != said:
        sys.exit(f"Ticket {ticket} should have won {won or 'nothing'}.")
print("Every ticket is as it should be. Prizes won:", sum(1 for _ticket, won in game["plays"] if won))
