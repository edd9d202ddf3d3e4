"""The report on whether saliency maps depend on what the network has learned."""

from pipeline.experiments.outcome import Outcome
from pipeline.report.blocks import Table
from pipeline.saliency.sanity import mean_by_part, parse_sanity, verdict

SANITY = "saliency/sanity.csv"
HOW = (
    "Spearman's rank correlation of the absolute relevance of all pixels, between the fitted network and copies with "
    "random weights: of the head, then down to each stage, at last of all. Mean over clips and draws."
)


def sanity_tables(main: Outcome) -> list[Table]:
    """Return the table of the check; none if stage explain wrote none."""
    text = main.experiment.text(SANITY)
    if text is None:
        return []
    means = mean_by_part(parse_sanity(text, f"{main.experiment.name}: {SANITY}"))
    names = ["head", *(f"down to {name}" for name in list(means)[1:-1]), "all"]
    rows = [[name, f"{value:.2f}"] for name, value in zip(names, means.values(), strict=True)]
    caption = "Saliency maps of the network with random weights"
    return [Table(caption, ["random weights", "rank correlation"], rows, [verdict(means), HOW], "sanity")]
