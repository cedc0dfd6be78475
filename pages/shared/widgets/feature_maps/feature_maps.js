const CELL = 36; // pixels that a map of a strip is high, about
const ALONE = 56; // where a layer has but one
const MOST = 14; // screen pixels for one of a map's
const GAP = 2;
const LARGE = 224;
const boards = new WeakMap();

function timesFor([count, high, wide]) {
  const times = Math.round((count > 1 ? CELL : ALONE) / high);
  return Math.max(1, Math.min(times, MOST, Math.floor(560 / wide)));
}

// The maps of a layer below one another, a pixel a number.
function sheetOf(bytes, [count, high, wide]) {
  const canvas = new OffscreenCanvas(wide, count * high);
  const image = new ImageData(wide, count * high);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < bytes.length; i++) pixels[i] = 0xff000000 | (bytes[i] * 0x010101);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

class Board extends Follower {
  what = "The feature maps";
  rows = [];
  chosen = { row: 0, map: 0 };
  drawn = 0;

  constructor(root) {
    super();
    this.root = root;
    root.dataset.drawn = 0;
    root.innerHTML = `
      <div class="layout">
        <div class="strips" role="group" aria-label="Layers"></div>
        <div class="large">
          <canvas role="img" width="1" height="1"></canvas>
          <div>
            <div class="kind"></div>
            <div class="quiet words"></div>
            <dl></dl>
          </div>
        </div>
      </div>
      <div class="message" aria-live="polite"></div>`;
    const find = (selector) => root.querySelector(selector);
    this.strips = this.waiting = find(".strips");
    this.large = find(".large canvas");
    this.kind = find(".kind");
    this.words = find(".words");
    this.facts = find("dl");
    this.message = find(".message");
    this.follow = ({ detail }) => {
      if (detail.url === this.data.follows) this.ask(detail.body);
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
    const same = (key) => JSON.stringify(before?.[key]) === JSON.stringify(data[key]);
    const sameLayers = same("layers");
    const isNew = !(same("point") && same("url"));
    this.data = data;
    if (!sameLayers) this.build();
    if (isNew) this.ask(JSON.stringify(data.point));
  }

  build() {
    this.maps = null;
    this.rows = this.data.layers.map((layer, i) => this.newRow(layer, i));
    this.strips.replaceChildren(...this.rows.map(({ element }) => element));
    this.chosen = { row: this.rows.length - 1, map: 0 };
  }

  newRow(layer, index) {
    const { kind, words, shape, maps } = layer;
    const [count, high, wide] = maps;
    const times = timesFor(maps);
    const element = document.createElement("div");
    element.innerHTML = `
      <div class="head"><span></span><span></span></div>
      <div class="strip" role="slider" tabindex="0" aria-valuemin="1">
        <div class="sheet"><canvas aria-hidden="true"></canvas><div class="mark" hidden></div></div>
      </div>`;
    const [name, size] = element.querySelectorAll("span");
    name.textContent = kind;
    size.textContent = shape;
    const strip = element.querySelector(".strip");
    strip.setAttribute("aria-label", `${kind}, ${words}; output ${shape}`);
    strip.setAttribute("aria-valuemax", count);
    const canvas = element.querySelector("canvas");
    const step = wide * times + GAP;
    canvas.width = count * step - GAP;
    canvas.height = high * times;
    const row = { element, layer, strip, canvas, mark: element.querySelector(".mark"), times, step };
    this.tell(row, 0);
    strip.onpointermove = strip.onpointerdown = ({ clientX }) => {
      const x = clientX - canvas.getBoundingClientRect().left;
      this.choose(index, Math.floor(x / step));
    };
    strip.onfocus = () => {
      if (this.chosen.row !== index && strip.matches(":focus-visible")) this.choose(index, row.map);
    };
    strip.onkeydown = (event) => {
      const to = {
        ArrowRight: row.map + 1,
        ArrowUp: row.map + 1,
        ArrowLeft: row.map - 1,
        ArrowDown: row.map - 1,
        Home: 0,
        End: count - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.choose(index, to);
      const left = row.map * step;
      if (left < strip.scrollLeft) strip.scrollLeft = left;
      const right = left + step + 2 * GAP - strip.clientWidth;
      if (right > strip.scrollLeft) strip.scrollLeft = right;
    };
    return row;
  }

  tell(row, map) {
    row.map = map;
    row.strip.setAttribute("aria-valuenow", map + 1);
    row.strip.setAttribute("aria-valuetext", `map ${map + 1} of ${row.layer.maps[0]}`);
  }

  choose(index, map) {
    const row = this.rows[index];
    const last = row.layer.maps[0] - 1;
    this.chosen = { row: index, map: Math.max(0, Math.min(last, map)) };
    this.tell(row, this.chosen.map);
    this.showLarge();
  }

  read(response) {
    return response.arrayBuffer();
  }

  take(content) {
    const sizes = this.rows.map(({ layer }) => layer.maps.reduce((a, b) => a * b));
    let start = 8 * sizes.length;
    if (content.byteLength !== start + sizes.reduce((a, b) => a + b, 0)) {
      throw new Error("The feature maps are of another network; load the page again.");
    }
    const ends = new DataView(content);
    this.rows.forEach((row, i) => {
      row.low = ends.getFloat32(8 * i, true);
      row.high = ends.getFloat32(8 * i + 4, true);
      row.sheet = sheetOf(new Uint8Array(content, start, sizes[i]), row.layer.maps);
      start += sizes[i];
      this.drawStrip(row);
    });
    this.root.dataset.drawn = ++this.drawn;
    this.showLarge();
  }

  drawStrip({ canvas, sheet, layer, times, step }) {
    const [count, high, wide] = layer.maps;
    const brush = canvas.getContext("2d");
    brush.imageSmoothingEnabled = false;
    for (let i = 0; i < count; i++) {
      brush.drawImage(sheet, 0, i * high, wide, high, i * step, 0, wide * times, high * times);
    }
  }

  showLarge() {
    const { row: index, map } = this.chosen;
    const row = this.rows[index];
    this.rows.forEach(({ mark }, i) => (mark.hidden = i !== index));
    row.mark.style.left = `${map * row.step}px`;
    row.mark.style.width = `${row.step - GAP + 6}px`;
    if (!row.sheet) return;
    const { kind, words, shape, parameters, maps } = row.layer;
    const [count, high, wide] = maps;
    const times = Math.max(1, Math.floor(LARGE / Math.max(high, wide)));
    this.large.width = wide * times;
    this.large.height = high * times;
    const brush = this.large.getContext("2d");
    brush.imageSmoothingEnabled = false;
    brush.drawImage(row.sheet, 0, map * high, wide, high, 0, 0, wide * times, high * times);
    this.large.setAttribute("aria-label", `Map ${map + 1} of ${count}, ${kind}, ${words}`);
    this.kind.textContent = kind;
    this.words.textContent = words;
    const facts = {
      Output: shape,
      Parameters: parameters ? parameters.toLocaleString("en") : "none",
      Map: `${map + 1} of ${count.toLocaleString("en")}`,
      Black: row.low.toPrecision(3),
      White: row.high.toPrecision(3),
    };
    this.facts.replaceChildren(
      ...Object.entries(facts).flatMap(([name, text]) => [
        Object.assign(document.createElement("dt"), { textContent: name }),
        Object.assign(document.createElement("dd"), { textContent: text }),
      ]),
    );
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".maps");
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
