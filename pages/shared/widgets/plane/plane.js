const planes = new WeakMap();
const KEPT = 400; // frames that are remembered
const TRAILS = 12; // points that leave one
const TRAIL = 40; // places of it
const ARROW = 0.2; // of the plane, the longest
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const SPOKEN = 5000; // milliseconds between two announcements

const LAYERS = [
  ["landscape", "Discriminator's landscape", '<rect x="1" y="2" width="9" height="12" fill="GENERATED" opacity=".5"/><rect x="10" y="2" width="9" height="12" fill="REAL" opacity=".5"/>'],
  ["level", "Its decision line", '<path d="M1 13C8 13 12 3 19 3" fill="none" stroke="currentColor" stroke-width="2"/>'],
  ["real", "Real points", '<circle cx="10" cy="8" r="4" fill="REAL"/>'],
  ["generated", "Generated points", '<circle cx="10" cy="8" r="4" fill="GENERATED"/>'],
  ["arrows", "Where the generator is pushed", '<path d="M2 13 16 4m-6 0h6v5" fill="none" stroke="currentColor" stroke-width="1.5"/>'],
  ["sheet", "Generator's sheet", '<path d="M2 5l16-3v9L2 14zm0 4.500l16-3M8 3.900v9M13 2.900v9" fill="none" stroke="SHEET" stroke-width="1.2"/>'],
  ["trail", "Trail of a few points", '<path d="M2 12c4 0 4-7 8-7s3 5 7 5" fill="none" stroke="GENERATED" stroke-width="1.5"/><circle cx="17" cy="10" r="2" fill="GENERATED"/>'],
  ["modes", "Modes", '<circle cx="10" cy="8" r="5.500" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="3 2"/>'],
];
// What a reader switched on stays so from run to run.
const shown = { landscape: true, level: true, real: true, generated: true, arrows: false, sheet: false, trail: false, modes: true };

const brief = (value) => (value === 0 ? "0" : String(Number(value.toPrecision(3))));
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function whereabouts([x, y]) {
  const up = y > 0.25 ? "upper" : y < -0.25 ? "lower" : "";
  const aside = x > 0.25 ? "right" : x < -0.25 ? "left" : "";
  const place = [x, y].map((part) => (Math.abs(part) < 0.005 ? "0" : part.toFixed(2))).join(", ");
  return `${[up, aside].filter(Boolean).join(" ") || "middle"} (${place})`;
}

// Where a grid of values crosses a level, as segments [x0, y0, x1, y1] in cells (marching squares).
function contour(values, side, level) {
  const segments = [];
  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => [
        column + x, row + y, values[(row + y) * side + column + x] - level,
      ]);
      const cuts = [];
      corners.forEach(([x0, y0, a], i) => {
        const [x1, y1, b] = corners[(i + 1) % 4];
        if (a > 0 !== b > 0) {
          const share = a / (a - b);
          cuts.push(x0 + share * (x1 - x0), y0 + share * (y1 - y0));
        }
      });
      for (let i = 0; i + 3 < cuts.length; i += 4) segments.push(cuts.slice(i, i + 4));
    }
  }
  return segments;
}

const area = (a, b, c, d) =>
  Math.abs((c[0] - a[0]) * (d[1] - b[1]) - (d[0] - b[0]) * (c[1] - a[1])) / 2;

class Plane {
  frames = new Map(); // step -> frame
  trails = [];
  index = -1;
  following = true;
  playing = false;
  seen = 0;
  look = { y: 0, current: 0 };
  alive = true;
  spoken = 0;

  constructor(root) {
    this.root = root;
    root.innerHTML = `
      <div class="sides">
        <div>
          <div class="field"><canvas role="img"></canvas><div class="state"></div></div>
          <div class="time" role="group" aria-label="Time">
            <button type="button" class="play">Play</button>
            <input type="range" min="0" step="1" aria-label="Recorded step" />
            <output></output>
            <button type="button" class="now" aria-pressed="true">Now</button>
          </div>
          <div class="message" role="status"></div>
        </div>
        <div>
          <fieldset class="layers"><legend>Layers</legend></fieldset>
          <div class="looks"></div>
          <div class="scale">
            <div class="heading"></div>
            <div class="bar"><i></i></div>
            <div class="ends"><span></span><span></span></div>
            <p class="words"></p>
            <p class="arrow-words"></p>
            <p class="sheet-words"></p>
          </div>
          <div class="summary"><div class="heading">What is seen</div><p class="covered"></p><p class="says"></p></div>
          <div class="announcement" aria-live="polite"></div>
        </div>
      </div>`;
    for (const name of ["canvas", ".state", ".time", ".play", ".time input", "output", ".now", ".message", ".layers", ".looks", ".scale", ".bar", ".ends", ".words", ".arrow-words", ".sheet-words", ".covered", ".says", ".announcement"]) {
      const key = name.replace(".time input", "slider").replace(/^\./, "").replace(/-(\w)/, (_, c) => c.toUpperCase());
      this[key] = root.querySelector(name);
    }
    this.slider.oninput = () => this.scrub(Number(this.slider.value));
    this.now.onclick = () => this.toNow();
    this.play.onclick = () => (this.playing ? this.stop() : this.start());
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.onVisible = () => this.follow();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  destroy() {
    this.alive = false;
    this.asking?.abort();
    this.stop();
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.onVisible);
    this.root.replaceChildren();
  }

