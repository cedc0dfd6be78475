const WAITING = "Waiting for the first numbers.";
const MARKERS_UP_TO = 30;
const RETRY_AFTER_MS = 3000;
const NEAR = "10% 0px"; // of the window's height, how far from it a chart is drawn before it is scrolled to
const charts = new WeakMap();
let plotlyPromise;

function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  plotlyPromise ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("no Plotly")));
    script.onerror = () => reject(new Error("no Plotly"));
    document.head.append(script);
  }).catch((error) => {
    plotlyPromise = undefined;
    throw error;
  });
  return plotlyPromise;
}

async function fetchRows(source, after) {
  const url = `${source}${source.includes("?") ? "&" : "?"}after=${after}`;
  const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(20000) });
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()).columns ?? {};
}

const percent = (value) => `${Math.round(value * 100)}%`;
const number = (value) => Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });

// Rows of a source, column by column, as long as `step` whatever each answer held.
class Rows {
  columns = { step: [] };

  get length() {
    return this.columns.step.length;
  }

  get last() {
    return this.columns.step.at(-1) ?? -1;
  }

  append(added) {
    const before = this.length;
    const count = added.step?.length ?? 0;
    if (!count) return;
    for (const name of new Set([...Object.keys(this.columns), ...Object.keys(added)])) {
      const column = (this.columns[name] ??= new Array(before).fill(null));
      for (let i = 0; i < count; i++) column.push(added[name]?.[i] ?? null);
    }
  }

  latest(name) {
    const column = this.columns[name] ?? [];
    const i = column.findLastIndex((value) => value !== null);
    return i < 0 ? null : { step: this.columns.step[i], value: column[i] };
  }

  // Where on an axis a step lies: at the first row that had reached it.
  at(x, step) {
    const i = this.columns.step.findIndex((reached) => reached >= step);
    return i < 0 ? null : (this.columns[x]?.[i] ?? null);
  }

  // Points without a value are left out, so that a measure taken now and then still makes a line.
  points(x, y, from = 0) {
    const xs = this.columns[x] ?? [];
    const ys = this.columns[y] ?? [];
    const points = { x: [], y: [] };
    for (let i = from; i < ys.length; i++) {
      if (ys[i] === null || xs[i] == null) continue;
      points.x.push(xs[i]);
      points.y.push(ys[i]);
    }
    return points;
  }
}

class Chart {
  rows = new Map();
  drawn = new Map();
  shape = null;
  tick = null;
  busy = false;
  again = false;
  unseen = false;
  near = false;

