"""The report on whether saliency maps depend on what was learned."""

from pathlib import Path

import pytest

from pipeline.experiments.outcome import Outcome
from pipeline.experiments.repository import Experiment
from pipeline.report.sanity import sanity_tables
from pipeline.report.sections import section_saliency
from pipeline.saliency.sanity import Likeness, write_sanity


@pytest.mark.parametrize(("alike", "sentence"), [(0.125, "The maps depend on"), (0.875, "The maps hardly depend on")])
def test_the_table_has_a_row_for_each_part_and_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alike: float, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = Outcome(Experiment("one", None), {}, {}, {}, {}, None, {})
    assert sanity_tables(outcome) == []
    parts = {"head": 0.75, "conv5": 0.5, "all": alike}
    write_sanity(tmp_path / "saliency/sanity.csv", [Likeness(part, 0, "mild", value) for part, value in parts.items()])
    (table,) = sanity_tables(outcome)
    assert table.rows == [["head", "0.75"], ["down to conv5", "0.50"], ["all", f"{alike:.2f}"]]
    assert table.notes[0].startswith(sentence)
    for faces in (False, True):  # also where figure 6 is missing
        section = section_saliency(outcome, faces)
        assert section is not None and section.blocks == [table]
