const COMMIT_AFTER_MS = 250;
const panels = new WeakMap();

// Whole multiples of a small picture keep its pixels square; a large one is shrunk smoothly.
function fit(canvas, size) {
  const times = Math.floor(size / canvas.width);
  canvas.style.width = `${times >= 2 ? times * canvas.width : size}px`;
  canvas.style.imageRendering = canvas.width > size ? "auto" : "pixelated";
}

const urlsOf = (pictures) => pictures.map(({ url }) => url).join(" ");

// A vector as vector_files.to_text writes it.
function numbersOf(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new Float32Array(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)).buffer);
}

async function fetchPicture(url, body) {
  const response = await post(url, body, "The picture");
  return createImageBitmap(await response.blob()).catch(() => {
    throw new Error("The picture could not be read.");
  });
}

class Panel {
  rows = [];
  figures = [];
  pictures = 0;
  busy = false;
  asked = null;
  next = null;
  locals = null; // the generator of each picture, where the browser draws them

  constructor(root) {
    this.root = root;
    root.dataset.pictures = 0;
    root.innerHTML = `
      <div class="layout">
        <div>
          <div class="pictures"></div>
          <div class="message" aria-live="polite"></div>
        </div>
        <div class="side">
          <button type="button">Reset sliders</button>
          <div class="sliders" role="group" aria-label="Directions"></div>
        </div>
      </div>`;
    const find = (selector) => root.querySelector(selector);
    this.frames = find(".pictures");
    this.message = find(".message");
    this.sliders = find(".sliders");
    this.side = find(".side");
    find("button").onclick = (event) => {
      for (const row of this.rows) this.move(row, row.home);
      this.ask(event.timeStamp);
      this.commitSoon();
    };
    this.sliders.oninput = (event) => {
      const row = this.rows.find(({ input }) => input === event.target);
      this.move(row, row.input.valueAsNumber);
      this.ask(event.timeStamp);
    };
    this.sliders.onchange = () => this.commitSoon();
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.root.replaceChildren();
  }

  update(data, setStateValue) {
    const revised = data.revision !== this.data?.revision;
    const sameRows = JSON.stringify(data.directions) === JSON.stringify(this.data?.directions);
    this.data = data;
    this.setStateValue = setStateValue;
    if (revised) clearTimeout(this.timer);
    if (revised || !sameRows) this.buildSliders(revised);
    this.root.style.setProperty("--size", `${data.size}px`);
    this.root.style.setProperty("--count", data.pictures.length);
    this.root.classList.toggle("several", data.pictures.length > 1);
    this.buildFigures();
    this.findLocals();
    this.ask();
  }

  // Until they are there, and where they are not quick, the server draws.
  async findLocals() {
    const { pictures, script } = this.data;
    const programs = pictures.map(({ program }) => program).join(" ");
    if (programs === this.programs) return;
    this.programs = programs;
    this.locals = null;
    this.root.dataset.drawn = "server";
    if (!pictures.every(({ program }) => program)) return;
    const locals = await Promise.all(pictures.map(({ program }) => localGenerator(script, program)));
    if (this.gone || programs !== this.programs || !locals.every(Boolean)) return;
    this.locals = locals;
    this.root.dataset.drawn = "here";
  }

  buildFigures() {
    const { pictures, size } = this.data;
    while (this.figures.length > pictures.length) this.figures.pop().element.remove();
    while (this.figures.length < pictures.length) this.figures.push(this.newFigure());
    if (this.pictures) for (const { canvas } of this.figures) fit(canvas, size);
  }

  newFigure() {
    const element = document.createElement("figure");
    element.innerHTML = `<canvas role="img" aria-label="Generated picture" width="1" height="1"></canvas>
      <figcaption hidden></figcaption>`;
    this.frames.append(element);
    const [canvas, caption] = element.children;
    return { element, canvas, caption };
  }

  // Keeps the elements, so that a slider in the reader's hand is not taken away.
  buildSliders(revised) {
    const { directions } = this.data;
    const values = new Map(this.rows.map(({ index, value }) => [index, value]));
    while (this.rows.length > directions.length) this.rows.pop().element.remove();
    directions.forEach(({ index, label, min, max, step, value, home, vector }, i) => {
      const row = (this.rows[i] ??= this.newRow());
      Object.assign(row, { index, home, vector: numbersOf(vector), digits: (String(step).split(".")[1] ?? "").length });
      row.label.textContent = label;
      row.input.setAttribute("aria-label", label);
      Object.assign(row.input, { min, max, step });
      this.move(row, revised ? value : (values.get(index) ?? value));
    });
    this.side.hidden = directions.length === 0;
  }

