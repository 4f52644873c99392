"""What was sent by a form of the editor, as the tree that its names spell."""

from typing import Any

from django.http import QueryDict

MOST_ITEMS = 100


def untangled(typed: QueryDict | None) -> dict[str, Any]:
    """What was sent as a tree: `when.0.type` → `{"when": [{"type": …}]}`. Lists are where a count was sent."""
    tree: dict[str, Any] = {}
    if typed is None:
        return tree
    for name in typed:
        values = typed.getlist(name)
        here = tree
        *way, last = name.split(".")
        for step in way:
            following = here.setdefault(step, {})
            if not isinstance(following, dict):
                following = here[step] = {"": following}
            here = following
        here[last] = values if len(values) > 1 else "".join(values)
    return {name: _listed(part) for name, part in tree.items()}


def _listed(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    if "count" in part and str(part["count"]).isdecimal():
        count = min(int(part["count"]), MOST_ITEMS)
        found = [_listed(part.get(str(index), {})) for index in range(count)]
        return [one if isinstance(one, dict) else {} for one in found]
    return {name: _listed(value) for name, value in part.items()}


def at(tree: Any, path: str) -> Any:
    """What stands at a path of such a tree; None where nothing does."""
    for step in path.split("."):
        if isinstance(tree, list):
            tree = tree[int(step)] if step.isdecimal() and int(step) < len(tree) else None
        elif isinstance(tree, dict):
            tree = tree.get(step)
        else:
            return None
    return tree
