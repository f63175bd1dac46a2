"""Why a skill reads what is not for everybody is one of the published codes."""

import pytest

from shared.purposes import PURPOSES
from shared.skill import Skill


def test_a_skill_with_a_purpose_of_its_own_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="skill pay: purpose='curiosity'; write one of answer, "):
        Skill("pay", "Pays", purpose="curiosity")
    assert Skill("pay", "Pays").purpose in PURPOSES
