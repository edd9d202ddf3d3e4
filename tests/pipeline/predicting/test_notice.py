"""The notice beside every estimate holds for every model: it says nothing that is true of some models alone."""

from pipeline.predicting.notice import notice
from pipeline.report.paper import paper
from pipeline.severity.scale import scale_of

NOTICE = notice(scale_of("bdi-ii"))


def test_the_errors_are_those_of_all_estimators() -> None:
    """The published RMSE of the networks and of the other estimators, from the smallest to the largest."""
    errors = [row[corpus][0] for row in paper()["networks"] for corpus in ("avec2013", "avec2014")]
    errors += [error for corpora in paper()["estimators"].values() for error in corpora.values()]
    assert f"{min(errors):.0f} to {max(errors):.0f} points off" in NOTICE


def test_only_the_demo_is_called_simulated() -> None:
    (sentence,) = [text for text in NOTICE.split(". ") if "simulated" in text]
    assert sentence.startswith("The demo's model")


def test_the_published_errors_are_those_of_one_scale() -> None:
    other = notice(scale_of("phq-9"))
    assert "(PHQ-9, 0 to 27)" in other and "no diagnosis" in other
    assert "points off" not in other and "BDI" not in other
