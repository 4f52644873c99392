"""Silent members: who joined long ago and has neither bought nor done anything since."""

from loyalty.core.tenancy.scope import acting_for
from members.operations.activities import record_activity
from members.queries.silence import silent_members
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef
from tests.cast import AT, OTTO, buy, days, person


def test_buying_or_doing_something_breaks_the_silence(cafe):
    from loyalty.core import ids

    silent = person("silent", at=AT - days(400))
    bought_long_ago = person("bought", at=AT - days(500))
    buy(bought_long_ago, 10, at=AT - days(450))
    buyer, doer = person("buyer", at=AT - days(400)), person("doer", at=AT - days(400))
    buy(buyer, 10, at=AT - days(10))
    doing = NewActivity("a", "review", AT - days(10), MemberRef(id=ids.encode("mbr", doer.pk)))
    record_activity(activity=doing, at=AT)
    person("new", at=AT - days(5))
    found = [row.pk for row in silent_members(before=AT - days(365))]
    assert found == [bought_long_ago.pk, silent.pk]  # first joined first


def test_silence_elsewhere_is_none_of_ours(cafe, other_shop):
    person("silent", at=AT - days(400))
    with acting_for(other_shop, by=OTTO):
        assert list(silent_members(before=AT)) == []
