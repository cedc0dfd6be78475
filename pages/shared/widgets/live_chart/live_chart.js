const WAITING = "Waiting for the first numbers.";
const MARKERS_UP_TO = 30;
const RETRY_AFTER_MS = 3000;
const NEAR = "10% 0px"; // of the window's height, how far from it a chart is drawn before it is scrolled to
const LEGEND_HEIGHT = 36; // pixels, of a legend of one row
const DASHES = { solid: [], dash: [8, 5], dot: [2, 4] };
const BORDERS = { solid: "solid", dash: "dashed", dot: "dotted" };
const charts = new WeakMap();
let library;

function loadUPlot(url) {
  if (window.uPlot) return Promise.resolve(window.uPlot);
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => (window.uPlot ? resolve(window.uPlot) : reject(new Error("no uPlot")));
    script.onerror = () => reject(new Error("no uPlot"));
    document.head.append(script);
  }).catch((error) => {
    library = undefined;
    throw error;
  });
  return library;
}

const percent = (value) => `${Math.round(value * 100)}%`;
const number = (value) => Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });

class Chart {
  rows = new Map();
  shape = null;
  drawing = null;
  zoomed = false;
  tick = null;
  busy = false;
  again = false;
  unseen = false;
  near = false;

  constructor(root) {
    this.root = root;
    root.innerHTML = `
      <div class="gs-chart-title"></div>
      <div class="gs-chart-tools">
        <button type="button" class="gs-chart-whole" hidden>Whole curve</button>
        <button type="button" class="gs-chart-save">Save picture</button>
      </div>
      <div class="gs-chart-plot"></div>
      <div class="gs-chart-tip" hidden></div>
      <div class="gs-chart-waiting" hidden>${WAITING}</div>
      <div class="gs-chart-message" aria-live="polite"></div>
      <span class="gs-chart-summary" role="img"></span>`;
    const find = (name) => root.querySelector(`.gs-chart-${name}`);
    this.title = find("title");
    this.tools = find("tools");
    this.whole = find("whole");
    this.plot = find("plot");
    this.tip = find("tip");
    this.waiting = find("waiting");
    this.message = find("message");
    this.summary = find("summary");
    this.whole.onclick = () => this.showAll();
    find("save").onclick = () => this.save();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(root);
    this.sight = new IntersectionObserver(
      (changes) => {
        this.near = changes.at(-1).isIntersecting;
        if (this.near && this.unseen) this.refresh();
      },
      { rootMargin: NEAR, scrollMargin: NEAR }, // the window, and what scrolls within it
    );
    this.sight.observe(root);
  }

  resize() {
    if (!this.plot.clientWidth) return;
    if (this.unseen) this.refresh();
    this.drawing?.setSize(this.size());
  }

