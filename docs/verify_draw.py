"""Check a prize draw: python verify_draw.py draw.json. Needs nothing but Python; says who won and whether it is so."""

import sys
from hashlib import sha256
from json import loads
from pathlib import Path

draw = loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
seed, listed = draw["seed"], sha256(draw["list"].encode()).hexdigest()
if sha256(seed.encode()).hexdigest() != draw["commitment"] or listed != draw["list_digest"]:
    sys.exit("This is not the seed that was promised, or not the list that was published.")
left = [(code, int(entries)) for code, entries in (line.split(" ") for line in draw["list"].splitlines())]
winners, number = [], 0
while left and len(winners) < draw["prizes"]:
    total = sum(entries for _code, entries in left)
    ticket, number = int(sha256(f"{seed}:{listed}:{number}".encode()).hexdigest(), 16), number + 1
    if ticket < 2**256 - 2**256 % total:
        place, ticket = 0, ticket % total
        while ticket >= left[place][1]:
            place, ticket = place + 1, ticket - left[place][1]
        winners.append(left.pop(place)[0])
if winners != draw["winners"]:
    sys.exit(f"Others should have won: {', '.join(winners)}")
print("The draw is as it should be. Winners:", ", ".join(winners))
