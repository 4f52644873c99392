"""What the SQL of a segment says is what looking at each member in plain Python says."""

import random

import msgspec
import pytest

from campaigns.operations.segments.refreshing import work_out_scale
from campaigns.queries.segments.compiling import checked, count, sample, who_fits
from campaigns.rules.segments import Conditions, leaves, problems
from loyalty.core.ledger.checks import verify
from members.models import Member
from tests.campaigns.segments.crowd import NOW, crowd, open_town, tree
from tests.campaigns.segments.plainly import fits

TREES = 60


@pytest.mark.parametrize("seed", range(4))
def test_sql_and_python_choose_the_same_members(cafe, seed):
    chance = random.Random(seed)
    open_town()
    crowd(chance)
    work_out_scale(at=NOW)
    everybody = list(Member.objects.all())
    asked, answers, kinds = 0, set(), set()
    while asked < TREES:
        conditions = msgspec.convert(tree(chance), Conditions)
        if problems(conditions):
            continue
        asked += 1
        kinds |= {type(one) for _path, one in leaves(conditions)}
        found = who_fits(conditions, at=NOW)
        plainly = {one.pk for one in everybody if fits(conditions, one, NOW)}
        assert found == plainly, conditions
        assert count(conditions, at=NOW) == len(found)
        assert set(sample(conditions, at=NOW, most=3)) <= found
        # One statement for a member or for some: the same as for everybody.
        some = [one.pk for one in chance.sample(everybody, 7)]
        assert who_fits(conditions, members=some, at=NOW) == found.intersection(some)
        for one in some[:3]:
            stands = checked(conditions, member=one, at=NOW)
            assert (stands is not None and stands.holds) == (one in found)
        answers.add(len(found))
    assert len(answers) > 5, "the trees tell members apart"
    assert len(kinds) > 14, "nearly every condition was asked"
    assert verify() == []
