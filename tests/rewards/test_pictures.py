"""The picture of a reward: one the shop keeps, or none; never another shop's."""

import pytest
from PIL import Image

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.pictures.operations import keep_drawing
from loyalty.core.tenancy.scope import acting_for
from rewards.models import Reward
from rewards.operations.catalogue import create_reward, edit_reward, picture_reward
from tests.cast import AT, OTTO

CUP = {"kind": "custom", "name": {"en": "Cup"}, "cost_points": 10}


def test_a_picture_stays_when_the_words_change_and_goes_when_it_is_taken_off(cafe):
    reward = create_reward(at=AT, details=CUP)
    kept = keep_drawing(drawing=Image.new("RGB", (9, 9), "green"), at=AT)
    picture_reward(reward=reward.pk, picture=kept.pk, at=AT)
    edit_reward(reward=reward.pk, at=AT, details={"cost_points": 20})
    assert Reward.objects.get().picture_id == kept.pk
    picture_reward(reward=reward.pk, picture=None, at=AT)
    assert Reward.objects.get().picture_id is None


def test_another_shops_picture_is_not_there(cafe, other_shop):
    reward = create_reward(at=AT, details=CUP)
    with acting_for(other_shop, by=OTTO):
        theirs = keep_drawing(drawing=Image.new("RGB", (9, 9), "red"), at=AT).pk
    for absent in (theirs, ids.new()):
        with pytest.raises(NotFound):
            picture_reward(reward=reward.pk, picture=absent, at=AT)
    with pytest.raises(NotFound):
        picture_reward(reward=ids.new(), picture=None, at=AT)
    assert Reward.objects.get().picture_id is None
