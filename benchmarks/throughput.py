"""Images per second of ``Trainer`` against the loop that tutorials use.

Both train the same networks from the same recipe on the same data at the same batch size, in turns
in one process, so that what slows the machine slows both. The reference loop is the common one: a
DataLoader with per-image torchvision transforms, torch's own layers, binary cross-entropy on
probabilities, torch's Adam as it comes, and two ``.item()`` a step.

    python benchmarks/throughput.py [PRESET ...] [--rounds 5] [--steps 100] [--data-dir D]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gan_core import catalog, datasets, presets
from gan_core.config import TrainConfig
from gan_core.convolutions import Conv2d, ConvTranspose2d
from gan_core.datasets import ImageData
from gan_core.networks import build
from gan_core.recording import device_name, select_device
from gan_core.trainer import Trainer

TORCHS_OWN: dict[type[nn.Module], type[nn.Module]] = {
    Conv2d: nn.Conv2d,
    ConvTranspose2d: nn.ConvTranspose2d,
}


class PictureDataset(Dataset[tuple[torch.Tensor, int]]):
    """The data set as torchvision serves it: a PIL picture at a time, through transforms."""

    def __init__(self, data: ImageData) -> None:
        from torchvision import transforms

        channels = data.image_shape[0]
        self.pictures = data.images.permute(0, 2, 3, 1).numpy()
        self.labels = data.labels
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.ToTensor(),
                transforms.Normalize((0.5,) * channels, (0.5,) * channels),
            ]
        )

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.pictures[index]), int(self.labels[index])


def plain(network: nn.Module) -> nn.Module:
    """The same network on torch's own layers."""
    for layer in network.modules():
        layer.__class__ = TORCHS_OWN.get(type(layer), type(layer))
    return network


def reference_loop(
    config: TrainConfig, data: ImageData, device: torch.device
) -> Callable[[int], None]:
    """The tutorial loop; the returned function trains so many steps."""
    networks = build(config.architecture, config.latent_dim, data.image_shape, seed=config.seed)
    generator, critic = (plain(network).to(device) for network in networks)
    betas = (config.beta1, config.beta2)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=config.lr_g, betas=betas)
    optimizer_d = torch.optim.Adam(critic.parameters(), lr=config.lr_d, betas=betas)
    loader = DataLoader(PictureDataset(data), config.batch_size, shuffle=True, drop_last=True)
    criterion = nn.BCELoss()
    losses: list[tuple[float, float]] = []

    def batches() -> Iterator[torch.Tensor]:
        while True:
            for images, _ in loader:
                yield images.to(device)

    reals = batches()

    def train(steps: int) -> None:
        for _ in range(steps):
            real = next(reals)
            ones = torch.ones(len(real), device=device)
            zeros = torch.zeros(len(real), device=device)
            critic.zero_grad()
            loss_d = criterion(torch.sigmoid(critic(real).score), ones)
            fake = generator(torch.randn(len(real), config.latent_dim, device=device))
            loss_d = loss_d + criterion(torch.sigmoid(critic(fake.detach()).score), zeros)
            loss_d.backward()
            optimizer_d.step()
            generator.zero_grad()
            loss_g = criterion(torch.sigmoid(critic(fake).score), ones)
            loss_g.backward()
            optimizer_g.step()
            losses.append((loss_d.item(), loss_g.item()))

    return train


def trainer_loop(
    config: TrainConfig, data: ImageData, device: torch.device
) -> Callable[[int], None]:
    """Ours, with its averaged generator and its scalars read once an interval."""
    trainer = Trainer(config, data, device)

    def train(steps: int) -> None:
        for _ in range(steps):
            trainer.step()
            if trainer.steps_done % config.log_every == 0:
                trainer.scalars()

    return train


def images_per_second(
    train: Callable[[int], None], steps: int, batch: int, device: torch.device
) -> float:
    """Speed over so many steps, waiting for the device at the end."""
    began = time.perf_counter()
    train(steps)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return steps * batch / (time.perf_counter() - began)


def measure(name: str, rounds: int, steps: int, data_dir: Path, device: torch.device) -> str:
    """One row of the table."""
    config = presets.preset(name)
    data = datasets.load(config.dataset, data_dir, image_size=catalog.image_size(config))
    loops = [make(config, data, device) for make in (reference_loop, trainer_loop)]
    for train in loops:
        train(max(5, steps // 10))  # warm up
    speeds: list[list[float]] = [[], []]
    for _ in range(rounds):
        for train, seen in zip(loops, speeds, strict=True):
            seen.append(images_per_second(train, steps, config.batch_size, device))
    ratios = [ours / theirs for theirs, ours in zip(*speeds, strict=True)]
    theirs, ours = (statistics.median(seen) for seen in speeds)
    return (
        f"| {name} | {config.batch_size} | {theirs:,.0f} | {ours:,.0f} "
        f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=["gan-mnist", "dcgan-mnist"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--data-dir", type=Path, default=datasets.default_data_dir())
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    chosen = parser.parse_args()
    device = select_device(chosen.device)
    print(f"{device_name(device)}, torch {torch.__version__}, median of {chosen.rounds} rounds\n")
    print("| preset | batch | reference, images/s | Trainer, images/s | ratio | spread |")
    print("|---|---|---|---|---|---|")
    for name in chosen.presets:
        print(measure(name, chosen.rounds, chosen.steps, chosen.data_dir, device), flush=True)


if __name__ == "__main__":
    main()
