"""What the parameters of a run say of its recordings: the name of the corpus, and what holds for it alone."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pipeline.experiments.dotted_keys import value_at

SIMULATED_FOLDER = "data/simulated"  # which stage simulate writes
AVEC = {"avec2013": "AVEC2013", "avec2014": "AVEC2014"}  # by layout
SIMULATED, PLANTED, OWN = "simulated corpus", "planted corpus", "own videos"
CUES = {  # by simulate.cue_in
    "dynamics": "a higher score makes the simulated faces move more slowly and changes nothing else",
    "appearance": "a higher score changes the faces at rest (brows, lids and mouth) and nothing else",
}
PLANTED_CUE = "a higher score makes a recording go more slowly and changes nothing else"


def is_simulated(params: Mapping[str, Any], root: str = "corpus.root") -> bool:
    """Whether a folder of inputs is what stage simulate draws: it is enabled, and the root lies in its output.

    Args:
        params: the content of params.yaml.
        root: the parameter of the folder: of the corpus, or of the identities.
    """
    path = PurePath(str(value_at(params, root)))
    return value_at(params, "simulate.enabled") is True and path.is_relative_to(SIMULATED_FOLDER)


def is_planted(params: Mapping[str, Any]) -> bool:
    """Whether the recordings are those of real people whose speed stage simulate has changed."""
    return is_simulated(params) and value_at(params, "simulate.source") == "footage"


def is_drawn(params: Mapping[str, Any]) -> bool:
    """Whether nobody is in the recordings: stage simulate has drawn them."""
    return is_simulated(params) and not is_planted(params)


def corpus_name(params: Mapping[str, Any]) -> str:
    """Return the name of the corpus of a run, for the heading of a column."""
    if is_planted(params):
        return PLANTED
    return SIMULATED if is_simulated(params) else AVEC.get(value_at(params, "corpus.layout"), OWN)


def the_corpus(params: Mapping[str, Any]) -> str:
    """Return the name of the corpus of a run, as it stands in a sentence.

    Examples:
        >>> the_corpus({"simulate": {"enabled": False}, "corpus": {"layout": "avec2014", "root": "/data/avec"}})
        'AVEC2014'
        >>> the_corpus({"simulate": {"enabled": True}, "corpus": {"layout": "avec2014", "root": SIMULATED_FOLDER}})
        'the simulated corpus'
    """
    name = corpus_name(params)
    return f"the {name}" if name in (SIMULATED, PLANTED) else name


def cue_statement(params: Mapping[str, Any]) -> str:
    """Return what the score changes in the simulated recordings."""
    if not value_at(params, "simulate.cue"):
        return "the score changes nothing in them (`simulate.cue` is 0)"
    return PLANTED_CUE if is_planted(params) else CUES[value_at(params, "simulate.cue_in") or "dynamics"]


def recordings_statement(params: Mapping[str, Any]) -> str:
    """Return what the recordings are, and so what they allow to be said and done."""
    return " ".join([_statement(params), *external_statement(params)])


def _statement(params: Mapping[str, Any]) -> str:
    if is_planted(params):
        return (
            f"The recordings are of real people, with the speed changed by the project itself: {cue_statement(params)}"
            ". Nobody in them has these scores. A model fitted to them knows nothing of depression, and its errors say "
            "nothing about it; the faces and saliency maps are personal data."
        )
    if is_simulated(params):
        return (
            f"The recordings are simulated by the project itself: {cue_statement(params)}. A model fitted to them "
            "knows nothing of people, and its errors say nothing about people."
        )
    if (name := corpus_name(params)) != OWN:
        return (
            f"The recordings are of real people, under the licence of {name}; their faces, scores and saliency maps "
            "are personal data."
        )
    return (
        "The recordings are your own. What the people in them agreed to says what may be done with them; their faces, "
        "scores and saliency maps are personal data."
    )


def external_name(params: Mapping[str, Any]) -> str | None:
    """Return the name of the corpus that is tested on, if it is not the fitted one."""
    layout = value_at(params, "corpus.external.layout")
    if layout in (None, "none"):
        return None
    drawn = is_simulated(params, "corpus.external.root")
    return "another simulated corpus" if drawn else AVEC.get(layout, "other videos of your own")


def external_statement(params: Mapping[str, Any]) -> list[str]:
    """Return the sentences about a test on another corpus; empty if the corpus is tested on itself."""
    if (name := external_name(params)) is None:
        return []
    people = (
        "People of both corpora are told by equal names (`corpus.external.shared_subjects`)."
        if value_at(params, "corpus.external.shared_subjects")
        else "All its people count as unseen; whether some occur in the fitted corpus is not known."
    )
    return [
        f"The test partition is {name}, to which nothing was fitted (`corpus.external`). {people} Intervals of new "
        "people that are calibrated on the fitted corpus promise nothing for another one."
    ]


def faces_notice(params: Mapping[str, Any]) -> str:
    """Return the notice above faces."""
    drawn = is_drawn(params)
    return "This page shows faces, because it was written with --faces. " + (
        "They are drawn, and of nobody."
        if drawn
        else "Of real people they are personal data: protect this page as you protect the videos."
    )


def is_of_the_paper(params: Mapping[str, Any], name: str) -> bool:
    """Whether a run tests the videos that the paper tests in a corpus: the official partition of AVEC2013 or 2014."""
    if external_name(params):
        return False
    return corpus_name(params) == name and value_at(params, "corpus.partition") in (None, "official")


def no_comparison(params: Mapping[str, Any], names: tuple[str, ...] = tuple(AVEC.values())) -> list[str]:
    """Return the sentence that a run does not compare with the paper, and why; empty if it does.

    Args:
        params: the content of params.yaml.
        names: of the corpora of the published numbers.
    """
    if any(is_of_the_paper(params, name) for name in names):
        return []
    if other := external_name(params):
        return [f"Ours is tested on another corpus than it was fitted to ({other}): it does not compare."]
    if (ours := corpus_name(params)) in names:
        return [f"Ours is tested on other videos of {ours} (`corpus.partition`): it does not compare."]
    return [f"Ours is of another corpus ({ours}): it does not compare."]
