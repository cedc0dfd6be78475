const AT_ONCE = 4;
const NEARBY = 3;
const players = new WeakMap();

const ICONS = {
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 2.5h3v11H4zm5 0h3v11H9z",
  loop: "M4.5 3H11a3 3 0 0 1 3 3v1.5h-1.5V6A1.5 1.5 0 0 0 11 4.5H4.5V7L1 3.75 4.5.5zm7 10H5a3 3 0 0 1-3-3V8.5h1.5V10A1.5 1.5 0 0 0 5 11.5h6.5V9L15 12.25 11.5 15.5z",
};
const icon = (name) =>
  `<svg viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`;

// The last index of a rising list whose value is at most `at`, or -1.
function lastUpTo(values, at) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Whole multiples of a small picture keep its pixels square; a large one is shrunk smoothly.
function fit(canvas, size) {
  const times = Math.floor(size / canvas.width);
  canvas.style.width = `${times >= 2 ? times * canvas.width : size}px`;
  canvas.style.imageRendering = canvas.width > size ? "auto" : "pixelated";
}

// As wide together as the canvas below, so that each name stands above its column.
function showColumns(row, names) {
  row.hidden = names.length === 0;
  if ([...row.children].map((cell) => cell.textContent).join() === names.join()) return;
  row.replaceChildren(
    ...names.map((name) => Object.assign(document.createElement("span"), { textContent: name, title: name })),
  );
}

class Player {
  images = new Map(); // url -> decoded image, or the promise of one
  queue = [];
  loading = 0;
  moments = [];
  index = -1;
  playing = false;
  looping = false;

  constructor(root) {
    this.root = root;
    root.innerHTML = `
      <div class="tracks"></div>
      <div class="controls" hidden>
        <button type="button" class="play"></button>
        <button type="button" class="loop" aria-label="Loop" title="Loop" aria-pressed="false">${icon("loop")}</button>
        <input type="range" min="0" step="1" />
        <output></output>
      </div>
      <div class="message" aria-live="polite"></div>`;
    const find = (selector) => root.querySelector(selector);
    this.tracksElement = find(".tracks");
    this.controls = find(".controls");
    this.playButton = find(".play");
    this.loopButton = find(".loop");
    this.slider = find("input");
    this.output = find("output");
    this.message = find(".message");

    this.playButton.onclick = () => (this.playing ? this.pause() : this.play());
    this.loopButton.onclick = () => {
      this.looping = !this.looping;
      this.loopButton.setAttribute("aria-pressed", this.looping);
    };
    this.slider.oninput = () => {
      this.pause();
      this.show(Number(this.slider.value));
    };
    this.showPlayButton();
  }

  destroy() {
    this.pause();
    this.queue = [];
    this.root.replaceChildren();
  }

  update(data) {
    const first = this.data === undefined;
    const atEnd = this.index === this.moments.length - 1 && !this.playing;
    const at = this.moments[this.index];
    this.data = data;
    this.takeDrawn(data.drawn);

    this.buildTracks();
    const ats = data.tracks.flatMap((track) => track.frames.map((frame) => frame.at));
    this.moments = [...new Set(ats)].sort((a, b) => a - b);
    const last = this.moments.length - 1;
    if (last < 1) this.pause();
    this.slider.max = Math.max(last, 0);
    this.slider.setAttribute("aria-label", data.label);
    this.controls.hidden = !data.controls || (last < 1 && !data.follow);
    // A second picture is to come: what lies below would move if the controls came with it.
    this.controls.classList.toggle("to-come", last < 1);
    this.message.textContent = last < 0 ? "No pictures yet." : "";

    const toEnd = data.follow && (first || atEnd || at === undefined);
    this.show(toEnd ? last : Math.max(0, lastUpTo(this.moments, at ?? -Infinity)));
  }

  // Pictures that the browser draws have new addresses once they are drawn from something else.
  takeDrawn(drawn) {
    if (JSON.stringify(drawn) === JSON.stringify(this.drawing?.told ?? null)) return;
    this.drawing = drawn && new DrawnPictures(drawn);
    for (const url of this.images.keys()) if (isDrawn(url)) this.images.delete(url);
    for (const track of this.tracks ?? []) track.drawn = null;
  }

  buildTracks() {
    const { tracks, size } = this.data;
    this.tracks ??= [];
    while (this.tracks.length > tracks.length) this.tracks.pop().element.remove();
    tracks.forEach(({ label, frames, columns }, i) => {
      const track = (this.tracks[i] ??= this.newTrack());
      track.label = label;
      track.frames = frames;
      track.ats = frames.map((frame) => frame.at);
      track.title.textContent = label;
      track.title.hidden = !label;
      track.element.hidden = frames.length === 0;
      showColumns(track.columns, columns);
      track.element.style.width = `${size}px`;
      fit(track.canvas, size);
      track.columns.style.width = track.canvas.style.width;
    });
  }

