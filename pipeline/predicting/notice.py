"""The notice that accompanies every estimate."""

NOTICE = (
    "This is no diagnosis: it is a research estimate of a questionnaire score (BDI-II, 0 to 63), about 8 points off in "
    "the published studies, and not for decisions about anyone. A model fitted to simulated faces knows nothing of "
    "people."
)
