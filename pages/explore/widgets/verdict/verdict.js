const WIDE = 560;
const HIGH = 200;
const TOP = 24; // room for the value above its line
const BOTTOM = 22; // and for the numbers of the axis
const CLASSES = 3; // that are named, of those that a critic gives probabilities
const boards = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";

const describe = (number) =>
  Math.abs(number) >= 1e5 ? number.toExponential(2) : String(Number(number.toPrecision(3)));
const percent = (share) => `${Math.round(100 * share)}%`;

function shape(name, attributes, words) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (words !== undefined) element.textContent = words;
  return element;
}

class Board extends Follower {
  what = "The verdict";
  said = null;
  drawn = 0;

  constructor(root) {
    super();
    this.root = this.waiting = root;
    root.dataset.drawn = 0;
    root.innerHTML = `
      <div class="layout">
        <div class="pictures">
          <figure><img alt="The picture that is judged" /><figcaption>The picture</figcaption></figure>
          <figure>
            <img alt="Where the verdict turns" />
            <figcaption>Where the verdict turns</figcaption>
          </figure>
          <figure>
            <img alt="Where the verdict turned before training" />
            <figcaption>The same before training</figcaption>
          </figure>
          <p class="colours">
            A <span class="lighter">lighter</span> or a <span class="darker">darker</span> pixel
            there would speak for real.
          </p>
        </div>
        <div class="among">
          <svg role="img" viewBox="0 0 ${WIDE} ${HIGH}"></svg>
          <div class="legend"></div>
          <p aria-live="polite"></p>
        </div>
      </div>
      <div class="message" aria-live="polite"></div>`;
    const find = (selector) => root.querySelector(selector);
    [this.picture, this.overlay, this.untrained] = root.querySelectorAll("img");
    this.chart = find("svg");
    this.legend = find(".legend");
    this.words = find(".among p");
    this.message = find(".message");
    this.follow = ({ detail }) => {
      if (this.data.url && detail.url === this.data.follows) this.ask(detail.body);
    };
    document.addEventListener("ganscope:point", this.follow);
  }

  destroy() {
    this.gone = true;
    document.removeEventListener("ganscope:point", this.follow);
    this.root.replaceChildren();
  }

  // The sliders may have moved on since the page was drawn: only what the page says anew counts.
  update(data) {
    const before = this.data;
    const same = (...keys) =>
      keys.every((key) => JSON.stringify(before?.[key]) === JSON.stringify(data[key]));
    const isNew = !same("said", "url", "point");
    this.data = data;
    this.root.style.setProperty("--size", `${data.size}px`);
    if (data.said) {
      this.asked = this.next = null;
      this.show(data.said);
    } else if (isNew) {
      this.ask(JSON.stringify(data.point));
    } else if (this.said) {
      this.show(this.said);
    }
  }

  read(response) {
    return response.json();
  }

  take(said) {
    this.show(said);
  }

  show(said) {
    this.said = said;
    this.picture.src = said.picture;
    this.overlay.src = said.overlay;
    this.untrained.src = said.untrained;
    this.chart.toggleAttribute("hidden", !this.data.histogram);
    if (this.data.histogram) this.drawChart(said.value);
    this.tell(said);
    this.root.dataset.drawn = ++this.drawn;
  }

  drawChart(value) {
    const { histogram, scale, colours } = this.data;
    const { low, high, bins } = histogram;
    const across = (number) => (WIDE * (Math.min(high, Math.max(low, number)) - low)) / (high - low);
    const names = Object.keys(bins);
    const shares = names.map((name) => {
      const total = bins[name].reduce((a, b) => a + b, 0) || 1;
      return bins[name].map((count) => count / total);
    });
    const most = Math.max(...shares.flat(), 1e-9);
    const floor = HIGH - BOTTOM;
    const parts = names.map((name, i) => {
      const step = WIDE / shares[i].length;
      const steps = shares[i].map((share, n) => {
        const y = floor - ((floor - TOP) * share) / most;
        return `L${n * step} ${y}H${(n + 1) * step}`;
      });
      const path = `M0 ${floor}${steps.join("")}L${WIDE} ${floor}Z`;
      return shape("path", { class: "bars", d: path, fill: colours[i], stroke: colours[i] });
    });
    parts.push(shape("line", { class: "axis", x1: 0, x2: WIDE, y1: floor, y2: floor }));
    parts.push(shape("text", { x: 0, y: HIGH - 5 }, describe(low)));
    parts.push(shape("text", { x: WIDE, y: HIGH - 5, "text-anchor": "end" }, describe(high)));
    parts.push(shape("text", { x: WIDE / 2, y: HIGH - 5, "text-anchor": "middle" }, scale.name));
    if (scale.level !== null) {
      const x = across(scale.level);
      parts.push(shape("line", { class: "level", x1: x, x2: x, y1: TOP, y2: floor }));
    }
    if (value !== null) {
      const x = across(value);
      parts.push(shape("line", { class: "here", x1: x, x2: x, y1: TOP - 4, y2: floor }));
      const anchor = x < 40 ? "start" : x > WIDE - 40 ? "end" : "middle";
      parts.push(shape("text", { x, y: TOP - 10, "text-anchor": anchor }, describe(value)));
    }
    this.chart.replaceChildren(...parts);
    const groups = names.map((name) => `${histogram.values[name].length} ${name}`).join(" and ");
    this.chart.setAttribute("aria-label", `${scale.name}, of ${groups}, from ${describe(low)} to ${describe(high)}`);
    this.legend.replaceChildren(
      ...names.map((name, i) => {
        const words = `${histogram.values[name].length} ${name}`;
        const key = Object.assign(document.createElement("span"), { textContent: words });
        key.style.setProperty("--colour", colours[i]);
        return key;
      }),
    );
    if (scale.level !== null) {
      const words = `${describe(scale.level)}, ${scale.level_words}`;
      this.legend.append(
        Object.assign(document.createElement("span"), { className: "dashes", textContent: words }),
      );
    }
  }

  tell({ value, classes }) {
    const { histogram, scale } = this.data;
    if (value === null) {
      this.words.textContent = "It gives no number: its weights are no numbers any more.";
      return;
    }
    const sentences = [`${scale.name}: ${describe(value)}.`];
    if (histogram) {
      const further = Object.entries(histogram.values).map(([name, values]) => {
        const count = values.filter((other) => (scale.real_is_high ? other > value : other < value));
        return `${percent(count.length / (values.length || 1))} of the ${name}`;
      });
      sentences.push(`It takes ${further.join(" and ")} for more real than this.`);
    }
    if (classes.length) {
      const named = classes
        .map((share, i) => [share, this.data.classes[i] ?? i])
        .sort(([a], [b]) => b - a)
        .slice(0, CLASSES)
        .map(([share, name]) => `${name} (${percent(share)})`);
      sentences.push(`Its second head names the class: ${named.join(", ")}.`);
    }
    this.words.textContent = sentences.join(" ");
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".verdict");
  let board = boards.get(root);
  if (!board) boards.set(root, (board = new Board(root)));
  board.update(data);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    boards.delete(root);
    board.destroy();
  };
}
