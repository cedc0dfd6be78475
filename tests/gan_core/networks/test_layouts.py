"""Foreign networks draw and judge as ours do that were made of their weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gan_core.networks.build import build, outline
from gan_core.networks.layouts import LAYOUTS, Layout, MisfitError, layouts_for
from gan_core.networks.needs import ImageShape, Needs
from gan_core.networks.table import ARCHITECTURES
from tests.gan_core import foreign

PAIRS: dict[str, tuple[Callable[[], foreign.Pair], ImageShape]] = {
    "pytorch-dcgan": (foreign.tutorial, (3, 64, 64)),
    "pytorch-gan-gan": (foreign.dense, (1, 28, 28)),
    "pytorch-gan-wgan_gp": (foreign.dense, (1, 28, 28)),
    "pytorch-gan-dcgan": (foreign.upsampling, (1, 32, 32)),
    "pytorch-gan-cgan": (foreign.labelled, (1, 32, 32)),
}


def test_every_foreign_layout_is_compared() -> None:
    assert set(PAIRS) == set(LAYOUTS) - {"own"}
    assert {layout.architecture for layout in LAYOUTS.values()} <= {"", *ARCHITECTURES}


def logits(critic: nn.Module, x: Tensor, *label: Tensor) -> Tensor:
    """What a critic says before a sigmoid at its end."""
    said: Tensor = critic(x, *label).flatten()
    return said.logit() if isinstance(last(critic), nn.Sigmoid) else said


def last(critic: nn.Module) -> nn.Module:
    return list(critic.modules())[-1]


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_pictures_and_the_same_verdicts(name: str) -> None:
    make, shape = PAIRS[name]
    layout, theirs = LAYOUTS[name], make()
    classes = 10 if layout.label else 0
    ours = build(layout.architecture, 100, shape, Needs(n_classes=classes))
    for network, part, state in (
        (ours.generator, layout.generator, theirs.generator.state_dict()),
        (ours.critic, layout.critic, theirs.critic.state_dict()),
    ):
        network.load_state_dict(part.translate(state, network))
        network.eval()
    for network in (*ours, *theirs):
        network.double()  # where the order of additions tells the least
    random = torch.Generator().manual_seed(0)
    z = torch.randn(8, 100, generator=random, dtype=torch.float64)
    y = torch.arange(8)
    label = (y,) if classes else ()
    noise = z[:, :, None, None] if name == "pytorch-dcgan" else z
    with torch.no_grad():
        pictures = theirs.generator(noise, *label).view(-1, *shape)
        assert pictures.std() > 0.1
        assert torch.allclose(ours.generator(z, *label), pictures, rtol=0, atol=1e-6)
        x = torch.rand(8, *shape, generator=random, dtype=torch.float64) * 2 - 1
        said = ours.critic(x, *label).score
        assert torch.allclose(said, logits(theirs.critic, x, *label), rtol=0, atol=1e-6)


def test_a_critic_told_the_class_stays_the_same_function_in_training() -> None:
    part, theirs = LAYOUTS["pytorch-gan-cgan"].critic, foreign.labelled().critic
    critic = build("mlp-norm-dropout", 100, (1, 32, 32), Needs(n_classes=10)).critic.eval()
    critic.load_state_dict(part.translate(theirs.state_dict(), critic))
    x, y = (
        torch.rand(16, 1, 32, 32, generator=torch.Generator().manual_seed(0)),
        torch.arange(16) % 10,
    )
    ours, there = (torch.optim.SGD(n.parameters(), lr=0.1) for n in (critic, theirs))
    for _ in range(3):
        for optimizer, said in ((ours, critic(x, y).score), (there, theirs(x, y))):
            optimizer.zero_grad()
            said.square().mean().backward()
            optimizer.step()
    assert torch.allclose(critic(x, y).score, theirs(x, y).flatten(), rtol=1e-4, atol=1e-5)


def test_a_label_is_another_one() -> None:
    theirs = foreign.labelled().generator
    generator = outline("mlp-norm-dropout", 100, (1, 32, 32), Needs(n_classes=10)).generator
    state = LAYOUTS["pytorch-gan-cgan"].generator.translate(theirs.state_dict(), generator)
    first = theirs.state_dict()["model.0.weight"]
    assert torch.equal(state["body.0.weight"][:, :100], first[:, 10:])
    # the column of class 3 is what its learnt vector adds to the first layer
    column = first[:, :10] @ theirs.state_dict()["label_emb.weight"][3]
    assert torch.allclose(state["body.0.weight"][:, 103], column, atol=1e-6)


def test_counters_of_batch_norm_may_be_missing_and_numbers_be_halves() -> None:
    theirs = foreign.dense().generator.half()
    state = {k: v for k, v in theirs.state_dict().items() if "num_batches" not in k}
    generator = build("mlp-norm", 100, (1, 28, 28)).generator
    translated = LAYOUTS["pytorch-gan-gan"].generator.translate(state, generator)
    assert translated["body.3.num_batches_tracked"] == 0
    assert {v.dtype for v in translated.values()} == {torch.float32, torch.int64}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"main.3.weight": None}, "needs main.3.weight, which is not in the file"),
        (
            {"main.3.weight": torch.zeros(512, 128, 4, 4)},
            "needs main.3.weight of 512 x 256 x 4 x 4, which is 512 x 128 x 4 x 4",
        ),
        ({"extra.weight": torch.zeros(2)}, "has no place for extra.weight"),
        (
            {"main.3.weight": torch.zeros(512, 256, 4, 4, dtype=torch.complex64)},
            "needs main.3.weight of plain numbers, which holds torch.complex64 values",
        ),
    ],
)
def test_the_first_misfit_is_named(change: dict[str, Tensor | None], words: str) -> None:
    state = {**foreign.tutorial().generator.state_dict(), **change}
    generator = outline("dcgan-64", 100, (3, 64, 64)).generator
    with pytest.raises(MisfitError) as caught:
        LAYOUTS["pytorch-dcgan"].generator.translate(
            {k: v for k, v in state.items() if v is not None}, generator
        )
    assert str(caught.value) == words


def test_sizes_are_read_from_the_weights() -> None:
    def sizes(layout: Layout, network: nn.Module, side: int | None) -> tuple[object, object]:
        state, part = network.state_dict(), layout.generator
        return part.inputs(state), part.image_shape(state, side)

    assert sizes(LAYOUTS["pytorch-dcgan"], foreign.tutorial(1, 64).generator, 64) == (
        64,
        (1, 64, 64),
    )
    assert sizes(LAYOUTS["pytorch-gan-gan"], foreign.dense(3 * 20**2, 7).generator, None) == (
        7, (3, 20, 20),
    )  # fmt: skip
    assert sizes(LAYOUTS["pytorch-gan-dcgan"], foreign.upsampling(3).generator, 32) == (
        100, (3, 32, 32),
    )  # fmt: skip
    assert sizes(LAYOUTS["own"], build("points", 2, (2, 1, 1)).generator, 1) == (2, (2, 1, 1))
    assert sizes(LAYOUTS["own"], nn.Sequential(), None) == (None, None)


def test_which_layouts_a_name_means() -> None:
    assert list(layouts_for("dcgan-64")) == ["pytorch-dcgan", "own"]
    assert list(layouts_for("mlp-norm")) == ["pytorch-gan-gan", "pytorch-gan-wgan_gp", "own"]
    assert list(layouts_for("pytorch-gan-wgan_gp")) == ["pytorch-gan-wgan_gp"]
    assert list(layouts_for("mlp")) == ["own"]
