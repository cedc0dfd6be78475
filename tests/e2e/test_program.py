"""Programs in a browser, against the generators that they were made from."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
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
    from playwright.sync_api import Page

TOLERANCE = 1e-5
PICTURES = 3
RUN = """async ({ points, labels }) => {
    const inText = ({ buffer }) => btoa(
        Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join("")
    );
    const { openProgram, toPixels } = await import("./program.js");
    const answer = await fetch("./program");
    const program = openProgram(new Uint8Array(await answer.arrayBuffer()));
    const { latentDim, classes, height, width, channels } = program;
    const images = [], pixels = [];
    points.forEach((z, i) => {
        const image = program.run(z, labels[i]);
        images.push(inText(image));
        pixels.push(inText(toPixels(image, channels)));
    });
    return { latentDim, classes, shape: [height, width, channels], images, pixels };
}"""

Run = Callable[..., tuple[dict[str, Any], torch.Tensor, torch.Tensor | None]]


class Site:
    """A server of an empty page that finds the script, and a program, beside itself.

    Not a route of Playwright's, through which a large program takes seconds.
    """

    def __init__(self) -> None:
        self.program = b""
        site = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, content = {
                    "/": ("text/html", b"<!DOCTYPE html>"),
                    "/program.js": ("text/javascript", SCRIPT.read_bytes()),
                    "/program": ("application/octet-stream", site.program),
                }.get(self.path, ("text/plain", b""))
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *values: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    thread = Thread(target=site.server.serve_forever)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture
def run(page: Page, site: Site) -> Run:
    """`run(generator)` draws some pictures in the browser, and gives their points and labels."""

    def run_program(generator: Generator, precision: Precision = "float32") -> Any:
        site.program = to_program(generator, precision)
        page.goto(site.url)
        random = torch.Generator().manual_seed(5)
        z = torch.randn(PICTURES, generator.latent_dim, generator=random)
        y = torch.arange(PICTURES) % generator.n_classes if generator.n_classes else None
        labels = [0] * PICTURES if y is None else y.tolist()
        answer = page.evaluate(RUN, {"points": z.tolist(), "labels": labels})
        for name, kind in {"images": np.float32, "pixels": np.uint8}.items():
            answer[name] = np.array([np.frombuffer(b64decode(text), kind) for text in answer[name]])
        return answer, z, y

    return run_program


def compare(generator: Generator, run: Run, tolerance: float = TOLERANCE) -> dict[str, Any]:
    """The browser draws what the generator draws; gives what the browser answered."""
    answer, z, y = run(generator)
    channels, height, width = generator.image_shape
    assert answer["shape"] == [height, width, channels]
    assert (answer["latentDim"], answer["classes"]) == (generator.latent_dim, generator.n_classes)
    with torch.no_grad():
        reference = generator(z, y).permute(0, 2, 3, 1).numpy()
    images = answer["images"].reshape(reference.shape)
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
    pixels = answer["pixels"].reshape(PICTURES, 28, 28, 4)
    assert (pixels[..., 3] == 255).all()
    for channel in range(3):
        apart = np.abs(pixels[..., channel].astype(int) - drawn[..., 0])
        assert apart.max() <= 1 and (apart > 0).mean() < 1e-3  # halves may fall either way


def test_half_precision_is_less_than_two_grey_levels_off(run: Run) -> None:
    generator = open_generator(find_checkpoint("cgan-mnist")).generator
    answer, z, y = run(generator, "float16")
    with torch.no_grad():
        reference = generator(z, y).permute(0, 2, 3, 1).numpy()
    images = answer["images"].reshape(reference.shape)
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


def test_bytes_that_say_something_else_are_refused_by_name(page: Page, site: Site) -> None:
    page.goto(site.url)
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
