"""Names that look alike: by case, blanks or Unicode form, and nothing else."""

import pytest

from pipeline.name_twins import find_name_twins, name_twin_errors


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["ann", "Ann"], [["Ann", "ann"]]),
        (["Zo\u00eb", "Zoe\u0308", "zoe"], [["Zoe\u0308", "Zo\u00eb"]]),
        (["ann b", " ann  b", "annb"], [[" ann  b", "ann b"]]),
        (["1 11", "11 1", "111"], []),
        (["s1", "s\u200b1", "s\u00ad1", "\ufeffs1"], [["s1", "s\u00ad1", "s\u200b1", "\ufeffs1"]]),
        (["203", "\uff12\uff10\uff13"], [["203", "\uff12\uff10\uff13"]]),
        (["Stra\u00dfe", "STRASSE"], [["STRASSE", "Stra\u00dfe"]]),
        (["203", "0203", "203_1", "a-b", "a_b"], []),
        (["ann", "ann"], []),
    ],
)
def test_groups(names: list[str], groups: list[list[str]]) -> None:
    assert find_name_twins(names) == groups


def test_the_error_shows_what_differs() -> None:
    assert name_twin_errors("ids", ["Zo\u00eb", "Zoe\u0308"]) == [
        r"the ids 'Zoe\u0308', 'Zo\xeb' differ only by case, blanks, invisible characters or Unicode form; allowed: "
        "one spelling, or names that differ otherwise"
    ]