  newTrack() {
    const element = document.createElement("figure");
    element.innerHTML = `<figcaption class="title"></figcaption>
      <div class="columns" aria-hidden="true"></div>
      <canvas role="img" width="1" height="1"></canvas>
      <div class="caption"></div>`;
    this.tracksElement.append(element);
    return {
      element,
      title: element.querySelector(".title"),
      columns: element.querySelector(".columns"),
      canvas: element.querySelector("canvas"),
      caption: element.querySelector(".caption"),
    };
  }

  // Puts the slider and the words at a moment at once, each picture as soon as it is there.
  show(index) {
    this.index = index;
    if (index < 0) return;
    const at = this.moments[index];
    const text = `${this.data.unit} ${at.toLocaleString("en-US", { maximumFractionDigits: 3 })}`.trim();
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", text);
    this.output.textContent = text;

    for (const track of this.tracks) {
      if (!track.frames.length) continue;
      const position = lastUpTo(track.ats, at);
      const frame = track.frames[Math.max(position, 0)];
      track.wanted = frame.url;
      track.early = position < 0;
      track.caption.textContent = frame.caption;
      track.name = [track.label, frame.caption || text].filter(Boolean).join(", ");
      this.draw(track);
    }
    this.preload();
  }

  draw(track) {
    const image = this.images.get(track.wanted);
    if (!(image instanceof HTMLImageElement)) return;
    const { canvas } = track;
    if (track.drawn !== track.wanted) {
      // Sizing clears the canvas, and drawing follows before the browser can paint.
      if (canvas.width !== image.naturalWidth || canvas.height !== image.naturalHeight) {
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
      }
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0);
      fit(canvas, this.data.size);
      track.columns.style.width = canvas.style.width;
      track.drawn = track.wanted;
    }
    canvas.classList.toggle("early", track.early);
    canvas.setAttribute("aria-label", track.name);
  }

  // What is on screen first, then its neighbours; all the rest once the reader has pressed play.
  preload() {
    const near = new Set(this.tracks.map((track) => track.wanted).filter(Boolean));
    const reach = this.everything ? this.moments.length : NEARBY;
    for (let distance = 1; distance <= reach; distance++) {
      for (const index of [this.index + distance, this.index - distance]) {
        const at = this.moments[index];
        if (at === undefined) continue;
        for (const track of this.tracks) {
          const frame = track.frames[lastUpTo(track.ats, at)];
          if (frame) near.add(frame.url);
        }
      }
    }
    this.queue = [...near].filter((url) => !this.images.has(url));
    this.pump();
  }

  pump() {
    while (this.loading < AT_ONCE && this.queue.length) this.load(this.queue.shift());
  }

  async load(url) {
    const decoding = this.decode(url);
    this.images.set(url, decoding);
    this.loading++;
    try {
      const image = await decoding;
      if (this.images.get(url) !== decoding) return;
      this.images.set(url, image);
      for (const track of this.tracks) if (track.wanted === url) this.draw(track);
      if (this.ready()) this.message.textContent = "";
    } catch {
      if (this.images.get(url) === decoding) this.images.delete(url);
      const missed = this.tracks.some((track) => track.wanted === url);
      if (missed) this.message.textContent = "A picture could not be loaded.";
    } finally {
      this.loading--;
      this.pump();
    }
  }

  async decode(url) {
    const image = new Image();
    image.src = isDrawn(url) ? await this.drawing.address(url) : url;
    await image.decode();
    return image;
  }

  ready() {
    return this.tracks.every((track) => !track.wanted || track.drawn === track.wanted);
  }

  play() {
    this.playing = true;
    this.everything = true;
    this.showPlayButton();
    if (this.index === this.moments.length - 1) this.show(0);
    else this.preload();
    this.timer = setInterval(() => this.advance(), 1000 / this.data.fps);
  }

  advance() {
    const loading = this.tracks.some((track) => this.images.get(track.wanted) instanceof Promise);
    if (loading) return;
    if (this.index < this.moments.length - 1) this.show(this.index + 1);
    else if (this.looping) this.show(0);
    else this.pause();
  }

  pause() {
    this.playing = false;
    clearInterval(this.timer);
    this.showPlayButton();
  }

  showPlayButton() {
    const name = this.playing ? "Pause" : "Play";
    this.playButton.innerHTML = icon(name.toLowerCase());
    this.playButton.setAttribute("aria-label", name);
    this.playButton.title = name;
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".player");
  let player = players.get(root);
  if (!player) players.set(root, (player = new Player(root)));
  player.update(data);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    players.delete(root);
    player.destroy();
  };
}
