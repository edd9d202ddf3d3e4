"""Pretraining: face recognition on single images, each repeated over the frames of a clip."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torch.optim import SGD, Optimizer
from torch.utils.data import DataLoader, Subset

from pipeline.data.identity_images import IdentityImages
from pipeline.data.identity_split import split_images
from pipeline.data.seeding import Purpose, torch_seed
from pipeline.models.description import Description
from pipeline.models.normalise import Normalise, repeat_over_time
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition
from pipeline.params import Model, Pretrain
from pipeline.pretraining.images import FittedImages, HeldOutImages
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.distributed import all_reduce_sum, rank, world_size
from pipeline.training.module import Batch, TrainingModule


class Pretraining(TrainingModule):
    """MSN learning to recognise faces with SGD; the learning rate falls every few epochs."""

    def __init__(self, images: IdentityImages, clip: int, model: Model, settings: Pretrain) -> None:
        """Build the network and divide the images.

        Args:
            images: the aligned faces.
            clip: frames that an image is repeated over.
            model: the network.
            settings: the section `pretrain` of params.yaml.

        Raises:
            ValueError: where a batch is larger than the number of images to fit.
        """
        fitted, held_out = split_images(images, settings.held_out, settings.seed)
        if len(fitted) < settings.batch:
            raise ValueError(
                f"pretrain.batch is {settings.batch}, but only {len(fitted)} images with a face are left to fit; an "
                f"epoch is one pass over them, so allowed is a batch of up to {len(fitted)}"
            )
        pace = BatchPlan(len(fitted) // settings.batch, settings.batch, settings.accumulate, settings.seed)
        seed = torch_seed(settings.seed, Purpose.WEIGHTS)
        head = Recognition(len(images.classes))
        network = build(model, head, seed)
        super().__init__(network, FittedImages(images, fitted, pace, settings.flip), pace)
        self.normalise = Normalise(model)
        self.held_out = HeldOutImages(images, held_out)
        self.description = Description(model, head, clip)
        self.clip = clip
        self.settings = settings

    def inputs(self, batch: Batch) -> Float[Tensor, "batch channel 1 height width"]:
        """The images, as clips of one frame."""
        return self.normalise(batch["image"].unsqueeze(1))

    def answers(self, inputs: Float[Tensor, "batch channel 1 height width"]) -> Float[Tensor, "batch classes"]:
        """Score all identities for each image, which becomes a clip on the device."""
        return self.network(repeat_over_time(inputs, self.clip)).float()

    def error(self, answers: Float[Tensor, "batch classes"], batch: Batch) -> Float[Tensor, ""]:
        """Mean cross entropy over identities."""
        return functional.cross_entropy(answers, batch["label"])

    def rate(self, step: int) -> float:
        """Falls by `decay_factor` every `decay_every` epochs."""
        epoch = step // self.pace.steps
        return self.settings.learning_rate * self.settings.decay_factor ** (epoch // self.settings.decay_every)

    def configure_optimizers(self) -> Optimizer:
        """SGD with momentum; weight decay on all weights."""
        settings = self.settings
        return SGD(
            self.network.parameters(),
            settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def measure(self) -> dict[str, float]:
        """Cross entropy, and how often the identity is the first or among the first five, on the held-out images."""
        if not len(self.held_out):
            return {}
        sums = torch.zeros(3, dtype=torch.float64)
        own = Subset(self.held_out, range(rank(), len(self.held_out), world_size()))
        for batch in DataLoader(own, self.pace.part):
            labels = batch["label"].to(self.device)
            scores = self({"image": batch["image"].to(self.device)})
            best = scores.topk(min(5, scores.shape[1])).indices == labels[:, None]
            loss = functional.cross_entropy(scores, labels, reduction="sum")
            sums += torch.stack([loss, best[:, 0].sum(), best.sum()]).double().cpu()
        loss, first, five = (all_reduce_sum(sums) / len(self.held_out)).tolist()
        return {"held_out/loss": loss, "held_out/top1": first, "held_out/top5": five}
