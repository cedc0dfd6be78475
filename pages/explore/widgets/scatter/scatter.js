// Ten colours that are told apart on light and dark pages (Tableau 10, its grey last).
const COLORS = [
  "#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f",
  "#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#bab0ac",
];
const PAD = 12;
const REACH = 24; // pixels from which the pointer takes hold of a sample
const maps = new WeakMap();

class Scatter {
  at = null;
  dim = new Set();

  constructor(root) {
    this.root = root;
    root.innerHTML = `
      <div class="legend" role="group" aria-label="Classes"></div>
      <div class="field">
        <canvas tabindex="0" role="application"></canvas>
        <div class="hover" hidden><canvas></canvas><span></span></div>
      </div>
      <div class="announcement" aria-live="polite"></div>`;
    const find = (selector) => root.querySelector(selector);
    this.canvas = find(".field > canvas");
    this.hover = find(".hover");
    this.legend = find(".legend");
    this.announcement = find(".announcement");
    this.canvas.onpointermove = (event) => this.point(this.nearest(event.offsetX, event.offsetY));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => {
      const index = this.nearest(event.offsetX, event.offsetY);
      if (index === null) return;
      this.point(index);
      this.pick(index);
    };
    this.canvas.onkeydown = (event) => this.key(event);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  destroy() {
    this.observer.disconnect();
    this.root.replaceChildren();
  }

  update(data, pick) {
    const anew = data.sprite_url !== this.data?.sprite_url || data.revision !== this.data?.revision;
    this.data = data;
    this.pick = pick;
    this.canvas.setAttribute("aria-label", data.label);
    if (anew) {
      this.at = null;
      this.hover.hidden = true;
      this.dim.clear();
      this.sprite = new Image();
      this.sprite.onload = () => this.show();
      this.sprite.src = data.sprite_url;
      this.showLegend();
    }
    this.draw();
  }

  showLegend() {
    const { names, classes } = this.data;
    this.legend.hidden = names.length < 2;
    const rows = [...names.entries(), ...(classes.includes(-1) ? [[-1, "unclear"]] : [])];
    this.legend.replaceChildren(
      ...rows.map(([k, name]) => {
        const button = document.createElement("button");
        const count = classes.filter((label) => label === k).length;
        button.type = "button";
        button.innerHTML = `<i></i><span></span>`;
        button.children[0].style.background = this.color(k);
        button.children[1].textContent = `${name} · ${count}`;
        button.setAttribute("aria-pressed", true);
        button.onclick = () => {
          if (!this.dim.delete(k)) this.dim.add(k);
          button.setAttribute("aria-pressed", !this.dim.has(k));
          this.draw();
        };
        return button;
      }),
    );
  }

  color(k) {
    return k < 0 ? getComputedStyle(this.root).color : COLORS[k % COLORS.length];
  }

  place(index) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [x, y] = this.data.places[index];
    return [PAD + x * (width - 2 * PAD), PAD + (1 - y) * (height - 2 * PAD)];
  }

  visible(index) {
    return !this.dim.has(this.data.classes[index]);
  }

  nearest(x, y, fits = () => true, reach = REACH) {
    let best = null;
    let least = reach ** 2;
    this.data.places.forEach((_, i) => {
      if (!this.visible(i)) return;
      const [px, py] = this.place(i);
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least && fits(px - x, py - y, i)) [best, least] = [i, far];
    });
    return best;
  }

  // Arrow keys go to the nearest sample that lies rather in their direction than aside.
  key(event) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (this.at !== null) this.pick(this.at);
      return;
    }
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [x, y] = this.at === null ? [width / 2, height / 2] : this.place(this.at);
    const fits = (dx, dy, i) => {
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      return i !== this.at && along > 0 && along >= aside;
    };
    const first = this.at === null;
    const next = this.nearest(x, y, first ? () => true : fits, Infinity);
    if (next !== null) this.point(next);
  }

  point(index) {
    if (index === this.at) return;
    this.at = index;
    this.draw();
    this.show();
  }

  describe(index) {
    const { names, classes } = this.data;
    const name = names[classes[index]];
    return `Sample ${index + 1}${name ? `, ${name}` : ""}`;
  }

  show() {
    const { hover, sprite, data } = this;
    hover.hidden = this.at === null;
    this.announcement.textContent = this.at === null ? "" : this.describe(this.at);
    if (this.at === null || !sprite.complete || !sprite.naturalWidth) return;
    const [canvas, caption] = hover.children;
    const { side, columns } = data;
    canvas.width = canvas.height = side;
    const from = [(this.at % columns) * side, Math.floor(this.at / columns) * side];
    canvas.getContext("2d").drawImage(sprite, ...from, side, side, 0, 0, side, side);
    caption.textContent = this.describe(this.at);
    const [x, y] = this.place(this.at);
    const left = x > this.canvas.clientWidth / 2;
    const above = y > this.canvas.clientHeight / 2;
    hover.style.left = `${x + (left ? -14 : 14)}px`;
    hover.style.top = `${y + (above ? -14 : 14)}px`;
    hover.style.transform = `translate(${left ? "-100%" : "0"}, ${above ? "-100%" : "0"})`;
  }

  draw() {
    if (!this.data) return;
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    this.data.places.forEach((_, i) => {
      const [x, y] = this.place(i);
      context.globalAlpha = this.visible(i) ? (this.data.classes[i] < 0 ? 0.3 : 0.8) : 0.06;
      context.fillStyle = this.color(this.data.classes[i]);
      context.beginPath();
      context.arc(x, y, 3, 0, 2 * Math.PI);
      context.fill();
    });
    if (this.at === null) return;
    const [x, y] = this.place(this.at);
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(this.root).color;
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.stroke();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".scatter");
  let map = maps.get(root);
  if (!map) maps.set(root, (map = new Scatter(root)));
  map.update(data, (index) => setTriggerValue("picked", index));
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    maps.delete(root);
    map.destroy();
  };
}
