"""What the report says of a severity scale: its full name, what kind of measure it is, and its reference."""

from dataclasses import dataclass

from pipeline.severity.scale import DEFAULT, SeverityScale, scale_of

SELF_REPORT, RATING = "a self-report", "a rating by an interviewer"


@dataclass(frozen=True)
class Instrument:
    """A published scale.

    Attributes:
        title: its full name, with the short one.
        citation: key of its reference in references.bib.
        kind: what kind of measure it is.
    """

    title: str
    citation: str
    kind: str


INSTRUMENTS = {  # by the name of the scale
    "BDI-II": Instrument("Beck Depression Inventory, BDI-II", "beck1996", SELF_REPORT),
    "PHQ-8": Instrument("Patient Health Questionnaire, PHQ-8", "kroenke2009", SELF_REPORT),
    "PHQ-9": Instrument("Patient Health Questionnaire, PHQ-9", "kroenke2001", SELF_REPORT),
    "HAM-D-17": Instrument("Hamilton Depression Rating Scale, HAM-D-17", "hamilton1960", RATING),
    "MADRS": Instrument("Montgomery-Asberg Depression Rating Scale, MADRS", "montgomery1979", RATING),
}


def has_scale_of_paper(scale: SeverityScale) -> bool:
    """Whether a scale is that of the paper: only then do its numbers stand beside ours."""
    paper = scale_of(DEFAULT)
    return (scale.name, scale.score_range) == (paper.name, paper.score_range)


def cited(scale: SeverityScale) -> str:
    """Return the full name of a scale with its citation; that of one's own asks for a description."""
    if instrument := INSTRUMENTS.get(scale.name):
        return f"{instrument.title} [@{instrument.citation}]"
    return f"{scale.name} [To be described: its items, and its reference]"


def no_diagnosis(scale: SeverityScale) -> str:
    """Return the statement that heads the page and the model card."""
    return (
        f"A research instrument. It estimates a severity score ({scale.name}) from the face in a video. It does not "
        "diagnose, and is not for decisions about anyone."
    )


def what_it_is(scale: SeverityScale) -> str:
    """Return the sentence that the score itself is no diagnosis."""
    instrument = INSTRUMENTS.get(scale.name)
    return f"{scale.name} is {f'{instrument.kind} and ' if instrument else ''}itself no diagnosis."


def widths_of_bands(scale: SeverityScale) -> str:
    """Return how wide the bands in the middle of a scale are, beside which an error is judged.

    Examples:
        >>> widths_of_bands(scale_of("bdi-ii"))
        'the bands mild and moderate are 6 and 9 points wide'
    """
    bands = (scale.bands[1:-1] or scale.bands)[:2]
    names, widths = (
        " and ".join(words) for words in zip(*((b.name, str(b.high - b.low + 1)) for b in bands), strict=True)
    )
    return (
        f"the bands {names} are {widths} points wide" if len(bands) > 1 else f"the band {names} is {widths} points wide"
    )
