"""Programs in a browser, against the generators that they were made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.networks.base import Generator
from gan_core.networks.residual import ResidualBlock
from gan_core.networks.sampling import draw
from gan_core.networks.table import ARCHITECTURES
from gan_core.runs.generators import find_checkpoint, open_generator
from gan_core.runs.program import SCRIPT, Precision, to_program
from tests.gan_core.runs.random_generator import random_generator

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

TOLERANCE = 1e-5
PICTURES = 3
SITE = "http://program.test"
RUN = """async ({ points, labels }) => {
    const { openProgram, toPixels } = await import("./program.js");
    const answer = await fetch("./program");
    const program = openProgram(new Uint8Array(await answer.arrayBuffer()));
    const { latentDim, classes, height, width, channels } = program;
    const images = points.map((z, i) => Array.from(program.run(z, labels[i])));
    const pixels = points.map((z, i) => Array.from(toPixels(program.run(z, labels[i]), channels)));
    return { latentDim, classes, shape: [height, width, channels], images, pixels };
}"""

Run = Callable[..., tuple[dict[str, Any], torch.Tensor, torch.Tensor | None]]


def serve(page: Page, program: bytes) -> None:
    """Open an empty page that finds the script, and a program, beside itself."""
    answers = {
        "/": ("text/html", b"<!DOCTYPE html>"),
        "/program.js": ("text/javascript", SCRIPT.read_bytes()),
        "/program": ("application/octet-stream", program),
    }

    def answer(route: Route) -> None:
        kind, content = answers[route.request.url.removeprefix(SITE)]
        route.fulfill(body=content, content_type=kind)

    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/")


@pytest.fixture
def run(page: Page) -> Run:
    """`run(generator)` draws some pictures in the browser, and gives their points and labels."""

    def run_program(generator: Generator, precision: Precision = "float32") -> Any:
        serve(page, to_program(generator, precision))
        random = torch.Generator().manual_seed(5)
        z = torch.randn(PICTURES, generator.latent_dim, generator=random)
        y = torch.arange(PICTURES) % generator.n_classes if generator.n_classes else None
        labels = [0] * PICTURES if y is None else y.tolist()
        return page.evaluate(RUN, {"points": z.tolist(), "labels": labels}), z, y

    return run_program


def compare(generator: Generator, run: Run, tolerance: float = TOLERANCE) -> dict[str, Any]:
    """The browser draws what the generator draws; gives what the browser answered."""
    answer, z, y = run(generator)
    channels, height, width = generator.image_shape
    assert answer["shape"] == [height, width, channels]
    assert (answer["latentDim"], answer["classes"]) == (generator.latent_dim, generator.n_classes)
    with torch.no_grad():
        reference = generator(z, y).permute(0, 2, 3, 1).numpy()
    images = np.array(answer["images"], np.float32).reshape(reference.shape)
    assert reference.std() > 1e-4  # else anything would pass
    np.testing.assert_allclose(images, reference, rtol=0, atol=tolerance)
    return answer


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("classes", [(), ("zero", "one", "two")], ids=["plain", "conditional"])
def test_every_architecture(architecture: str, classes: tuple[str, ...], run: Run) -> None:
    compare(random_generator(architecture, classes).generator, run)


@pytest.mark.parametrize("name", ["dcgan-mnist", "cgan-mnist", "gan-mnist"])
def test_shipped_generators_to_the_pixel(name: str, run: Run) -> None:
    generator = open_generator(find_checkpoint(name)).generator
    answer, z, y = run(generator)
    drawn = draw(generator, z, y)
    pixels = np.array(answer["pixels"], np.uint8).reshape(PICTURES, 28, 28, 4)
    assert (pixels[..., 3] == 255).all()
    for channel in range(3):
        apart = np.abs(pixels[..., channel].astype(int) - drawn[..., 0])
        assert apart.max() <= 1 and (apart > 0).mean() < 1e-3  # halves may fall either way


def test_half_precision_is_less_than_two_grey_levels_off(run: Run) -> None:
    generator = open_generator(find_checkpoint("cgan-mnist")).generator
    answer, z, y = run(generator, "float16")
    with torch.no_grad():
        reference = generator(z, y).permute(0, 2, 3, 1).numpy()
    images = np.array(answer["images"], np.float32).reshape(reference.shape)
    assert np.abs(images - reference).max() < 2 / 127.5


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2),
        nn.ConvTranspose2d(4, 6, (4, 3), stride=(2, 3), padding=(1, 0), output_padding=1, groups=2),
        nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 3, 1)),
        nn.Sequential(nn.Conv2d(4, 16, 1), ResidualBlock(16, 1), nn.Conv2d(16, 3, 1)),
    ],
    ids=["convolution", "transposed", "double", "residual"],
)
def test_every_option_of_an_operation(layer: nn.Module, run: Run) -> None:
    torch.manual_seed(0)
    before = nn.Sequential(nn.Linear(5, 4 * 5 * 6), nn.Unflatten(1, (4, 5, 6)))
    for part in (*before.modules(), *layer.modules()):
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0, 0.2)
    maps, height, width = nn.Sequential(before, layer)(torch.zeros(1, 5)).shape[1:]
    compare(Generator(nn.Sequential(before, layer), 5, (maps, height, width)).eval(), run)


def test_bytes_that_say_something_else_are_refused_by_name(page: Page) -> None:
    serve(page, b"")
    message = page.evaluate(
        """async () => {
            const { openProgram } = await import("./program.js");
            const header = JSON.stringify({ latent_dim: 1, precision: "float32", shape: [1, 1, 1],
                                            operations: [{ op: "attention" }] }).padEnd(128);
            const bytes = new Uint8Array(8 + header.length);
            bytes[0] = header.length;
            bytes.set(new TextEncoder().encode(header), 8);
            try { openProgram(bytes); } catch (error) { return error.message; }
        }"""
    )
    assert message == "The operation attention is unknown."