  constructor(root) {
    this.root = root;
    root.innerHTML = `
      <div class="gs-chart-title"></div>
      <div class="gs-chart-plot"></div>
      <div class="gs-chart-waiting" hidden>${WAITING}</div>
      <div class="gs-chart-message" aria-live="polite"></div>
      <span class="gs-chart-summary" role="img"></span>`;
    const find = (name) => root.querySelector(`.gs-chart-${name}`);
    this.title = find("title");
    this.plot = find("plot");
    this.waiting = find("waiting");
    this.message = find("message");
    this.summary = find("summary");
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
    if (this.shape !== null) window.Plotly.Plots.resize(this.plot).catch(() => {});
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.retry);
    this.observer.disconnect();
    this.sight.disconnect();
    if (this.shape !== null) window.Plotly.purge(this.plot);
    this.root.replaceChildren();
  }

  update(figure, tick) {
    this.figure = figure;
    this.tick = tick;
    this.title.textContent = figure.title;
    this.title.hidden = !figure.title;
    this.plot.style.height = this.waiting.style.height = `${figure.height}px`;
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
        const Plotly = await loadPlotly(this.figure.plotly_url);
        if (this.gone) return;
        await this.draw(Plotly);
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

  // Only the new points travel to Plotly, unless what is drawn has changed its shape.
  async draw(Plotly) {
    const { figure } = this;
    const empty = !this.describe();
    this.waiting.hidden = !empty;
    this.plot.hidden = empty;
    // In a tab or an expander that is shut, or where nobody has scrolled to.
    this.unseen = !empty && !(this.near && this.plot.clientWidth);
    if (empty || this.unseen) return;

    const look = this.look();
    const marks = this.marks();
    const shape = JSON.stringify([figure, look, marks]);
    const sameRows = figure.traces.every(
      ({ source }) => !this.drawn.has(source) || this.drawn.get(source).rows === this.rows.get(source),
    );
    const old = this.plot.data ?? [];
    if (figure.bars || shape !== this.shape || !sameRows) return this.drawAnew(Plotly, look, marks, shape);

    const indices = [];
    const x = [];
    const y = [];
    let grownUp = false;
    figure.traces.forEach(({ source, column }, i) => {
      const rows = this.rows.get(source);
      if (!rows) return;
      const added = rows.points(figure.x, column, this.drawn.get(source)?.length ?? 0);
      if (!added.x.length) return;
      indices.push(i);
      x.push(added.x);
      y.push(added.y);
      grownUp ||= old[i].mode !== "lines" && old[i].x.length + added.x.length > MARKERS_UP_TO;
    });
    if (grownUp) return this.drawAnew(Plotly, look, marks, shape);
    this.markDrawn();
    if (indices.length) await Plotly.extendTraces(this.plot, { x, y }, indices);
  }

  async drawAnew(Plotly, look, marks, shape) {
    const { figure } = this;
    const data = figure.bars ? [this.bars()] : figure.traces.map((trace) => {
      const points = this.rows.get(trace.source)?.points(figure.x, trace.column) ?? { x: [], y: [] };
      return {
        type: "scatter",
        uid: `${trace.source} ${trace.column}`,
        name: trace.name,
        ...points,
        mode: points.x.length > MARKERS_UP_TO ? "lines" : "lines+markers",
        line: { color: trace.color, dash: trace.dash, width: 2 },
        marker: { size: 5 },
      };
    });
    this.shape = shape;
    this.markDrawn();
    await Plotly.react(this.plot, data, this.layout(look, marks), {
      displaylogo: false,
      responsive: false,
      modeBarButtons: [["zoom2d", "pan2d", "autoScale2d", "toImage"]],
      toImageButtonOptions: { filename: figure.title || "chart", scale: 2 },
    });
  }

  // The latest value of each trace, side by side.
  bars() {
    const { traces } = this.figure;
    const values = traces.map(({ source, column }) => this.rows.get(source)?.latest(column)?.value ?? null);
    return {
      type: "bar",
      uid: "bars",
      name: "share",
      x: traces.map(({ name }) => name),
      y: values,
      text: values.map((value) => (value === null ? "" : percent(value))),
      textposition: "outside",
      cliponaxis: false,
      hovertemplate: "%{x}: %{y:.1%}<extra></extra>",
      marker: { color: traces.map(({ color }) => color) },
    };
  }

  markDrawn() {
    this.drawn = new Map([...this.rows].map(([source, rows]) => [source, { rows, length: rows.length }]));
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
  marks() {
    return this.figure.marks.flatMap(({ source, step, name, by_hand }) => {
      const x = this.rows.get(source)?.at(this.figure.x, step) ?? null;
      return x === null ? [] : [{ x, name, by_hand }];
    });
  }

  layout(look, marks) {
    const { figure } = this;
    const axis = {
      gridcolor: look.line,
      linecolor: look.line,
      zeroline: false,
      automargin: true,
    };
    const named = figure.bars ? figure.levels.length > 0 : figure.traces.length + figure.levels.length > 1;
    const range = figure.y_range && figure.log_y ? figure.y_range.map(Math.log10) : figure.y_range;
    return {
      height: figure.height,
      autosize: true,
      uirevision: "reader",
      margin: { l: 8, r: 12, t: named ? 30 : 10, b: 8 },
      paper_bgcolor: look.background,
      plot_bgcolor: look.background,
      font: { family: look.font, size: 12, color: look.text },
      // On a touch screen a finger scrolls the page.
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      hovermode: "x unified",
      hoverlabel: {
        bgcolor: look.background,
        bordercolor: look.line,
        font: { family: look.font, color: look.text },
      },
      showlegend: named,
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
      shapes: [
        ...marks.map(({ x, by_hand }) => ({
          type: "line",
          layer: "below",
          yref: "paper",
          x0: x,
          x1: x,
          y0: 0,
          y1: 1,
          line: by_hand ? { color: look.text, width: 1 } : { color: look.accent, width: 2, dash: "dot" },
          opacity: by_hand ? 0.5 : 1,
        })),
        ...figure.levels.map(({ name, value }) => ({
          type: "line",
          layer: "below",
          xref: "paper",
          x0: 0,
          x1: 1,
          y0: value,
          y1: value,
          line: { color: look.text, width: 1, dash: "dash" },
          opacity: 0.6,
          // Named in the legend: a word on the line would lie on the curves that come near it.
          name,
          showlegend: true,
        })),
      ],
      // One below the other, so that marks of one step can all be read.
      annotations: marks.filter(({ name }) => name).map(({ x, name }, i) => ({
        x,
        y: 1,
        yref: "paper",
        yanchor: "top",
        yshift: -18 * i,
        xanchor: x > this.middle() ? "right" : "left",
        text: name,
        showarrow: false,
        bgcolor: look.background,
        opacity: 0.9,
        font: { size: 12, color: look.text },
      })),
      modebar: { bgcolor: look.background, color: look.text, activecolor: look.accent },
      xaxis: {
        ...axis,
        ...(figure.bars ? { type: "category", dtick: 1 } : {}),
        title: { text: figure.bars ? "" : figure.x_title, standoff: 6 },
        uirevision: figure.x,
        unifiedhovertitle: { text: `${figure.x_title} %{x:,.7~r}` },
        spikecolor: look.text,
        spikethickness: 1,
        spikedash: "dot",
        separatethousands: true,
        exponentformat: "none",
        nticks: 8,
      },
      yaxis: {
        ...axis,
        title: { text: figure.y_title, standoff: 6 },
        type: figure.log_y ? "log" : "linear",
        uirevision: `${figure.log_y} ${figure.y_range}`,
        ...(range ? { range, autorange: false } : { autorange: true }),
        ...(figure.bars ? { tickformat: ".0%", rangemode: "tozero" } : {}),
        hoverformat: ".4~r",
        exponentformat: "power",
        nticks: 6,
      },
    };
  }

  middle() {
    const ends = [...this.rows.values()].map((rows) => rows.columns[this.figure.x]?.at(-1) ?? 0);
    return Math.max(...ends) / 2;
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
  chart.update(data.figure, data.tick);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    charts.delete(root);
    chart.destroy();
  };
}
