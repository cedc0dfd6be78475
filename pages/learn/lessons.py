r"""What the Learn page says of each objective beyond its own docstring and code.

To teach an objective, add an entry to :data:`LESSONS` under its name; without one the page still
shows docstring, code, settings and what to watch. Equations are LaTeX, in the notation of the
docstrings: s is a logit, D what the critic says, and both players minimise.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pitfall:
    """What usually goes wrong. Sentences in Markdown."""

    sign: str  # what one sees
    cause: str
    remedy: str


@dataclass(frozen=True)
class Lesson:
    """One objective explained. Words are Markdown, equations LaTeX."""

    idea: str
    equations: tuple[tuple[str, str], ...]  # whose it is, and the equation
    terms: tuple[tuple[str, str], ...]  # a term, and what it does
    balance: str  # what the curves show where neither player can gain
    pitfalls: tuple[Pitfall, ...]


def _lines(*parts: str) -> str:
    """A long equation in lines that also fit a narrow screen."""
    return r"\begin{aligned} & " + r" \\ & ".join(parts) + r" \end{aligned}"


GAME = "The game"
DISCRIMINATOR = "The discriminator minimises"
CRITIC = "The critic minimises"
GENERATOR = "The generator minimises"

_D_LOSS = r"-\mathbb{E}_x[\log D(x)] - \mathbb{E}_z[\log(1 - D(G(z)))]"
_MINIMAX = _lines(
    r"\min_G \max_D\; \mathbb{E}_x[\log D(x)]", r"\qquad + \mathbb{E}_z[\log(1 - D(G(z)))]"
)
_G_LOSS = r"-\mathbb{E}_z[\log D(G(z))]"
_CRITIC_GAP = r"\mathbb{E}_z[D(G(z))] - \mathbb{E}_x[D(x)]"
_G_SCORE = r"-\mathbb{E}_z[D(G(z))]"

_SIGMOID = (
    r"D(v) = \sigma(s(v))",
    "how probable it is that the image v is real: the sigmoid of the score s that the network "
    "gives, its logit.",
)
_ON_REAL = (
    r"-\log D(x)",
    r"small where a real image is recognised. Computed as softplus$(-s)$, exact for any score.",
)
_ON_FAKE = (
    r"-\log(1 - D(G(z)))",
    r"small where a generated image is recognised. Computed as softplus$(s)$.",
)
_NON_SATURATING = (
    r"-\log D(G(z))",
    "for the generator: steepest where the discriminator rejects a sample with confidence, so the "
    "worst pictures teach the most.",
)

_DISCRIMINATOR_WINS = Pitfall(
    "D(x) goes to 1 and D(G(z)) to 0, and both stay there.",
    "The discriminator has won: it tells the two apart by something that the generator cannot "
    "follow, and what gradient is left points nowhere useful.",
    "Lower the discriminator's learning rate, or take an objective that keeps its gradient in "
    "bounds: DRAGAN or R3GAN.",
)
_COLLAPSE = Pitfall(
    "Most pictures show the same one or two digits: mode collapse.",
    "The generator is asked to be accepted, picture by picture; nothing in its loss asks for "
    "variety.",
    "Lower the generator's learning rate, keep Adam's beta1 at 0.5 or below and batch norm in the "
    "generator; or take R3GAN, WGAN-GP, or EBGAN with its pull-away term.",
)
_LAST_CLASS = Pitfall(
    "The last class is never drawn.",
    "Labels for generated images come from a function whose upper bound is exclusive, called with "
    "the number of classes less one: a common slip.",
    "Draw from all classes and look at the last column of the grid. Here labels are drawn evenly "
    "from all of them.",
)
_NORM_IN_CRITIC = Pitfall(
    "Training is erratic although the gradient norm is near its target.",
    "Batch norm in the critic: the score of one image then depends on the whole batch, so its "
    "gradient is not its own and the penalty holds the wrong thing.",
    "No batch norm in the critic. The objective declares it, and the networks here are built "
    "without.",
)
_NORM_OVER_BATCH = Pitfall(
    "The penalty is satisfied and the critic learns next to nothing.",
    "One norm taken over the whole batch. To make it 1, each of N images gets a gradient of about "
    r"$1/\sqrt{N}$: the critic is far flatter than intended.",
    "Flatten each image's gradient and take a norm for each image, then the mean of the penalties.",
)
_NO_GRAPH = Pitfall(
    "The curve of the gradient norm drifts as if there were no penalty.",
    "The gradient was taken without `create_graph=True`: the penalty is a number without a "
    "gradient of its own.",
    "Differentiate twice. A test against finite differences shows whether it is so.",
)

LESSONS: dict[str, Lesson] = {
    "gan": Lesson(
        idea="The discriminator learns how probable it is that an image is real, the generator to "
        "raise that probability for its own images. The generator's loss is turned round against "
        "the game as written, so that it has a slope from the first step on.",
        equations=(
            (GAME, _MINIMAX),
            (DISCRIMINATOR, _D_LOSS),
            (GENERATOR, _G_LOSS),
        ),
        terms=(_SIGMOID, _ON_REAL, _ON_FAKE, _NON_SATURATING),
        balance=r"$D = 1/2$ everywhere: the discriminator's loss is $2\log 2 \approx 1.386$, the "
        r"generator's $\log 2 \approx 0.693$.",
        pitfalls=(
            _DISCRIMINATOR_WINS,
            _COLLAPSE,
            Pitfall(
                "The loss is NaN, or stands at exactly 0.",
                "A logarithm of a rounded probability: a sigmoid near 1 is 1 in 32 bits.",
                "Compute the loss from the logits, as here.",
            ),
            Pitfall(
                "The losses say nothing about the pictures.",
                "Each loss measures one player against the other; both can stand still while the "
                "pictures get better.",
                "Judge by the pictures, and by whether D(x) and D(G(z)) stay off 0 and 1.",
            ),
        ),
    ),
    "gan-minimax": Lesson(
        idea="The game as it stands in equation 1: the generator minimises the very term that the "
        "discriminator maximises. It is here to show why nearly nobody trains it this way.",
        equations=(
            (GAME, _MINIMAX),
            (DISCRIMINATOR, _D_LOSS),
            (GENERATOR, r"\mathbb{E}_z[\log(1 - D(G(z)))]"),
        ),
        terms=(
            _SIGMOID,
            _ON_REAL,
            _ON_FAKE,
            (
                r"\log(1 - D(G(z)))",
                r"for the generator: its slope in the score is $-\sigma(s)$, which is next to 0 "
                "where the discriminator rejects the sample. The worst pictures teach the least.",
            ),
        ),
        balance=r"$D = 1/2$ everywhere: the discriminator's loss is $2\log 2 \approx 1.386$, the "
        r"generator's $-\log 2 \approx -0.693$.",
        pitfalls=(
            Pitfall(
                "The generator's loss sits just below 0, D(G(z)) at 0, and pictures stay noise.",
                "Saturation: the discriminator rejects all samples with confidence, and there the "
                "loss is flat. It happens early, while pictures are easy to tell.",
                "Use the non-saturating loss (`gan`); or slow the discriminator down until the "
                "generator has a foothold.",
            ),
            _COLLAPSE,
        ),
    ),
    "lsgan": Lesson(
        idea="Classification replaced by regression: scores are pulled to 1 on real and to 0 on "
        "generated images, and the generator pulls its own to 1. A sample far on the right side of "
        "the boundary is still pulled, so the gradient does not vanish.",
        equations=(
            (
                DISCRIMINATOR,
                r"\tfrac12 \mathbb{E}_x[(D(x) - b)^2] + \tfrac12 \mathbb{E}_z[(D(G(z)) - a)^2]",
            ),
            (GENERATOR, r"\tfrac12 \mathbb{E}_z[(D(G(z)) - c)^2]"),
            ("with", r"a = 0, \quad b = c = 1"),
        ),
        terms=(
            ("D(v)", "a plain number, not a probability: no sigmoid anywhere."),
            (r"\tfrac12 (D(x) - 1)^2", "pulls the score of real images to 1, from either side."),
            (r"\tfrac12 D(G(z))^2", "pulls the score of generated images to 0."),
            (
                r"\tfrac12 (D(G(z)) - 1)^2",
                "for the generator: its slope grows with the distance from 1.",
            ),
        ),
        balance=r"$D = 1/2$ everywhere: the discriminator's loss is 1/4, the generator's 1/8.",
        pitfalls=(
            Pitfall(
                "Losses jump by orders of magnitude.",
                "Scale: scores have no bounds and errors are squared, so a few images with extreme "
                "scores own the gradient.",
                "Lower the learning rates; keep batch norm, which holds the scale.",
            ),
            Pitfall(
                "Curves stand an even factor apart from those of another program.",
                "With or without the 1/2 in front: a matter of taste, which Adam does not notice.",
                "Compare pictures, not heights of curves.",
            ),
            Pitfall(
                "It learns as slowly as the minimax game.",
                "A sigmoid left at the end of the discriminator: squared errors of a saturated "
                "sigmoid have no slope.",
                "Score with a linear layer.",
            ),
        ),
    ),
    "hinge": Lesson(
        idea="The discriminator only has to be right by a margin of 1; images beyond it teach it "
        "nothing. The generator simply raises its score.",
        equations=(
            (
                DISCRIMINATOR,
                _lines(r"\mathbb{E}_x[\max(0, 1 - D(x))]", r"+ \mathbb{E}_z[\max(0, 1 + D(G(z)))]"),
            ),
            (GENERATOR, _G_SCORE),
        ),
        terms=(
            (r"\max(0, 1 - D(x))", "asks for a score of at least 1 on real images, and no more."),
            (r"\max(0, 1 + D(G(z)))", "asks for at most -1 on generated images, and no less."),
            (
                r"-D(G(z))",
                "for the generator: a slope of the same size at every score, never saturated.",
            ),
        ),
        balance="The same score for everything, anywhere from -1 to 1: the discriminator's loss is "
        "2.",
        pitfalls=(
            Pitfall(
                "The discriminator's loss sits at 0.",
                "All images are beyond the margins: the discriminator no longer learns, and the "
                "generator follows a judge that stands still.",
                "Lower the discriminator's learning rate. The published runs also hold it in "
                "bounds by spectral normalisation, which is not used here.",
            ),
            Pitfall(
                "The generator's loss drifts up or below 0.",
                "It is minus a score, and nothing fixes the height of scores.",
                "Nothing to mend: watch the distance of D(x) and D(G(z)), not the height.",
            ),
            _COLLAPSE,
        ),
    ),
    "wgan": Lesson(
        idea="The critic estimates how far apart real and generated images are (the Wasserstein "
        "distance), and the generator shortens that distance. The estimate holds only for a critic "
        "whose slope is bounded, which is enforced by clipping its weights.",
        equations=(
            (
                "The distance",
                r"W = \max_{\lVert D \rVert_L \le 1}\; "
                r"\mathbb{E}_x[D(x)] - \mathbb{E}_z[D(G(z))]",
            ),
            (CRITIC, _CRITIC_GAP),
            ("and then clips its weights", r"w \leftarrow \mathrm{clip}(w, -c, c)"),
            (GENERATOR, _G_SCORE),
        ),
        terms=(
            (
                r"\mathbb{E}_x[D(x)] - \mathbb{E}_z[D(G(z))]",
                "how far apart the critic can pull the two: the distance, in units that depend on "
                "c and on the network.",
            ),
            (
                r"\mathrm{clip}(w, -c, c)",
                "after each update, every weight of the critic but batch norm's: keeps the slope "
                "bounded, by whatever bound the network turns c into.",
            ),
            (
                r"-D(G(z))",
                "for the generator: it has a slope even where real and generated images do not "
                "overlap at all, which is the point of the distance.",
            ),
        ),
        balance="The estimate is 0: no critic with bounded slope tells the two apart.",
        pitfalls=(
            Pitfall(
                "Most weights stand at the clip, and pictures stay coarse.",
                "Clip saturation: to pull the two apart with small weights the critic drives them "
                "all to the bounds, where it can only be a simple function.",
                "A known cost of clipping. Take WGAN-GP; or change c in small steps: too small and "
                "gradients vanish, too large and the critic is slow to settle.",
            ),
            Pitfall(
                "Pictures stop getting better while the estimate grows.",
                "The critic is ahead: it pulls real and generated images apart faster than the "
                "generator follows.",
                "A critic much slower than its generator. On the light network, after 4,000 steps, "
                "one critic step at 2.5e-5 to one of the generator at 1e-3 makes 74% of the "
                "samples readable, a critic at 2e-4 70%, the published settings 29%. Where the "
                "estimate grows again, lower the critic's rate on the way.",
            ),
            Pitfall(
                "The estimate stays next to 0 from the start.",
                "Batch norm's scale and shift are clipped along with the weights: at 0.01 the "
                "signal shrinks a hundredfold at every layer.",
                "Clip weights of linear layers and convolutions only, as here.",
            ),
            Pitfall(
                "Training swings or diverges.",
                "A critic trained with momentum, or too fast. The paper reports the same for Adam.",
                "RMSprop with a step size of 5e-5, and five critic steps to one of the generator.",
            ),
            Pitfall(
                "The estimate rises although pictures get better.",
                "The critic was behind and is catching up; the generator learns from a poor "
                "estimate.",
                "More critic steps for each generator step.",
            ),
        ),
    ),
    "wgan-gp": Lesson(
        idea="The same distance, with the critic's slope held at 1 by a penalty where it matters, "
        "between real and generated images, in place of clipped weights.",
        equations=(
            (
                CRITIC,
                _lines(
                    _CRITIC_GAP, r"+ \lambda\, \mathbb{E}_u[(\lVert\nabla_u D(u)\rVert_2 - 1)^2]"
                ),
            ),
            (
                "where",
                r"u = (1 - \epsilon)\, x + \epsilon\, G(z), \quad \epsilon \sim \mathcal{U}[0, 1]",
            ),
            (GENERATOR, _G_SCORE),
        ),
        terms=(
            (
                r"\mathbb{E}_x[D(x)] - \mathbb{E}_z[D(G(z))]",
                "the estimate of the distance, which the critic makes as large as it may.",
            ),
            ("u", "a point on the line between a real and a generated image, drawn evenly."),
            (
                r"(\lVert\nabla_u D(u)\rVert_2 - 1)^2",
                "holds the norm of each sample's own gradient at 1, which the best critic has "
                "almost everywhere on those lines.",
            ),
            (r"\lambda", "the weight of the penalty."),
        ),
        balance="The estimate is 0. In practice it falls slowly and levels off well above.",
        pitfalls=(
            _NORM_IN_CRITIC,
            _NORM_OVER_BATCH,
            Pitfall(
                "It trains without error and never draws a digit.",
                "The recipe of another GAN: one critic step, a high learning rate, beta1 at 0.5 or "
                "0.9. Momentum carries the critic past a target that moves.",
                "Adam with 1e-4 and betas (0, 0.9), five critic steps to one of the generator; "
                "and count generator updates when comparing budgets.",
            ),
            _NO_GRAPH,
        ),
    ),
    "dragan": Lesson(
        idea="The original game with a penalty that keeps the discriminator gentle around the "
        "data. The authors trace mode collapse to sharp slopes there.",
        equations=(
            (
                DISCRIMINATOR,
                _lines(
                    _D_LOSS,
                    r"+ \lambda\, \mathbb{E}_{x, \delta}"
                    r"[(\lVert\nabla s(x + \delta)\rVert_2 - 1)^2]",
                ),
            ),
            ("where", r"\delta = \tfrac12\, \mathrm{std}(x)\, n, \quad n \sim \mathcal{U}[0, 1]"),
            (GENERATOR, _G_LOSS),
        ),
        terms=(
            _SIGMOID,
            (
                r"x + \delta",
                "a real image with noise: half the deviation of the batch, times n, drawn evenly "
                "from 0 to 1 for every pixel.",
            ),
            (
                r"(\lVert\nabla s(x + \delta)\rVert_2 - 1)^2",
                "holds the norm of the logit's gradient at 1 near the data.",
            ),
            _NON_SATURATING,
        ),
        balance=r"That of the original game, $2\log 2$ and $\log 2$, plus what is left of the "
        "penalty.",
        pitfalls=(
            _NORM_IN_CRITIC,
            Pitfall(
                "The penalty does not go down, whatever its weight.",
                "It is on the gradient of the probability: where the sigmoid is flat that gradient "
                "is next to 0 and cannot be made 1.",
                "Penalise the gradient of the logit, as here.",
            ),
            Pitfall(
                "It behaves like the original game.",
                "The noise is of a fixed size and too small for these images, so the penalty holds "
                "on the images alone and not around them.",
                "Scale the noise with the deviation of the batch, as here.",
            ),
            _NORM_OVER_BATCH,
        ),
    ),
    "cgan": Lesson(
        idea="Both players are told the class y: the generator is to draw it, and the "
        "discriminator judges whether the image is real and of that class.",
        equations=(
            (
                GAME,
                _lines(
                    r"\min_G \max_D\; \mathbb{E}_x[\log D(x|y)]",
                    r"\qquad + \mathbb{E}_z[\log(1 - D(G(z|y)|y))]",
                ),
            ),
            (
                DISCRIMINATOR,
                _lines(r"-\mathbb{E}_x[\log D(x|y)]", r"- \mathbb{E}_z[\log(1 - D(G(z|y)|y))]"),
            ),
            (GENERATOR, r"-\mathbb{E}_z[\log D(G(z|y)|y)]"),
        ),
        terms=(
            ("y", "the class: of the real image its label, of a generated one drawn evenly."),
            ("G(z|y)", "the generator with the label beside z, as a one-hot vector."),
            (
                "D(v|y)",
                "the discriminator with a learnt plane for each class, one more channel of the "
                "image. A good picture of the wrong class is rejected, because real images never "
                "come with a wrong label.",
            ),
            (r"-\log D(G(z|y)|y)", "for the generator: the non-saturating loss."),
        ),
        balance=r"$D = 1/2$ everywhere, for every class: losses of $2\log 2$ and $\log 2$.",
        pitfalls=(
            _LAST_CLASS,
            Pitfall(
                "A column of the grid shows any digit.",
                "The label is ignored: the discriminator does not see it, or sees it for real "
                "images only, so a wrong class costs the generator nothing.",
                "Give the discriminator the label that the generator was told.",
            ),
            Pitfall(
                "All rows of a column are the same picture.",
                "Collapse within the class: with the label given, the generator can do without z.",
                "As for mode collapse: a lower learning rate for the generator, or an objective "
                "with a penalty.",
            ),
            _DISCRIMINATOR_WINS,
        ),
    ),
    "acgan": Lesson(
        idea="The generator is told the class; the discriminator is not, and has to name it beside "
        "judging whether the image is real.",
        equations=(
            (
                "Source",
                _lines(
                    r"L_S = \mathbb{E}_x[\log D(x)]", r"\qquad + \mathbb{E}_z[\log(1 - D(G(z)))]"
                ),
            ),
            (
                "Class",
                _lines(
                    r"L_C = \mathbb{E}_x[\log P(c\,|\,x)]",
                    r"\qquad + \mathbb{E}_z[\log P(c\,|\,G(z, c))]",
                ),
            ),
            (DISCRIMINATOR, r"-L_S - \lambda L_C"),
            (
                GENERATOR,
                _lines(_G_LOSS, r"- \lambda\, \mathbb{E}_z[\log P(c\,|\,G(z, c))]"),
            ),
        ),
        terms=(
            ("L_S", "the original game: real or generated?"),
            ("L_C", "which class? Both players are on the same side in this term."),
            (
                r"-\log P(c\,|\,x)",
                "cross-entropy of the auxiliary classifier on real images, with their labels.",
            ),
            (
                r"-\log P(c\,|\,G(z, c))",
                "the same on generated images, with the class that was asked for. Both losses are "
                "charted apart.",
            ),
            (r"\lambda", "the class weight; 1 in the paper."),
        ),
        balance=r"$2\log 2$ and $\log 2$ for the game, plus the loss of a good classifier. "
        r"Guessing among ten classes costs $\log 10 \approx 2.303$.",
        pitfalls=(
            Pitfall(
                "Clean pictures, all of a class alike; the class loss on generated images is far "
                "below that on real ones.",
                "The generator draws what is easy to name: typical, well separated digits score "
                "best in the class term.",
                "Lower the class weight, and compare the two class losses.",
            ),
            _LAST_CLASS,
            Pitfall(
                "The class loss on real images rises in the first steps.",
                "The classifier also learns from generated images while these are noise with a "
                "label.",
                "It passes. If it does not, the class weight is too high for the discriminator.",
            ),
            _DISCRIMINATOR_WINS,
        ),
    ),
    "ebgan": Lesson(
        idea="The critic is an autoencoder, and its reconstruction error is the energy of an "
        "image: low where data lies. It keeps the energy of generated images up to a margin, and "
        "the generator looks for low energy.",
        equations=(
            (
                CRITIC,
                r"\mathbb{E}_x[D(x)] + \mathbb{E}_z[\max(0, m - D(G(z)))]",
            ),
            (GENERATOR, r"\mathbb{E}_z[D(G(z))] + \lambda_{PT}\, f_{PT}(S)"),
            (
                "Pull-away",
                r"f_{PT}(S) = \frac{1}{N(N-1)} \sum_{i \ne j} "
                r"\left(\frac{S_i^\top S_j}{\lVert S_i\rVert \lVert S_j\rVert}\right)^2",
            ),
        ),
        terms=(
            (
                r"D(v) = \tfrac1P \lVert \mathrm{Dec}(\mathrm{Enc}(v)) - v \rVert^2",
                "the energy: the mean squared error over the P pixels. The paper's is the "
                "Euclidean norm; its margin of 10 is 0.13 in this unit.",
            ),
            (r"D(x)", "real images are to be reconstructed well."),
            (
                r"\max(0, m - D(G(z)))",
                "each generated image is to be reconstructed badly, but only up to the margin m. "
                "Beyond it the critic leaves the image alone.",
            ),
            (
                "S",
                "the codes of the N generated images in a batch, a row each: the bottleneck of the "
                "autoencoder.",
            ),
            (
                "f_{PT}",
                "the squared cosine of each pair of different images' codes: 1 for codes that are "
                "all alike, 0 for orthogonal ones. It keeps the pictures of a batch apart.",
            ),
        ),
        balance="Real and generated images have one energy, at most m, and the critic's loss is m.",
        pitfalls=(
            Pitfall(
                "The pull-away curve lies near 0 from the first step, and modes collapse.",
                "The term is dead: one norm over the whole matrix of codes in place of one for "
                "each row. Every product is then divided by a number about N times too large, and "
                "its square has next to no gradient.",
                "Norm each code by itself. Check: for identical codes the term must be 1.",
            ),
            Pitfall(
                "Energies fall and the pictures stay noise.",
                "A detached target: in the generator's step the image is the target of the "
                "reconstruction as well as its input, and with the target detached half of the "
                "gradient is missing.",
                "Let the gradient flow through both.",
            ),
            Pitfall(
                "The energy of generated images never gets near the margin.",
                "The margin is too large: the hinge never closes, and the critic spends itself on "
                "raising the energy of generated images.",
                "A margin a small multiple of the energy that real images settle at. Too small, "
                "and the critic stops minding generated images while they are still poor.",
            ),
            Pitfall(
                "Erratic energies that depend on the make-up of the batch.",
                "Batch norm in the autoencoder, with other statistics for real batches than for "
                "generated ones; or a hinge on the mean energy, which one image with a high energy "
                "closes for all.",
                "No batch norm in the critic, and the hinge for each sample.",
            ),
        ),
    ),
    "began": Lesson(
        idea="An autoencoder for a critic, and a balance: a number k, moved after each step, holds "
        "the energy of generated images at a fixed share of that of real ones.",
        equations=(
            ("The energy", r"L(v) = \tfrac1P \lVert v - D(v) \rVert_1"),
            (CRITIC, r"\mathbb{E}_x[L(x)] - k_t\, \mathbb{E}_z[L(G(z))]"),
            (GENERATOR, r"\mathbb{E}_z[L(G(z))]"),
            (
                "Balance",
                _lines(
                    r"k_{t+1} = k_t + \lambda_k (\gamma L(x) - L(G(z)))",
                    r"\text{held in } [0, 1]",
                ),
            ),
            ("Convergence", r"M = L(x) + |\gamma L(x) - L(G(z))|"),
        ),
        terms=(
            ("L(v)", "the energy: the mean absolute error of the reconstruction, over P pixels."),
            (
                "k_t",
                "how much the critic minds generated images. It starts at 0: the critic is a plain "
                "autoencoder until the generator draws what it reconstructs well.",
            ),
            (
                r"\gamma L(x) - L(G(z))",
                r"positive where generated images are easier to reconstruct than wanted; k then "
                "rises and the critic resists more.",
            ),
            (
                r"\gamma",
                "the diversity ratio: low for sharp and uniform pictures, high for varied and less "
                "sharp ones.",
            ),
            ("M", "a measure of convergence that can be read: lower is better."),
        ),
        balance=r"$L(G(z)) = \gamma L(x)$, with k at rest between its bounds.",
        pitfalls=(
            Pitfall(
                "The pictures become one blurred face of a digit: mode collapse.",
                r"$\gamma$ is too low: the generator is kept at what the autoencoder does best, "
                "and that is few kinds of images.",
                r"Raise $\gamma$ towards 0.7, or lower both learning rates. The paper halves them "
                "when M no longer falls.",
            ),
            Pitfall(
                "k stays at 0.",
                r"Generated images have more than $\gamma$ times the energy of real ones: the "
                "generator is behind. Normal at the start; for long, the critic never learns from "
                "generated images.",
                "A higher learning rate for the generator, or a weaker critic.",
            ),
            Pitfall(
                "k climbs to 1 and stays.",
                "The generator has found images that are reconstructed too easily, blank ones for "
                "instance, and the critic cannot keep up.",
                "Lower learning rates; a smaller code, so that the autoencoder cannot copy all.",
            ),
            Pitfall(
                "k creeps or runs away although energies look right.",
                "k was moved by losses that already contain k, or by sums over pixels: then "
                r"$\lambda_k$ means something else.",
                "Move k by the raw mean energies, as here.",
            ),
        ),
    ),
    "r3gan": Lesson(
        idea="Real and generated images are judged in pairs: which of the two is more real, and by "
        "how much? Two penalties pull the slope of the discriminator to 0 on both sides, which "
        "makes this game converge.",
        equations=(
            (
                DISCRIMINATOR,
                _lines(
                    r"\mathbb{E}_{x,z}[f(D(G(z)) - D(x))]",
                    r"+ \tfrac{\gamma}{2} \mathbb{E}_x\lVert\nabla D(x)\rVert^2",
                    r"+ \tfrac{\gamma}{2} \mathbb{E}_z\lVert\nabla D(G(z))\rVert^2",
                ),
            ),
            (GENERATOR, r"\mathbb{E}_{x,z}[f(D(x) - D(G(z)))]"),
            ("with", r"f(t) = \mathrm{softplus}(t) = \log(1 + e^t)"),
        ),
        terms=(
            ("D(v)", "a logit; only differences between two images count."),
            (
                "f(D(G(z)) - D(x))",
                "small where the real image of the pair is ahead. Because every generated image is "
                "held against real ones, a generator that leaves modes out does not come to rest.",
            ),
            (
                r"\tfrac{\gamma}{2}\lVert\nabla D(x)\rVert^2",
                "R1: flattens the discriminator at real images, so that a generator that has "
                "arrived there is not pushed away again.",
            ),
            (
                r"\tfrac{\gamma}{2}\lVert\nabla D(G(z))\rVert^2",
                "R2: the same at generated images, where early training would otherwise explode.",
            ),
        ),
        balance=r"A lead of 0: both losses are $\log 2 \approx 0.693$, the penalties 0.",
        pitfalls=(
            Pitfall(
                "The lead grows and the norms of the gradient with it; training swings.",
                r"$\gamma$ is too small: nothing flattens the discriminator.",
                r"Raise $\gamma$ tenfold and look again. It depends on the size of the images and "
                "on the network.",
            ),
            Pitfall(
                "The lead stays near 0 from the start, and pictures are soft and slow to come.",
                r"$\gamma$ is too large: the discriminator is flat before it has learnt.",
                r"Lower $\gamma$. The authors begin high and anneal it.",
            ),
            Pitfall(
                "Training diverges although R1 is there.",
                "R1 alone, as many programs have it: the discriminator is flat on real images "
                "only. In the paper's ablation this diverges.",
                "Both penalties, R1 and R2.",
            ),
            _NORM_IN_CRITIC,
        ),
    ),
}
