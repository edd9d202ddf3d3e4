"""Pretraining: face recognition on single images, each repeated over the frames of a clip if the network sees clips."""

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
from pipeline.params.network import Model
from pipeline.params.training import Pretrain
from pipeline.pretraining.images import FittedImages, HeldOutImages
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.distributed import all_reduce_sum, rank, world_size
from pipeline.training.loader import Batch
from pipeline.training.module import TrainingModule


class Pretraining(TrainingModule):
    """A network that learns to recognise faces with SGD; the learning rate falls every few epochs."""

    def __init__(self, images: IdentityImages, clip: int, model: Model, settings: Pretrain) -> None:
        """Build the network and split the images.

        Args:
            images: the aligned faces.
            clip: frames that an image is repeated over; 1 for a network of single frames.
            model: the network.
            settings: the section `pretrain` of params.yaml.

        Raises:
            ValueError: if a batch is larger than the number of images to fit.
        """
        fitted, held_out = split_images(images, settings.held_out, settings.seed)
        if len(fitted) < settings.batch:
            raise ValueError(
                f"pretrain.batch is {settings.batch}, but only {len(fitted)} images with a face are left to fit; an "
                f"epoch is one pass over them, so allowed is a batch of up to {len(fitted)}"
            )
        plan = BatchPlan(len(fitted) // settings.batch, settings.batch, settings.accumulate, settings.seed)
        seed = torch_seed(settings.seed, Purpose.WEIGHTS)
        head = Recognition(len(images.classes))
        network = build(model, head, seed)
        super().__init__(network, FittedImages(images, fitted, plan, settings.flip), plan)
        self.normalise = Normalise(model)
        self.held_out = HeldOutImages(images, held_out)
        self.description = Description(model, head, clip)
        self.clip = clip
        self.settings = settings

    def prepare(self, batch: Batch) -> Float[Tensor, "batch channel 1 height width"]:
        """Normalise the images, as clips of one frame."""
        return self.normalise(batch["image"].unsqueeze(1))

    def outputs(self, inputs: Float[Tensor, "batch channel 1 height width"]) -> Float[Tensor, "batch classes"]:
        """Return a logit of each identity for each image, which is repeated over a clip on the device."""
        return self.network(repeat_over_time(inputs, self.clip)).float()

    def criterion(self, outputs: Float[Tensor, "batch classes"], batch: Batch) -> Float[Tensor, ""]:
        """Mean cross entropy over identities."""
        return functional.cross_entropy(outputs, batch["label"])

    def learning_rate(self, step: int) -> float:
        """The initial rate, multiplied by `decay_factor` every `decay_every` epochs."""
        epoch = step // self.plan.steps
        return self.settings.learning_rate * self.settings.decay_factor ** (epoch // self.settings.decay_every)

    def configure_optimizer(self) -> Optimizer:
        """SGD with momentum; weight decay on all weights."""
        settings = self.settings
        return SGD(
            self.network.parameters(),
            settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def validate(self) -> dict[str, float]:
        """Cross entropy, top-1 and top-5 accuracy on the held-out images."""
        if not len(self.held_out):
            return {}
        sums = torch.zeros(3, dtype=torch.float64)
        own = Subset(self.held_out, range(rank(), len(self.held_out), world_size()))
        for batch in DataLoader(own, self.plan.microbatch):
            labels = batch["label"].to(self.device)
            logits = self.outputs(self.prepare({"image": batch["image"].to(self.device)}))
            correct = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]
            loss = functional.cross_entropy(logits, labels, reduction="sum")
            sums += torch.stack([loss, correct[:, 0].sum(), correct.sum()]).double().cpu()
        loss, top1, top5 = (all_reduce_sum(sums) / len(self.held_out)).tolist()
        return {"held_out/loss": loss, "held_out/top1": top1, "held_out/top5": top5}