  update(data) {
    const isNew = data.name !== this.data?.name || data.version !== this.data?.version;
    const before = this.data;
    this.data = data;
    if (isNew) {
      this.frames.clear();
      this.trails = [];
      this.following = true;
      this.frame = null;
      this.stop();
    }
    if (isNew || Boolean(before?.live_url) !== Boolean(data.live_url)) this.seen = 0;
    if (data.real_url !== before?.real_url) this.loadReal();
    if (isNew || before?.reading.name !== data.reading.name) this.buildPanel();
    const last = data.steps.length - 1;
    this.slider.max = Math.max(last, 0);
    this.slider.disabled = last < 1;
    this.play.disabled = last < 1;
    this.now.hidden = this.looks.hidden = !data.live_url;
    this.now.setAttribute("aria-pressed", this.following);
    if (this.following) this.slider.value = Math.max(last, 0);
    if (!data.live_url && this.following && last >= 0 && this.frame?.step !== data.steps[last]) this.showKept(last);
    if (!data.live_url && last < 0) this.message.textContent = "No frames of this run were kept.";
    this.follow();
    this.draw();
  }

  buildPanel() {
    const { classes, colors, modes, reading } = this.data;
    const icon = (drawing) =>
      `<svg viewBox="0 0 20 16" aria-hidden="true">${drawing.replaceAll("REAL", colors.real).replaceAll("GENERATED", colors.generated).replaceAll("SHEET", colors.sheet)}</svg>`;
    const boxes = LAYERS.filter(([name]) => name !== "modes" || modes.length).map(([name, title, drawing]) => {
      const label = document.createElement("label");
      label.innerHTML = `<input type="checkbox">${icon(drawing)}<span></span>`;
      label.querySelector("span").textContent = title;
      const box = label.querySelector("input");
      box.checked = shown[name];
      box.name = name;
      box.onchange = () => {
        shown[name] = box.checked;
        this.draw();
      };
      return label;
    });
    this.layers.replaceChildren(this.layers.querySelector("legend"), ...boxes);
    this.scale.querySelector(".heading").textContent = reading.name;
    const order = reading.real_is_high ? [colors.generated, colors.real] : [colors.real, colors.generated];
    const tint = (color) => `color-mix(in srgb, ${color} 60%, transparent)`;
    this.bar.dataset.order = order.map(tint).join();
    this.buildLooks(classes);
  }

  // What can only be chosen while it trains: recorded frames are as they were made.
  buildLooks(classes) {
    const choice = (title, options, key) => {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.append(...options.map((text, value) => new Option(text, value, false, value === this.look[key])));
      select.onchange = () => {
        this.look[key] = Number(select.value);
        this.toNow();
      };
      label.append(title, select);
      return label;
    };
    this.looks.replaceChildren(choice("Generator", ["averaged", "as it is now"], "current"));
    if (classes.length) this.looks.append(choice("Landscape and sheet of class", classes, "y"));
  }

  async loadReal() {
    this.real = null;
    const url = this.data.real_url;
    if (!url) return;
    try {
      const answer = await fetch(url);
      if (answer.ok && url === this.data.real_url) this.real = unpackPoints(await answer.arrayBuffer());
      this.draw();
    } catch {
      this.message.textContent = "The real points could not be loaded.";
    }
  }

