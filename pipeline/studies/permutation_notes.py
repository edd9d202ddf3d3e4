"""What a permutation test says, in words and in columns of a study's table."""

from collections.abc import Sequence

from pipeline.statistics.interval import Interval, format_interval
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.permutation import ALPHA, PermutationTest, permutation_tests

LEAKS = {  # by corpus.labels: what links a permuted score to a face
    "permuted_sessions": "LEAK: the model has seen what it is tested on, since nothing else links a face to a score "
    "that was dealt to it at random. No result of this pipeline means anything before that is found.",
    "permuted_subjects": "LEAK, OR PEOPLE KNOWN BY THEIR FACES: a person in fitting and in the test partition keeps "
    "one permuted list of scores, which a model that recognises people can repeat. If the row of sessions does not "
    "show it too, it is that; corpus.partition: subject_folds parts the people.",
}
NO_LEAK = "No leak is seen: on permuted scores the model is not shown to be better than a constant."


def permutation_columns(study: Study, rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """Return headings and cells of further columns, empty for rows that are no distribution."""
    tests = {test.label: test for test in permutation_tests(study, rows)}
    found = [tests.get(row.label) for row in rows]
    return [
        ("p of RMSE", [_cell(test.rmse.p if test else None) for test in found]),
        ("p of r", [_cell(test.pcc.p if test and test.pcc else None) for test in found]),
        ("RMSE minus constant", [_cell(test.excess if test else None) for test in found]),
        ("mean r", [_cell(test.mean_pcc if test else None) for test in found]),
    ]


def permutation_notes(study: Study, rows: Sequence[Row]) -> list[str]:
    """Return what each distribution says: whether something leaks, and whether something was learned."""
    tests = permutation_tests(study, rows)
    if not tests:
        return []
    return [
        "p: the share of runs, the true one among them, that are at least as good as that on the true scores; in "
        "brackets the 95 % interval of the share that endless draws would give. RMSE minus constant and mean r: over "
        "the draws, with 99 % intervals; without a leak the first is below 0, or the second above, in 1 of 100 rows.",
        *(f"{test.label}: {_leak(test)} {_learned(test)}" for test in tests),
    ]


def _leak(test: PermutationTest) -> str:
    return LEAKS.get(str(test.labels), LEAKS["permuted_sessions"]) if test.leaks else NO_LEAK


def _learned(test: PermutationTest) -> str:
    draws, better = len(test.rmse.draws), test.rmse.at_least_as_good
    count = f"{draws} draws" if draws == test.wanted else f"{draws} of {test.wanted} draws"
    place = (
        f"RMSE on the true scores is {test.rmse.observed:.2f}; of {count}, which reach from {min(test.rmse.draws):.2f} "
        f"to {max(test.rmse.draws):.2f}, {better or 'none'} {'are' if better > 1 else 'is'} as good"
    )
    if 1 / (1 + draws) > ALPHA:
        return f"{place}: too few draws for a p of {ALPHA:g}."
    verdict = (
        "the videos say something about the scores" if test.is_outside else "nothing shows that anything was learned"
    )
    return f"{place}: {verdict} (p = {test.rmse.p.value:.3f})."


def _cell(interval: Interval | None) -> str:
    return format_interval(interval) if interval else ""
