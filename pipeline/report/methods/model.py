"""Methods, on the model: the estimator, pretraining on faces, fitting, augmentation and validation."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.outcome import Outcome
from pipeline.report.corpus import is_simulated
from pipeline.report.methods.descriptors import choice, describe
from pipeline.report.paper import CLIP_NETWORK, estimator_label, estimator_name

CITATIONS = {"msn": "demelo2020", "c3d": "tran2015", "i3d": "carreira2017", "resnet50": "he2016"}  # by model.name
ABSENT = {  # by clip.absent
    "skip": "No clip contains a frame without a face.",
    "hold": "A frame without a face repeats the last face.",
    "keep": "A frame without a face is black.",
}
CORNERS = {  # by finetune.augment.fill
    "edge": "corners of the nearest pixel",
    "mean": "corners of the mean colour",
    None: "black corners",
}
NETWORKS = (CLIP_NETWORK, "frame_expectation")


def estimator(main: Outcome) -> str:
    """Return the text on what was fitted."""
    name = estimator_name(main.params)
    if name in NETWORKS:
        return " ".join(_network(main, name))
    unknown = f"{estimator_label(main.params)}. [To be described: this version does not know the estimator.]"
    return describe(main.params, name) or unknown


def pretraining(main: Outcome) -> str | None:
    """Return the text on the weights that fitting started from; None for an estimator without a network."""
    if estimator_name(main.params) not in NETWORKS:
        return None
    settings, source = main.params["pretrain"], main.params["pretrain"]["source"]
    if source == "none":
        return "The network was not pretrained: its initial weights were drawn at random."
    if source != "train":
        return "The network started from weights that were trained elsewhere. [To be described: where, and on what.]"
    steps = (
        f"a learning rate of {settings['learning_rate']:g} that is multiplied by {settings['decay_factor']:g} every "
        f"{settings['decay_every']} epochs"
    )
    mirrored = f"; {settings['flip']:.0%} of the images were mirrored" if settings["flip"] else ""
    return (
        f"The network was pretrained to recognise {_identities(main.params)}, each image repeated over the frames of a "
        f"clip: {settings['epochs']} epochs of SGD in batches of {settings['batch']}, with {steps}, momentum "
        f"{settings['momentum']:g} and weight decay {settings['weight_decay']:g}{mirrored} (seed {settings['seed']})."
    )


def fitting(main: Outcome) -> str:
    """Return the text on fitting: loss, optimiser, augmentation, validation and seed."""
    is_network = estimator_name(main.params) in NETWORKS
    training = [*_optimisation(main), _augmentation(main.params)] if is_network else []
    seed = f"The seed was {main.params['finetune']['seed']}."
    return " ".join([*training, *_validation(main), seed])


def _network(main: Outcome, name: str) -> list[str]:
    model, length = main.params["model"], main.params["clip"]["length"]
    citation = CITATIONS.get(model["name"])
    cited = f" [@{citation}]" if citation else ""
    width = f"{model['width']:g} of the published number of channels" if model["width"] != 1 else "the published width"
    variant = f" of depth {model['depth']} with kernels of {_list(model['kernels'])}" if model["name"] == "msn" else ""
    label = {"msn": "MSN", "resnet50": "ResNet-50"}.get(model["name"], str(model["name"]).upper())
    dropout = f", dropout {model['dropout']:g}" if model["dropout"] else ", no dropout"
    size = main.complexity.get("parameters")
    count = f" It has {size / 1e6:.3g} million parameters." if size else ""
    if name == CLIP_NETWORK:
        output = f"It estimates the score from clips of {length} frames."
    else:
        output = (
            "It estimates a distribution over all scores from a single frame, and its mean is the estimate "
            "[@demelo2019]."
        )
    mean = ", ".join(f"{value:g}" for value in model["mean"])
    absent = ABSENT.get(str(value_at(main.params, "clip.absent")), "") if name == CLIP_NETWORK else ""
    return [
        f"The network is {label}{cited}{variant}, at {width}{dropout}.{count} {output}",
        f"From the channels red, green and blue (0 to 255) {mean} were subtracted, and the rest was multiplied by "
        f"{model['scale']:g}." + (f" {absent}" if absent else ""),
    ]


def _identities(params: Mapping[str, Any]) -> str:
    if is_simulated(params, "identities.root"):
        simulate = params["simulate"]
        return f"{simulate['identities']} drawn identities with {simulate['images']} images each"
    if any("vggface2" in part.lower() for part in PurePath(str(value_at(params, "identities.root"))).parts):
        return "the identities of VGGFace2 [@cao2018]"
    return "identities [to be described: whose images identities.list names]"


def _optimisation(main: Outcome) -> list[str]:
    finetune = main.params["finetune"]
    unit = "in standard deviations of the fitted scores" if finetune["standardise"] else "in points"
    loss = (
        f"half the mean squared error, {unit},"
        if estimator_name(main.params) == CLIP_NETWORK
        else "the error of the expected score"
    )
    decay = f", divided by 1 + {finetune['decay']:g} x step" if finetune["decay"] else ""
    average = (
        f" The weights are a moving average with a decay of {finetune['averaging']:g} per step."
        if value_at(main.params, "finetune.averaging")
        else ""
    )
    return [
        f"It was fitted with Adam [@kingma2015] to minimise {loss} in {finetune['epochs']} epochs of "
        f"{finetune['steps']} steps with batches of {finetune['batch']}, and a learning rate of "
        f"{finetune['learning_rate']:g}{decay}. Each sample "
        f"is of a recording drawn uniformly, from a frame drawn at random.{average}"
    ]


def _augmentation(params: Mapping[str, Any]) -> str:
    augment = params["finetune"]["augment"]
    kinds = [
        (augment["flip"], "mirrored"),
        (augment["rotate"], _rotation(augment)),
        (augment["upside_down"], "turned upside down"),
    ]
    used = [f"{text} with probability {probability:g}" for probability, text in kinds if probability]
    if not used:
        return "There was no augmentation."
    return f"A sample was {_list(used, 'or')}{'; at most one of these was drawn' if len(used) > 1 else ''}."


def _rotation(augment: Mapping[str, Any]) -> str:
    """Return the rotation in words; an experiment without `angle` and `fill` drew it uniformly, with black corners."""
    fixed = augment.get("angle") == "fixed"
    angle = f"by {augment['degrees']:g} degrees clockwise" if fixed else f"within {augment['degrees']:g} degrees"
    return f"rotated {angle} ({CORNERS[augment.get('fill')]})"


def _validation(main: Outcome) -> list[str]:
    validation, name = main.params["finetune"]["validation"], estimator_name(main.params)
    share = f"{main.params['finetune']['held_out']:.0%}".replace("%", " %")
    held_out = {
        "none": "Training and development partitions were fitted; no recording was held out for validation.",
        "development": "The training partition was fitted, and the development partition was used for validation.",
        "subjects": f"Of the subjects of training and development, {share} were held out for validation.",
    }[validation]
    if name not in NETWORKS:
        return [held_out, *choice(main.params, name)]
    kept = "last weights" if validation == "none" else "weights of the epoch with the smallest validation RMSE"
    return [held_out, f"The {kept} were kept."]


def _list(items: list[Any], conjunction: str = "and") -> str:
    """Join items as in a sentence.

    Examples:
        >>> _list([3, 5, 7]), _list(["a"], "or")
        ('3, 5 and 7', 'a')
    """
    *first, last = map(str, items)
    return f"{', '.join(first)} {conjunction} {last}" if first else last
