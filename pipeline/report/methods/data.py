"""Methods, on data: the recordings, how faces are found and aligned, and which frames are kept."""

from collections.abc import Mapping
from typing import Any

from pipeline.corpora.characteristics import COLUMNS
from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.outcome import Outcome
from pipeline.planting.pace import MIDDLE_STEP
from pipeline.records.labels import PARTITIONS
from pipeline.report.corpus import AVEC, PLANTED, SIMULATED, corpus_name, cue_statement
from pipeline.report.outputs import rows_of
from pipeline.report.scale import cited
from pipeline.report.subjects import CHARACTERISTICS
from pipeline.severity.scale import SeverityScale
from pipeline.simulation.cohort import highest_drawn

CITATIONS = {"AVEC2013": "valstar2013", "AVEC2014": "valstar2014"}
TO_DESCRIBE = (
    "[To be described: recruitment, setting, dates, consent, ethical approval, language, and when {scale} was asked.]"
)

TO_DESCRIBE_FOOTAGE = "[To be described: whose recordings these are, their setting, consent and ethical approval.]"


def recordings(main: Outcome) -> str:
    """Return the text on the recordings, their partitions and their numbers."""
    return " ".join([*_source(main), _partitions(main), *counts(main)])


def counts(main: Outcome) -> list[str]:
    """Return the numbers of fitted and tested recordings, as far as the run recorded them."""
    sentences = _by_partition(main)
    numbers = {key: value_at(main.description, f"trained.{key}.recordings") for key in ("fitted", "validated")}
    if numbers["fitted"]:
        validated = f"; {numbers['validated']} recordings were held out for validation" if numbers["validated"] else ""
        sentences.append(f"The model was fitted to {numbers['fitted']} recordings{validated}.")
    tested, unseen = (main.intervals.get((part, "model", "rmse")) for part in ("all", "unseen"))
    if tested:
        new = (
            f"; {unseen.subjects} of the subjects ({unseen.videos} recordings) do not occur in fitting"
            if unseen
            else ""
        )
        sentences.append(f"It was tested on {tested.videos} recordings of {tested.subjects} subjects{new}.")
    return sentences


def _by_partition(main: Outcome) -> list[str]:
    """Return the subjects, recordings and scores of the partitions, from Table 1 of stage ingest."""
    rows = rows_of(main, CHARACTERISTICS, COLUMNS)
    if rows is None:
        return []
    table = {row["characteristic"]: row for row in rows}
    sentences = []
    for part in PARTITIONS:
        people, videos = (table[name][part] for name in ("subjects", "videos"))
        score, deviation = (table.get(name, {}).get(part) for name in ("score_mean", "score_sd"))
        spread = f", standard deviation {deviation}" if deviation else ""
        sentences.append(f"{part} {videos} and {people}{f' (mean score {score}{spread})' if score else ''}")
    return [f"Recordings and subjects by partition: {'; '.join(sentences)}."]


def faces(main: Outcome) -> str:
    """Return the text on frame rates, detection and alignment of faces, and subsampling."""
    return " ".join([_frame_rate(main), *_alignment(main), *_kept_frames(main)])


def _source(main: Outcome) -> list[str]:
    params, name, scale = main.params, corpus_name(main.params), main.scale
    scores = f"Scores are those of the {cited(scale)}, from {scale.lowest} to {scale.highest}."
    if name == SIMULATED:
        simulate = params["simulate"]
        return [
            f"The recordings are simulated, in the layout of AVEC2014 [@valstar2014]: {simulate['subjects']} drawn "
            f"subjects in three partitions of {simulate['sessions']} sessions with two videos each, of "
            f"{simulate['frames']} frames at {simulate['frame_rate']:g} frames per second and {simulate['width']} x "
            f"{simulate['height']} pixels. Scores are drawn too, on the scale of the {cited(scale)}; "
            f"{cue_statement(params)}."
        ]
    if name == PLANTED:
        return _planted_source(params, scale)
    if name in AVEC.values():
        return [f"The recordings are those of {name} [@{CITATIONS[name]}], as its publishers describe them.", scores]
    return ["The recordings are our own.", scores, TO_DESCRIBE.format(scale=scale.name)]


def _planted_source(params: Mapping[str, Any], scale: SeverityScale) -> list[str]:
    simulate = params["simulate"]
    return [
        "The recordings are made from recordings of real people, in the layout of AVEC2014 [@valstar2014]: in each of "
        f"three partitions up to {simulate['sessions']} sessions with two videos each, of {simulate['frames']} frames "
        f"at {simulate['frame_rate']:g} frames per second and {simulate['width']} x {simulate['height']} pixels; "
        f"everyone is in one partition. Scores are drawn, on the scale of the {cited(scale)}; {cue_statement(params)}. "
        f"The frames of a video lie {MIDDLE_STEP:g} s x exp(-{simulate['cue']:g} / 2 x u) apart in the recording, with "
        f"u from -1 at the score {scale.lowest} to 1 at {highest_drawn(scale):g}; the nearest frame is taken, none is "
        "repeated, and each is compressed by itself.",
        TO_DESCRIBE_FOOTAGE,
    ]


def _partitions(main: Outcome) -> str:
    corpus = main.params["corpus"]
    if value_at(main.params, "corpus.partition") == "subject_folds":
        return (
            f"The subjects were dealt into {corpus['folds']} folds of similar scores, no subject in two of them; fold "
            f"{corpus['fold']} was tested."
        )
    if corpus_name(main.params) in AVEC.values():
        return "The official training, development and test partitions were used."
    return "The training, development and test partitions are those of the corpus."


def _frame_rate(main: Outcome) -> str:
    fps = value_at(main.params, "decode.fps")
    text = f"Videos were converted to {fps:g} frames per second." if fps else "Every native frame of a video was read."
    rates = value_at(main.description, "footage.rates")
    if not rates:
        return text
    slowest, median, fastest = rates
    spread = f" ({slowest:g} to {fastest:g})" if slowest != fastest else ""
    return f"{text} After subsampling the fitted recordings have {median:g} faces per second{spread}."


def _alignment(main: Outcome) -> list[str]:
    align = main.params["align"]
    thresholds = ", ".join(f"{value:g}" for value in align["thresholds"])
    step = value_at(main.params, "align.survey_step")
    where = (
        f"in the whole frame every {step:g} s, and refined near its last place in the frames between"
        if align["detector"] == "sparse" and step
        else "in every frame"
    )
    placed = (
        "by a similarity transform of five landmarks"
        if align["method"] == "similarity"
        else f"as a crop of the box with a margin of {align['margin']:g} of its size"
    )
    return [
        "The face was found with MTCNN [@zhang2016], with the weights of facenet-pytorch [@facenetpytorch], thresholds "
        f"{thresholds}, and faces of at least {align['min_face']} pixels, {where}. The person who is seen most was "
        f"followed. Faces were aligned {placed} to {align['size']} x {align['size']} pixels.",
        f"Gaps of up to {align['max_gap']} frames were interpolated." if align["max_gap"] else "Gaps were not filled.",
    ]


def _kept_frames(main: Outcome) -> list[str]:
    subsample = main.params["subsample"]
    factor, phases = subsample["factor"], subsample["phases"]
    if value_at(main.params, "estimator.source") == "aligned" or factor == 1:
        return ["All frames were kept."]
    offsets = "from its first frame on" if phases == 1 else f"in {phases} phases, which begin at different frames"
    return [f"One frame in {factor} was kept, {offsets}."]
