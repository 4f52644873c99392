"""Names for boards that say nothing about who somebody is: two words and a number, the same each time for a seed.
Nobody types them, so nobody can be rude or give somebody away with one. Pure."""

from hashlib import sha256

_HOW = (
    "amber", "bold", "brave", "bright", "calm", "clever", "cosy", "curious", "eager", "gentle", "golden", "happy",
    "jolly", "keen", "kind", "lively", "lucky", "merry", "mild", "misty", "nimble", "noble", "patient", "playful",
    "proud", "quick", "quiet", "silver", "sunny", "swift", "warm", "witty",
)  # fmt: skip
_WHO = (
    "badger", "beaver", "bee", "crane", "deer", "dolphin", "eagle", "falcon", "finch", "fox", "hare", "hedgehog",
    "heron", "kingfisher", "lark", "lynx", "marten", "moose", "nightingale", "orca", "otter", "owl", "panda", "puffin",
    "raven", "robin", "salmon", "seal", "sparrow", "squirrel", "swan", "wolf",
)  # fmt: skip


def alias(seed: str) -> str:
    """A made-up name: "Quick otter 42". About a hundred thousand of them; two people may share one."""
    number = int.from_bytes(sha256(seed.encode()).digest()[:8])
    number, how = divmod(number, len(_HOW))
    number, who = divmod(number, len(_WHO))
    return f"{_HOW[how].capitalize()} {_WHO[who]} {number % 90 + 10}"