  newRow() {
    const element = document.createElement("div");
    element.className = "row";
    element.innerHTML = `<span class="label"></span><output></output><input type="range" />`;
    this.sliders.append(element);
    const [label, output, input] = element.children;
    return { element, label, output, input };
  }

  // The slider rounds to its step; the value itself stays as given, so that a saved point comes back.
  move(row, value) {
    row.input.value = value;
    row.value = value;
    row.output.textContent = row.value.toFixed(row.digits);
  }

  commitSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const values = this.rows.map(({ value }) => value);
      this.setStateValue("coordinates", { revision: this.data.revision, values });
    }, COMMIT_AFTER_MS);
  }

  // One position at a time; of those that went by meanwhile only the newest is asked for.
  ask(since = null) {
    const { pictures, base, basis, truncation, revision } = this.data;
    const coordinates = Object.fromEntries(this.rows.map(({ index, value }) => [index, value]));
    const body = JSON.stringify({ base, basis, truncation, coordinates });
    const wish = `${urlsOf(pictures)} ${revision} ${body}`;
    if (wish === this.asked) return;
    this.asked = wish;
    // For what follows the sliders elsewhere on the page.
    const detail = { url: pictures[0].url, body };
    document.dispatchEvent(new CustomEvent("ganscope:point", { detail }));
    if (this.locals) return this.drawHere(since);
    this.frames.ariaBusy = "true";
    this.next = { pictures, body, revision, wish, since };
    if (!this.busy) this.fetchNext();
  }

  // The latent vector that the sliders stand for, as gan_core.latent.points.latent_point has it.
  point() {
    const { base, basis, truncation } = this.data;
    const point = Float32Array.from(base);
    for (const { index, value, vector } of this.rows) {
      if (basis === "raw") point[index] = value;
      else for (let i = 0; i < point.length; i++) point[i] += value * vector[i];
    }
    return point.map((value) => value * truncation);
  }

  drawHere(since) {
    const { pictures } = this.data;
    const point = this.point();
    const answers = this.locals.map(({ draw }, i) => ({ value: draw(point, pictures[i].class) }));
    this.next = null;
    this.superseded = true; // an answer that is still on its way is of an earlier position
    this.drawAll(pictures, answers, since);
    this.frames.ariaBusy = "false";
  }

  async fetchNext() {
    this.busy = true;
    while (this.next) {
      const { pictures, body, revision, wish, since } = this.next;
      this.next = null;
      this.superseded = false;
      const answers = await Promise.allSettled(pictures.map(({ url }) => fetchPicture(url, body)));
      if (this.gone) return;
      const current = revision === this.data.revision && urlsOf(pictures) === urlsOf(this.data.pictures);
      if (current && !this.superseded) this.drawAll(pictures, answers, since);
      for (const { value } of answers) value?.close();
      // Forgotten, so that the next update asks again.
      if (this.asked === wish && answers.some(({ reason }) => reason)) this.asked = null;
    }
    this.busy = false;
    this.frames.ariaBusy = "false";
  }

  // All in one frame of the screen, so that pictures side by side are of the same position.
  drawAll(pictures, answers, since) {
    const { root } = this;
    const errors = [];
    answers.forEach(({ value, reason }, i) => {
      const { label } = pictures[i];
      if (value) this.draw(this.figures[i], value, label);
      else errors.push(label ? `${label}: ${reason.message}` : reason.message);
    });
    if (errors.length === 0 || !this.next) this.message.textContent = errors.join(" ");
    if (errors.length === answers.length) return;
    root.dataset.pictures = ++this.pictures;
    if (since !== null) root.dataset.latencyMs = (performance.now() - since).toFixed(1);
  }

  // The name comes with the picture that it names.
  draw({ canvas, caption }, picture, label) {
    canvas.width = picture.width;
    canvas.height = picture.height;
    const context = canvas.getContext("2d");
    if (picture instanceof ImageData) context.putImageData(picture, 0, 0);
    else context.drawImage(picture, 0, 0);
    fit(canvas, this.data.size);
    canvas.setAttribute("aria-label", label ? `Generated picture, ${label}` : "Generated picture");
    caption.textContent = label;
    caption.hidden = !label;
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".panel");
  let panel = panels.get(root);
  if (!panel) panels.set(root, (panel = new Panel(root)));
  panel.update(data, setStateValue);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    panels.delete(root);
    panel.destroy();
  };
}
