"""The notice that accompanies every estimate."""

NOTICE = (
    "This is no diagnosis: it is a research estimate of a questionnaire score (BDI-II, 0 to 63), 8 to 14 points off in "
    "the published studies of such methods, and not for decisions about anyone. The demo's model is fitted to "
    "simulated faces and knows nothing of people."
)
