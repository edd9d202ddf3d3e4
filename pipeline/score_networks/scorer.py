"""A fitted network with what comes before and after it, as one module from stored clips of faces to scores."""

from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.models.description import Description, network_name
from pipeline.models.normalise import Normalise
from pipeline.nets.build import Network
from pipeline.score_networks.objectives import objective_of


class Scorer(nn.Module):
    """A network with normalisation before it and the meaning of its outputs after it; it estimates scores of clips.

    The estimate of a video is the mean over its clips.

    Attributes:
        network: the network inside.
        frames: number of frames of a clip; 1 for a network of single frames.
        name: readable name of the network.
    """

    def __init__(self, network: Network, description: Description) -> None:
        """Wrap a network; `description` is that of its weights.

        Raises:
            ValueError: if the weights estimate no score, or the length of its clips is unknown.
        """
        super().__init__()
        if description.clip is None:
            raise ValueError("the description of these weights does not say how long its clips are")
        self.normalise = Normalise(description.model)
        self.network = network
        self.objective = objective_of(description)
        self.frames = description.clip
        self.name = network_name(description.model)

    def forward(self, clips: UInt8[Tensor, "batch time height width 3"]) -> Float[Tensor, " batch"]:
        """Estimate the score of each clip of aligned RGB faces, in points."""
        return self.objective.points(self.network(self.normalise(clips)))
