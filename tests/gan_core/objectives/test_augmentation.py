"""DiffAugment: what each change makes of images, and that gradients pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan_core.config import AUGMENTATIONS
from gan_core.networks.base import Critic
from gan_core.networks.build import build
from gan_core.networks.needs import Needs
from gan_core.objectives.augmentation import (
    CHANGES,
    AugmentedCritic,
    augment,
    colour,
    cutout,
    translation,
)


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_settings_name_the_changes_in_their_order() -> None:
    assert tuple(CHANGES) == AUGMENTATIONS


def test_a_translation_moves_an_image_by_whole_pixels_and_leaves_grey() -> None:
    images = torch.arange(1.0, 257).view(1, 1, 16, 16).expand(50, 1, 16, 16)
    seen = set()
    for moved in translation(images, random()):
        (rows, columns) = torch.nonzero(moved[0] == images[0, 0, 8, 8], as_tuple=True)
        down, across = int(rows[0]) - 8, int(columns[0]) - 8
        seen.add((down, across))
        expected = torch.zeros(16, 16)
        to = expected[max(0, down) : 16 + min(0, down), max(0, across) : 16 + min(0, across)]
        to.copy_(
            images[0, 0, max(0, -down) : 16 - max(0, down), max(0, -across) : 16 - max(0, across)]
        )
        assert torch.equal(moved[0], expected)
    assert {down for down, _ in seen} == {across for _, across in seen} == {-2, -1, 0, 1, 2}


def test_a_cutout_is_a_grey_square_of_half_the_side_or_what_of_it_is_inside() -> None:
    holes = cutout(torch.ones(200, 3, 8, 8), random()) == 0
    assert torch.equal(holes[:, 0], holes[:, 2])
    heights = holes[:, 0].any(2).sum(1)
    widths = holes[:, 0].any(1).sum(1)
    assert torch.equal(holes[:, 0].sum((1, 2)), heights * widths)
    assert heights.max() == widths.max() == 4
    assert heights.min() == widths.min() == 2  # its middle is always inside


def test_colours_change_alike_in_all_of_an_image() -> None:
    grey = torch.full((100, 3, 4, 4), 0.25)
    changed = colour(grey, random())
    assert torch.allclose(changed, changed[:, :1, :1, :1].expand_as(changed), atol=1e-6)
    brightness = changed[:, 0, 0, 0] - 0.25
    assert -0.5 <= brightness.min() < -0.4
    assert 0.4 < brightness.max() <= 0.5


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_change_is_linear_or_smooth_in_the_images(name: str) -> None:
    images = torch.randn(3, 3, 8, 8, dtype=torch.double, requires_grad=True)

    def changed(images: Tensor) -> Tensor:
        return CHANGES[name](images, random(3))

    assert torch.autograd.gradcheck(changed, images)


def test_one_seed_gives_one_change_and_no_names_none() -> None:
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(
        augment(images, AUGMENTATIONS, random(1)), augment(images, AUGMENTATIONS, random(1))
    )
    assert torch.equal(augment(images, (), random(1)), images)


def test_the_critic_sees_what_was_changed() -> None:
    _, critic = build("mlp", 4, (3, 8, 8), Needs(critic_norm=False), seed=1)
    assert isinstance(critic, Critic)
    images = torch.randn(5, 3, 8, 8)
    judged = AugmentedCritic(critic, ["cutout"], random(7))(images).score
    assert torch.equal(judged, critic(cutout(images, random(7))).score)
