"""The notice that accompanies every estimate."""

from pipeline.severity.scale import SeverityScale

PUBLISHED = {  # by the name of a scale: how far off the published estimates are
    "BDI-II": "8 to 14 points off in the published studies of such methods",
}
UNKNOWN = "whose error is known for the test recordings of its model alone"


def notice(scale: SeverityScale) -> str:
    """Return the notice for estimates on a scale."""
    return (
        f"This is no diagnosis: it is a research estimate of a severity score ({scale}), "
        f"{PUBLISHED.get(scale.name, UNKNOWN)}, and not for decisions about anyone. The demo's model is fitted to "
        "simulated faces and knows nothing of people."
    )
