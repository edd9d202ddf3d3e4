"""The pictures and texts of the gallery: what each shows, the command that makes it, and the code that draws it.

Who adds a figure to the pipeline adds an entry here and a section to docs/gallery/index.md; a test names what is
missing.
"""

from dataclasses import dataclass
from pathlib import Path

IMAGES = Path("docs/gallery/images")
PAGE = Path("docs/gallery/index.md")
READING = Path("docs/explanation/reading-figures.md")
MAX_BYTES = 3_000_000  # of all images together

VIDEOS = "data/simulated/avec2014/Testing/Freeform"
VIDEO = f"{VIDEOS}/206_2_Freeform_video.mp4"
WORST_EXAMPLES = "data/detection/worst.png"


@dataclass(frozen=True)
class Experiment:
    """An experiment that some entries show beside the demo.

    Attributes:
        name: its name in DVC.
        changes: what it changes in params.yaml, as arguments of `dvc exp run`.
    """

    name: str
    changes: str

    @property
    def command(self) -> str:
        """The command that makes the experiment, and leaves the workspace as it is."""
        return f"dvc exp run --temp --name {self.name} {self.changes}"


EXPERIMENTS = (
    Experiment("frames", "-S estimator.name=frame_expectation -S model.name=resnet50"),
    Experiment("frozen", "-S evaluate.order=frozen"),
)


@dataclass(frozen=True)
class Picture:
    """A picture that a command writes.

    Attributes:
        image: name of the PNG file in the gallery, without its ending.
        command: makes the picture.
        source: the PNG file, or the video of which one frame is shown.
        drawn_by: modules of `pipeline/` that draw it.
        experiment: the experiment whose picture it is; empty for the demo itself.
        width: the largest width in pixels; examples that stand side by side are small.
    """

    image: str
    command: str
    source: str
    drawn_by: tuple[str, ...] = ()
    experiment: str = ""
    width: int = 1100


@dataclass(frozen=True)
class Screenshot:
    """A picture of an HTML page.

    Attributes:
        image: as in `Picture`.
        command: writes the page.
        source: the HTML file.
        window: width and height of the browser's window, in pixels of the page.
        anchor: the element at the top of the picture, or the only one in it, as a CSS selector; empty for the page.
        alone: whether the picture shows the element `anchor` alone.
    """

    image: str
    command: str
    source: str
    window: tuple[int, int]
    anchor: str = ""
    alone: bool = False


@dataclass(frozen=True)
class Printed:
    """What a command prints: a block of text on the gallery's page, below the block with the command."""

    command: str


def _study(name: str) -> Picture:
    return Picture(f"study-{name}", f"msn study {name}", f"studies/{name}/figure.png", ("studies/figure.py",))


STUDIES = ("estimators",)  # those with an image in the gallery
REPORT = "msn report HEAD frames"
PICTURES = (
    Picture("figure5", "dvc repro evaluate", "results/figure5.png", ("scoring/plot_scatter.py",)),
    Picture("error", "dvc repro evaluate", "results/error.png", ("scoring/plot_error.py",)),
    Picture("calibration", "dvc repro evaluate", "results/calibration.png", ("scoring/plot_calibration.py",)),
    Picture("agreement", "dvc repro evaluate", "results/agreement.png", ("scoring/plot_agreement.py",)),
    Picture("confusion", "dvc repro evaluate", "results/confusion.png", ("scoring/confusion.py",)),
    Picture("curves", "dvc repro evaluate", "results/curves.png", ("scoring/plot_curves.py",)),
    Picture("detection-corpus", "dvc repro detection", "data/detection/corpus.png", ("detection/figure.py",)),
    Picture("detection-worst", "dvc repro detection", WORST_EXAMPLES, ("detection/thumbnails.py",)),
    Picture("figure6", "dvc repro explain", "saliency/figure6.png", ("saliency/figure.py",)),
    Picture(
        "saliency-compared",
        "msn compare-saliency HEAD frames",
        "saliency-compared.png",
        ("saliency/figure.py", "comparing/saliency.py"),
    ),
    Picture(
        "predict-figure",
        f"msn predict {VIDEO} --figure out",
        "out/206_2_Freeform_video.figure.png",
        ("predicting/figure.py",),
    ),
    Picture(
        "predict-overlay",
        f"msn predict {VIDEO} --overlay out",
        "out/206_2_Freeform_video.overlay.mp4",
        ("predicting/overlay.py",),
    ),
    *map(_study, STUDIES),
    # Beside good examples in the page about reading figures.
    Picture("bad-figure5", "dvc plots diff HEAD frames", "results/figure5.png", experiment="frames", width=640),
    Picture("bad-figure5-shifted", "dvc plots diff HEAD frozen", "results/figure5.png", experiment="frozen", width=640),
    Picture("bad-error", "dvc plots diff HEAD frames", "results/error.png", experiment="frames", width=640),
    Picture("bad-confusion", "dvc plots diff HEAD frames", "results/confusion.png", experiment="frames", width=560),
    Picture("bad-curves", "dvc plots diff HEAD frames", "results/curves.png", experiment="frames", width=800),
)
SCREENSHOTS = (
    Screenshot("report-desktop", REPORT, "report.html", (1280, 1500)),
    Screenshot("report-paper", REPORT, "report.html", (1280, 1500), "#paper"),
    Screenshot("report-phone", REPORT, "report.html", (390, 1200)),
    Screenshot("plots-page", "dvc plots show", "dvc_plots/index.html", (1280, 900)),
    Screenshot("curve-pretraining", "dvc plots show", "dvc_plots/index.html", (1280, 900), "#pretraining", True),
    Screenshot("curve-finetuning", "dvc plots show", "dvc_plots/index.html", (1280, 900), "#learning_curve", True),
)
TEXTS = (
    Printed(f"msn predict {VIDEOS}/20*.mp4"),
    Printed("msn compare HEAD frames"),
    Printed("msn complexity --no-timing"),
    Printed("dvc metrics diff HEAD frames"),
)