  // Fetches the newest frames again and again, for as long as it trains, is looked at and followed.
  async follow() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    const goesOn = () => this.alive && this.data.live_url && this.following && !document.hidden;
    while (goesOn()) {
      const asked = performance.now();
      const { live_url } = this.data;
      const { y, current } = this.look;
      this.asking = new AbortController();
      const { signal } = this.asking;
      try {
        const answer = await fetch(`${live_url}?seen=${this.seen}&y=${y}&current=${current}`, { cache: "no-store", signal });
        if (!answer.ok) await wait(1000);
        else {
          for await (const frame of framesOf(answer.body.getReader())) {
            if (signal.aborted || !goesOn() || live_url !== this.data.live_url) break;
            this.seen = frame.number;
            this.message.textContent = "";
            this.show(frame);
            if (CALM.matches) break;
          }
        }
      } catch {
        if (!signal.aborted) {
          this.message.textContent = "The newest frame could not be fetched; trying again.";
          await wait(1000);
        }
      }
      const pause = (CALM.matches ? 1000 : 30) - (performance.now() - asked);
      if (pause > 0) await wait(pause);
    }
    this.isFollowing = false;
  }

  toNow() {
    this.stop();
    this.following = true;
    this.now.setAttribute("aria-pressed", true);
    this.slider.value = this.slider.max;
    if (this.data.live_url) {
      this.seen = 0;
      this.asking?.abort();
      this.follow();
    } else this.showKept(this.data.steps.length - 1);
  }

  scrub(index) {
    this.stop();
    this.leaveNow();
    this.showKept(index);
  }

  leaveNow() {
    this.following = !this.data.live_url && Number(this.slider.value) === this.data.steps.length - 1;
    this.now.setAttribute("aria-pressed", this.following);
  }

  async kept(index) {
    const step = this.data.steps[index];
    const known = this.frames.get(step);
    if (known) return known;
    const { name, frames_url, version } = this.data;
    const answer = await fetch(`${frames_url}${step}?v=${version}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const frame = unpackFrame(await answer.arrayBuffer());
    if (name === this.data.name && version === this.data.version) {
      if (this.frames.size >= KEPT) this.frames.delete(this.frames.keys().next().value);
      this.frames.set(step, frame);
    }
    return frame;
  }

  async showKept(index) {
    this.index = index;
    this.slider.value = index;
    this.tell(this.data.steps[index]);
    try {
      const frame = await this.kept(index);
      if (this.index === index && !(this.following && this.data.live_url)) {
        this.message.textContent = "";
        this.show(frame);
      }
    } catch {
      if (this.index === index) this.message.textContent = "This frame could not be loaded.";
    }
  }

  async start() {
    this.playing = true;
    this.play.textContent = "Pause";
    const last = () => this.data.steps.length - 1;
    let index = Number(this.slider.value);
    if (index >= last()) index = -1;
    this.following = false;
    this.now.setAttribute("aria-pressed", false);
    while (this.playing && this.alive && index < last()) {
      index += 1;
      const begun = performance.now();
      await this.showKept(index);
      if (index < last()) this.kept(index + 1).catch(() => {});
      await wait(Math.max(0, (CALM.matches ? 700 : 70) - (performance.now() - begun)));
    }
    if (this.playing) this.stop();
  }

  stop() {
    this.playing = false;
    this.play.textContent = "Play";
  }

  tell(step) {
    const text = `step ${step.toLocaleString("en-US")}`;
    this.output.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  show(frame) {
    if (this.trails.length && frame.step < this.trails.at(-1).step) this.trails = [];
    this.trails.push({ step: frame.step, points: frame.points.subarray(0, 2 * TRAILS) });
    if (this.trails.length > TRAIL) this.trails.shift();
    this.frame = frame;
    this.tell(frame.step);
    this.describe();
    this.draw();
  }

  describe() {
    const { frame, data } = this;
    const { reading, modes, classes } = data;
    const where = frame.averaged ? "averaged generator" : "generator as it is";
    this.state.textContent = `step ${frame.step.toLocaleString("en-US")} · ${where}`;
    const [left, right] = this.ends.children;
    const [low, high] = reading.bounds ?? [frame.low, frame.high];
    const span = high - low || 1;
    left.textContent = `${brief(low)}, ${reading.real_is_high ? "generated" : "real"}`;
    right.textContent = `${brief(high)}, ${reading.real_is_high ? "real" : "generated"}`;
    const share = Math.min(1, Math.max(0, (frame.level - low) / span));
    const [first, second] = this.bar.dataset.order.split(/,(?=color-mix)/);
    this.bar.style.background = `linear-gradient(90deg, ${first}, transparent ${100 * share}%, ${second})`;
    this.bar.firstElementChild.style.left = `calc(${100 * share}% - 1px)`;
    const told = classes.length && frame.label >= 0 ? ` Landscape and sheet are those of class ${classes[frame.label]}, whose points stand out.` : "";
    this.words.textContent = `${reading.words} The line is at ${brief(frame.level)}, ${reading.level_words}.${told}`;
    this.arrowWords.textContent = `Arrows: the negative gradient of the generator's loss at its points; the longest is ${brief(frame.longest)}.`;
    this.sheetWords.textContent = "Sheet: a regular grid of z and where it goes; paler where it is stretched.";

    const missing = modes.filter((_, i) => !frame.covered[i]);
    const places = missing.slice(0, 4).map(whereabouts).join("; ");
    const more = missing.length > 4 ? `; and ${missing.length - 4} more` : "";
    this.covered.hidden = !frame.covered.length;
    this.covered.textContent = frame.covered.length
      ? `${frame.covered.length - missing.length} of ${frame.covered.length} modes covered, ` +
        `${Math.round(100 * frame.near)}% of the points near one.${missing.length ? ` Missing: ${places}${more}.` : ""}`
      : "";
    const apart = Math.abs(frame.onReal - frame.onGenerated) / span;
    this.says.textContent =
      `On average the discriminator gives real points ${brief(frame.onReal)} and generated points ${brief(frame.onGenerated)}` +
      `${apart < 0.03 ? ": it hardly tells them apart" : ""}.`;
    const text = `Step ${frame.step}. ${this.covered.textContent} ${this.says.textContent}`;
    this.canvas.setAttribute("aria-label", `Plane of ${data.name}. ${text}`);
    this.announce(text);
  }

  // What a screen reader says follows at its own pace, and ends with what is shown last.
  announce(text) {
    clearTimeout(this.speaking);
    const speak = () => {
      this.spoken = performance.now();
      this.announcement.textContent = text;
    };
    const due = this.spoken + SPOKEN - performance.now();
    if (due <= 0) speak();
    else this.speaking = setTimeout(speak, due);
  }

  draw() {
    const { canvas, data } = this;
    const size = canvas.clientWidth;
    if (!size || !data) return;
    const scale = window.devicePixelRatio || 1;
    const side = Math.round(size * scale);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, size, size);
    const style = getComputedStyle(this.root);
    this.ink = style.color;
    this.paper = style.getPropertyValue("--st-background-color") || "#fff";
    // On a dark page the colours of points are lightened, so that they stand out from the landscape.
    const ink = this.ink.match(/\d+/g).slice(0, 3).map(Number);
    const isDark = ink[0] + ink[1] + ink[2] > 384;
    this.bright = (color) => (isDark ? `color-mix(in srgb, ${color} 60%, white)` : color);
    this.arrowWords.hidden = !shown.arrows;
    this.sheetWords.hidden = !shown.sheet;
    this.place = (x, y) => [((x / data.extent + 1) / 2) * size, ((1 - y / data.extent) / 2) * size];
    const { frame } = this;
    if (frame && shown.landscape) this.drawLandscape(context, size);
    if (frame && shown.sheet) this.drawSheet(context);
    if (frame && shown.level) this.drawLevel(context);
    if (shown.real && this.real) this.drawPoints(context, this.real, data.colors.real, 1.7);
    if (frame && shown.trail) this.drawTrails(context);
    if (frame && shown.generated) this.drawPoints(context, frame.points, data.colors.generated, 2.6, true);
    if (frame && shown.arrows) this.drawArrows(context);
    if (shown.modes) this.drawModes(context);
    context.globalAlpha = 1;
  }

  drawLandscape(context, size) {
    const { side, landscape, low, high, level } = this.frame;
    const { colors, reading } = this.data;
    const [least, most] = reading.bounds ?? [low, high];
    const farthest = Math.max(most - level, level - least) || 1;
    const parts = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    const above = parts(reading.real_is_high ? colors.real : colors.generated);
    const below = parts(reading.real_is_high ? colors.generated : colors.real);
    this.map ??= document.createElement("canvas");
    this.map.width = this.map.height = side;
    const mapContext = this.map.getContext("2d");
    const image = mapContext.createImageData(side, side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const value = (landscape[row * side + column] - level) / farthest;
        const at = 4 * ((side - 1 - row) * side + column);
        image.data.set(value > 0 ? above : below, at);
        image.data[at + 3] = 150 * Math.min(1, Math.abs(value));
      }
    }
    mapContext.putImageData(image, 0, 0);
    // The values stand at the corners of the plane, not at the middles of its outermost cells.
    const half = size / (side - 1) / 2;
    context.imageSmoothingEnabled = true;
    context.drawImage(this.map, -half, -half, size + 2 * half, size + 2 * half);
  }

  drawLevel(context) {
    const { side, landscape, level } = this.frame;
    const { extent } = this.data;
    const at = (cell) => (2 * cell) / (side - 1) - 1;
    context.beginPath();
    for (const [x0, y0, x1, y1] of contour(landscape, side, level)) {
      context.moveTo(...this.place(extent * at(x0), extent * at(y0)));
      context.lineTo(...this.place(extent * at(x1), extent * at(y1)));
    }
    context.globalAlpha = 0.8;
    context.strokeStyle = this.ink;
    context.lineWidth = 1.5;
    context.stroke();
  }

  drawPoints(context, points, color, radius, ofClasses = false) {
    const { classes } = this.data;
    const label = ofClasses && classes.length ? this.frame.label : -1;
    context.fillStyle = this.bright(color);
    context.strokeStyle = this.paper;
    context.lineWidth = 0.75;
    for (let i = 0; i < points.length / 2; i++) {
      context.globalAlpha = label < 0 || i % classes.length === label ? 0.9 : 0.35;
      context.beginPath();
      context.arc(...this.place(points[2 * i], points[2 * i + 1]), radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  drawArrows(context) {
    const { points, arrows, longest } = this.frame;
    if (!longest) return;
    context.globalAlpha = 0.85;
    context.strokeStyle = this.ink;
    context.lineWidth = 1.2;
    context.beginPath();
    for (let i = 0; i < arrows.length / 2; i++) {
      const [dx, dy] = [arrows[2 * i], arrows[2 * i + 1]].map((part) => (ARROW * part) / longest);
      const [x0, y0] = this.place(points[2 * i], points[2 * i + 1]);
      const [x1, y1] = this.place(points[2 * i] + dx, points[2 * i + 1] + dy);
      const angle = Math.atan2(y1 - y0, x1 - x0);
      const head = Math.min(5, Math.hypot(x1 - x0, y1 - y0) / 2);
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      for (const turn of [2.6, -2.6]) {
        context.moveTo(x1, y1);
        context.lineTo(x1 + head * Math.cos(angle + turn), y1 + head * Math.sin(angle + turn));
      }
    }
    context.stroke();
  }

  drawSheet(context) {
    const { sheet, rows, columns } = this.frame;
    const at = (row, column) => [0, 1].map((axis) => sheet[2 * (row * columns + column) + axis]);
    context.fillStyle = context.strokeStyle = this.data.colors.sheet;
    context.lineWidth = rows === 1 ? 3 : 0.75;
    const cells = [];
    for (let row = 0; row < Math.max(1, rows - 1); row++) {
      for (let column = 0; column < columns - 1; column++) {
        const corners = rows === 1
          ? [at(0, column), at(0, column + 1)]
          : [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
        const [a, b] = corners;
        cells.push([corners, rows === 1 ? Math.hypot(b[0] - a[0], b[1] - a[1]) : area(...corners)]);
      }
    }
    const usual = cells.reduce((sum, [, stretch]) => sum + stretch, 0) / cells.length || 1;
    for (const [corners, stretch] of cells) {
      context.beginPath();
      corners.forEach(([x, y]) => context.lineTo(...this.place(x, y)));
      const squeezed = 1 / (1 + stretch / usual);
      if (rows > 1) {
        context.closePath();
        context.globalAlpha = 0.5 * squeezed;
        context.fill();
        context.globalAlpha = 0.5;
      } else context.globalAlpha = 0.2 + 0.8 * squeezed;
      context.stroke();
    }
  }

  drawTrails(context) {
    context.strokeStyle = this.bright(this.data.colors.generated);
    context.lineWidth = 1.5;
    for (let moment = 1; moment < this.trails.length; moment++) {
      const [before, after] = [this.trails[moment - 1].points, this.trails[moment].points];
      context.globalAlpha = (0.9 * moment) / this.trails.length;
      context.beginPath();
      for (let i = 0; i < before.length; i += 2) {
        context.moveTo(...this.place(before[i], before[i + 1]));
        context.lineTo(...this.place(after[i], after[i + 1]));
      }
      context.stroke();
    }
  }

  drawModes(context) {
    const { modes, deviation, extent } = this.data;
    const radius = Math.max(4, (3 * deviation * this.canvas.clientWidth) / (2 * extent));
    context.strokeStyle = this.ink;
    modes.forEach(([x, y], i) => {
      const isMissing = this.frame && !this.frame.covered[i];
      context.globalAlpha = isMissing ? 1 : 0.35;
      context.lineWidth = isMissing ? 2 : 1;
      context.setLineDash(isMissing ? [] : [3, 3]);
      context.beginPath();
      context.arc(...this.place(x, y), radius, 0, 2 * Math.PI);
      context.stroke();
    });
    context.setLineDash([]);
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".plane");
  let plane = planes.get(root);
  if (!plane) planes.set(root, (plane = new Plane(root)));
  plane.update(data);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    planes.delete(root);
    plane.destroy();
  };
}