  size() {
    return { width: this.plot.clientWidth, height: this.figure.height - LEGEND_HEIGHT };
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.retry);
    this.observer.disconnect();
    this.sight.disconnect();
    this.drawing?.destroy();
    this.root.replaceChildren();
  }

  update(figure, tick, address) {
    this.figure = figure;
    this.tick = tick;
    this.address = address;
    this.title.textContent = figure.title;
    this.title.hidden = !figure.title;
    this.plot.style.minHeight = this.waiting.style.height = `${figure.height}px`;
    this.refresh();
  }

  async refresh() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    clearTimeout(this.retry);
    do {
      this.again = false;
      let trouble = "";
      try {
        trouble = (await this.fetchAll()) ? "" : "The latest numbers could not be read.";
        if (this.gone) return;
      } catch {
        trouble = "The latest numbers could not be read.";
      }
      try {
        const uPlot = await loadUPlot(this.address);
        if (this.gone) return;
        this.draw(uPlot);
      } catch {
        trouble = "The chart could not be drawn.";
      }
      if (this.gone) return;
      this.message.textContent = trouble;
    } while (this.again);
    this.busy = false;
    // A run that has ended sends no more ticks, and Streamlit no update without a change.
    if (this.message.textContent) this.retry = setTimeout(() => this.refresh(), RETRY_AFTER_MS);
  }

  sources() {
    return [...new Set(this.figure.traces.map((trace) => trace.source))];
  }

  async fetchAll() {
    const sources = this.sources();
    const ticks = [this.tick].flat();
    for (const source of this.rows.keys()) if (!sources.includes(source)) this.rows.delete(source);

    const answers = await Promise.allSettled(
      sources.map(async (source, i) => {
        const known = this.rows.get(source) ?? new Rows();
        const tick = ticks.length === sources.length ? ticks[i] : ticks[0];
        // A tick may also lag a little behind the rows: it sends for all of them once, not for ever.
        // One tick for several sources can only be compared with the tick before it.
        const wentBack =
          ticks.length === sources.length
            ? tick < known.last && tick !== known.refetchedAt
            : tick < known.tick;
        const added = await fetchRows(source, wentBack ? -1 : known.last);
        const rows = wentBack ? new Rows() : known;
        rows.append(added);
        rows.tick = tick;
        if (wentBack) rows.refetchedAt = tick;
        this.rows.set(source, rows);
      }),
    );
    return answers.every((answer) => answer.status === "fulfilled");
  }

  // New numbers go into what is drawn, which is made anew where its shape has changed.
  draw(uPlot) {
    const { figure } = this;
    const empty = !this.describe();
    this.waiting.hidden = !empty;
    this.plot.hidden = this.tools.hidden = empty;
    // In a tab or an expander that is shut, or where nobody has scrolled to.
    this.unseen = !empty && !(this.near && this.plot.clientWidth);
    if (empty || this.unseen) return;

    const look = this.look();
    const shape = JSON.stringify([{ ...figure, marks: [] }, look]);
    this.marks = this.findMarks();
    const data = figure.bars ? this.bars() : this.lines(uPlot);
    if (this.drawing && shape === this.shape) {
      this.drawing.setData(data, !this.zoomed);
      if (this.zoomed) this.drawing.redraw();
      return;
    }
    const { x: oldX, axes: oldAxes } = this.kept ?? {};
    const scales = this.zoomed && oldX === figure.x && oldAxes === this.axesKey() ? this.readScales() : null;
    const hidden = new Set(this.drawing?.series.filter(({ show }) => !show).map(({ label }) => label));
    this.drawing?.destroy();
    this.shape = shape;
    this.kept = { x: figure.x, axes: this.axesKey() };
    this.drawing = new uPlot(this.options(uPlot, look, hidden), data, this.plot);
    this.plot.drawing = this.drawing; // for whoever looks from outside
    this.setZoomed(scales !== null);
    if (scales) this.drawing.batch(() => Object.entries(scales).forEach(([key, ends]) => this.drawing.setScale(key, ends)));
    this.reachByKeyboard();
  }

  axesKey() {
    return `${this.figure.log_y} ${this.figure.y_range}`;
  }

  readScales() {
    return Object.fromEntries(["x", "y"].map((key) => [key, { min: this.drawing.scales[key].min, max: this.drawing.scales[key].max }]));
  }

  setZoomed(zoomed) {
    this.zoomed = zoomed;
    this.whole.hidden = !zoomed;
  }

  showAll() {
    this.setZoomed(false);
    this.drawing?.setData(this.drawing.data);
  }

  // Columns as uPlot takes them: where the points lie, and the values of each line and level there.
  lines(uPlot) {
    const { figure } = this;
    const least = figure.log_y ? 0 : -Infinity;
    const tables = figure.traces.map(({ source, column }) => this.rows.get(source)?.points(figure.x, column, least) ?? [[], []]);
    this.counts = tables.map(([xs]) => xs.length);
    const data = uPlot.join(tables);
    return [...data, ...figure.levels.map(() => new Array(data[0].length).fill(null))];
  }

  // The latest value of each trace, side by side.
  bars() {
    const values = this.figure.traces.map(({ source, column }) => this.rows.get(source)?.latest(column)?.value ?? null);
    return [values.map((_, i) => i), values, ...this.figure.levels.map(() => new Array(values.length).fill(null))];
  }

  // The numbers under the pointer.
  tell(u) {
    const { figure } = this;
    const { idx, left, top } = u.cursor;
    this.tip.hidden = idx == null || left < 0;
    if (this.tip.hidden) return;
    const x = u.data[0][idx];
    const lines = figure.bars
      ? [[figure.traces[0].color, figure.traces[idx].name, percent(u.data[1][idx] ?? 0)]]
      : figure.traces.flatMap(({ name, color }, i) => {
          const value = u.series[i + 1].show ? u.data[i + 1][u.cursor.idxs[i + 1]] : null;
          return value == null ? [] : [[color, name, number(value)]];
        });
    const row = ([color, name, value]) => {
      const line = document.createElement("div");
      const box = Object.assign(document.createElement("i"), { style: `background:${color}` });
      line.append(box, `${name} `, Object.assign(document.createElement("b"), { textContent: value }));
      return line;
    };
    const head = figure.bars ? [] : [Object.assign(document.createElement("div"), { textContent: `${figure.x_title} ${x.toLocaleString("en-US")}` })];
    this.tip.replaceChildren(...head, ...lines.map(row));
    const toLeft = left > u.over.clientWidth / 2;
    Object.assign(this.tip.style, {
      left: `${u.over.offsetLeft + left + (toLeft ? -12 : 12)}px`,
      top: `${this.plot.offsetTop + u.over.offsetTop + Math.min(top, u.over.clientHeight / 2)}px`,
      transform: toLeft ? "translateX(-100%)" : "none",
    });
  }

  // Each line in the legend can be switched off and on without a mouse too.
  reachByKeyboard() {
    this.plot.querySelectorAll(".u-legend .u-series").forEach((row, i) => {
      const label = row.querySelector("th");
      label.tabIndex = 0;
      label.setAttribute("role", "button");
      const tell = () => label.setAttribute("aria-pressed", String(this.drawing.series[i + 1].show));
      tell();
      label.addEventListener("click", () => setTimeout(tell));
      label.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        label.click();
      });
    });
  }

  // What is drawn, on its background and with its words, as a file.
  save() {
    const { canvas } = this.drawing.ctx;
    const look = this.look();
    const unit = devicePixelRatio;
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height + 44 * unit });
    const context = copy.getContext("2d");
    context.fillStyle = look.background;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 22 * unit);
    context.font = `${12 * unit}px ${look.font}`;
    context.fillStyle = look.text;
    context.fillText(this.figure.title, 8 * unit, 15 * unit);
    let left = 8 * unit;
    for (const { label, show, _stroke, stroke } of this.drawing.series.slice(1)) {
      if (!show || !label) continue;
      context.fillStyle = _stroke ?? (typeof stroke === "function" ? look.text : stroke);
      context.fillRect(left, copy.height - 14 * unit, 14 * unit, 3 * unit);
      context.fillStyle = look.text;
      context.fillText(label, left + 20 * unit, copy.height - 8 * unit);
      left += 36 * unit + context.measureText(label).width;
    }
    const link = Object.assign(document.createElement("a"), { download: `${this.figure.title || "chart"}.png`, href: copy.toDataURL() });
    link.click();
  }

  look() {
    const style = getComputedStyle(this.root);
    const read = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
    return {
      text: read("text-color", "#31333f"),
      background: read("background-color", "#ffffff"),
      line: read("border-color", "rgba(128, 128, 128, 0.3)"),
      accent: read("primary-color", "#ff4b4b"),
      font: read("font", "sans-serif"),
    };
  }

  // The marks at steps that the rows have reached, each where it lies on the axis.
  findMarks() {
    return this.figure.marks.flatMap(({ source, step, name, by_hand }) => {
      const x = this.rows.get(source)?.at(this.figure.x, step) ?? null;
      return x === null ? [] : [{ x, name, by_hand }];
    });
  }

  options(uPlot, look, hidden) {
    const { figure } = this;
    const bars = figure.bars;
    const axis = {
      stroke: look.text,
      font: `12px ${look.font}`,
      labelFont: `12px ${look.font}`,
      labelSize: 18,
      grid: { stroke: look.line, width: 1 },
      ticks: { stroke: look.line, width: 1, size: 4 },
    };
    const line = ({ name, color, dash }, i) => ({
      label: name,
      stroke: color,
      dash: DASHES[dash],
      width: 2,
      spanGaps: true,
      points: { show: () => this.counts[i] <= MARKERS_UP_TO, size: 6, fill: color },
    });
    const bar = {
      label: "share",
      stroke: figure.traces[0]?.color,
      fill: figure.traces[0]?.color,
      paths: uPlot.paths.bars({ size: [0.7, 60] }),
      points: { show: false },
    };
    // Named in the legend: a word on the line would lie on the curves that come near it.
    const level = ({ name }) => ({
      label: name,
      stroke: look.text,
      dash: DASHES.dash,
      width: 1,
      auto: false,
      points: { show: false },
    });
    const series = [
      {},
      ...(bars ? [bar] : figure.traces.map(line)),
      ...figure.levels.map(level),
    ].map((one) => ({ ...one, show: !hidden.has(one.label) }));
    const styles = ["solid", ...(bars ? ["solid"] : figure.traces.map(({ dash }) => BORDERS[dash])), ...figure.levels.map(() => BORDERS.dash)];
    return {
      ...this.size(),
      padding: [12, 26, 0, 0],
      series,
      scales: {
        x: { time: false, ...(bars ? { range: [-0.6, figure.traces.length - 0.4] } : {}) },
        y: {
          ...(figure.log_y ? { distr: 3 } : {}),
          ...(figure.y_range ? { range: figure.y_range } : {}),
          ...(bars ? { range: (_, low, high) => [0, Math.max(high ?? 0, ...figure.levels.map((one) => one.value)) * 1.15 || 1] } : {}),
        },
      },
      axes: [
        {
          ...axis,
          label: bars ? undefined : figure.x_title,
          size: 30,
          ...(bars
            ? { splits: () => figure.traces.map((_, i) => i), values: () => figure.traces.map(({ name }) => name) }
            : { values: (_, values) => values.map((v) => v.toLocaleString("en-US")) }),
        },
        {
          ...axis,
          label: figure.y_title || undefined,
          ...(figure.log_y ? { grid: { ...axis.grid, filter: (_, splits) => splits.map((v) => (Number.isInteger(Math.log10(v)) ? v : null)) } } : {}),
          // As wide as its longest number.
          size: (_, values) => 16 + 7 * Math.max(0, ...(values ?? []).map((v) => String(v ?? "").length)),
          ...(bars ? { values: (_, values) => values.map(percent) } : {}),
        },
      ],
      cursor: {
        drag: { x: !bars, y: !bars, uni: 40 },
        points: { size: 8 },
        // Where another line has a point and this one none: the nearest of its own.
        dataIdx: (u, i, hovered) => nearest(u.data[i], hovered),
        bind: { dblclick: () => () => this.showAll() },
      },
      legend: { live: false, markers: { width: 2, dash: (_, i) => styles[i], fill: (u, i) => (bars && i === 1 ? u.series[i].fill() : null) } },
      hooks: {
        setCursor: [(u) => this.tell(u)],
        setSelect: [({ select }) => select.width + select.height > 0 && this.setZoomed(true)],
        draw: [(u) => this.drawLines(u, look)],
      },
    };
  }

  // Levels and marks, each through the whole of the plot, and the words of bars and marks.
  drawLines(u, look) {
    const { ctx, bbox } = u;
    const unit = devicePixelRatio;
    const { figure } = this;
    const first = figure.bars ? 2 : 1 + figure.traces.length;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
    ctx.clip();
    ctx.font = `${12 * unit}px ${look.font}`;
    const stroke = (color, dash, width, from, to) => {
      ctx.strokeStyle = color;
      ctx.lineWidth = width * unit;
      ctx.setLineDash(dash.map((length) => length * unit));
      ctx.beginPath();
      ctx.moveTo(...from);
      ctx.lineTo(...to);
      ctx.stroke();
    };
    figure.levels.forEach(({ value }, i) => {
      if (!u.series[first + i].show || (figure.log_y && value <= 0)) return;
      const y = u.valToPos(value, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) return;
      ctx.globalAlpha = 0.6;
      stroke(look.text, DASHES.dash, 1, [bbox.left, y], [bbox.left + bbox.width, y]);
      ctx.globalAlpha = 1;
    });
    if (figure.bars) {
      ctx.fillStyle = look.text;
      ctx.textAlign = "center";
      u.data[1].forEach((value, i) => {
        if (value !== null) ctx.fillText(percent(value), u.valToPos(i, "x", true), u.valToPos(value, "y", true) - 4 * unit);
      });
    }
    // One name below the other, so that marks of one step can all be read.
    let row = 0;
    this.marks.forEach(({ x, name, by_hand }) => {
      const at = u.valToPos(x, "x", true);
      const top = bbox.top + 18 * (name ? row++ : row) * unit;
      if (at < bbox.left || at > bbox.left + bbox.width) return;
      const ends = [[at, bbox.top], [at, bbox.top + bbox.height]];
      ctx.globalAlpha = by_hand ? 0.5 : 1;
      if (by_hand) stroke(look.text, [], 1, ...ends);
      else stroke(look.accent, DASHES.dot, 2, ...ends);
      if (!name) return;
      const width = ctx.measureText(name).width + 8 * unit;
      const left = at > bbox.left + bbox.width / 2 ? at - width - 3 * unit : at + 3 * unit;
      ctx.globalAlpha = 0.9;
      ctx.fillStyle = look.background;
      ctx.fillRect(left, top, width, 16 * unit);
      ctx.globalAlpha = 1;
      ctx.fillStyle = look.text;
      ctx.textAlign = "left";
      ctx.fillText(name, left + 4 * unit, top + 12 * unit);
    });
    ctx.restore();
  }

  // Puts the last values into words; false when there are none.
  describe() {
    const parts = this.figure.traces.flatMap(({ source, column, name }) => {
      const latest = this.rows.get(source)?.latest(column);
      return latest ? [`${name} ${number(latest.value)} at step ${latest.step.toLocaleString("en-US")}`] : [];
    });
    const levels = this.figure.levels.map(({ name, value }) => `; the line "${name}" is at ${number(value)}`);
    if (this.figure.bars) return this.describeBars();
    const marks = this.figure.marks.filter(({ name }) => name).map(({ step, name }) => `; marked at step ${step.toLocaleString("en-US")}: ${name}`);
    const label = `${this.figure.title || "Chart"}: ${parts.join("; ") || WAITING}${levels.join("")}${marks.join("")}`;
    this.summary.setAttribute("aria-label", label);
    return parts.length > 0;
  }

  describeBars() {
    const { title, traces, present: least } = this.figure;
    const latest = traces.flatMap(({ source, column, name }) => {
      const found = this.rows.get(source)?.latest(column);
      return found ? [{ name, ...found }] : [];
    });
    const present = latest.filter(({ value }) => value >= least).length;
    const shares = latest.map(({ name, value }) => `${name} ${percent(value)}`).join(", ");
    const words = latest.length
      ? `${present} of ${traces.length} classes at step ${latest[0].step.toLocaleString("en-US")}; ${shares}`
      : WAITING;
    this.summary.setAttribute("aria-label", `${title || "Chart"}: ${words}`);
    return latest.length > 0;
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".gs-chart");
  let chart = charts.get(root);
  if (!chart) charts.set(root, (chart = new Chart(root)));
  const { tick, library, ...figure } = data;
  chart.update(figure, tick, library);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    charts.delete(root);
    chart.destroy();
  };
}
