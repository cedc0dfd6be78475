// The numbers of a run, as the server answers them.

async function fetchRows(source, after) {
  const url = `${source}${source.includes("?") ? "&" : "?"}after=${after}`;
  const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(20000) });
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()).columns ?? {};
}

function nearest(values, index) {
  for (let far = 0; far < values.length; far++) {
    if (values[index - far] != null) return index - far;
    if (values[index + far] != null) return index + far;
  }
  return index;
}

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
  points(x, y, least = -Infinity) {
    const xs = this.columns[x] ?? [];
    const ys = this.columns[y] ?? [];
    const points = [[], []];
    for (let i = 0; i < ys.length; i++) {
      if (ys[i] === null || xs[i] == null || ys[i] <= least) continue;
      points[0].push(xs[i]);
      points[1].push(ys[i]);
    }
    return points;
  }
}
