const FRAME_MS = 12; // beyond that a picture is drawn in a worker, so that nothing else waits for it
const LEG_MS = 2500; // that a walk takes from one picture to the other
const find = (id) => document.getElementById(id);
const data = JSON.parse(find("data").textContent);
const bytes = Uint8Array.from(atob(find("program").textContent), (letter) => letter.charCodeAt(0));
const source = find("program-script").textContent;
const addressOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

const { openProgram, toPixels, drawNoise, pointBetween } = await import(addressOf(source));
const program = openProgram(bytes);
const { latentDim, width, height, channels } = program;
const draw = isQuick() ? drawHere : workerDrawing();

function drawHere(z, label) {
  return Promise.resolve(toPixels(program.run(z, label), channels));
}

function isQuick() {
  const times = Array.from({ length: 4 }, () => {
    const begin = performance.now();
    program.run(data.start, 0);
    return performance.now() - begin;
  });
  return Math.min(...times) < FRAME_MS;
}

function workerDrawing() {
  // No module: a page from disk may start none.
  const worker = new Worker(
    addressOf(`${source.replace(/^export /gm, "")}
      let program;
      onmessage = ({ data: { bytes, number, z, label } }) => {
        if (bytes) program = openProgram(bytes);
        else postMessage({ number, pixels: toPixels(program.run(z, label), program.channels) });
      };`),
  );
  worker.postMessage({ bytes });
  const waiting = new Map();
  let count = 0;
  worker.onmessage = ({ data: { number, pixels } }) => {
    waiting.get(number)(pixels);
    waiting.delete(number);
  };
  return (z, label) =>
    new Promise((resolve) => {
      waiting.set(++count, resolve);
      worker.postMessage({ number: count, z, label });
    });
}

// A canvas that shows the newest of the points that it is given; those in between are passed over.
class Screen {
  constructor(canvas) {
    Object.assign(canvas, { width, height });
    this.canvas = canvas;
    this.next = null;
    this.busy = false;
  }

  async show(z, label) {
    this.next = [z, label];
    if (this.busy) return;
    this.busy = true;
    while (this.next) {
      const wish = this.next;
      this.next = null;
      const pixels = await draw(...wish);
      this.canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    }
    this.busy = false;
  }
}

const noise = () => drawNoise(data.noise, latentDim);
const between = (a, b, share) => pointBetween(data.noise, a, b, share);

// The point on the sliders

const picture = new Screen(find("picture"));
const point = { origin: data.start, base: data.start, rows: [], label: 0 };
const truncation = find("truncation");

function unscaled() {
  return point.base.map((value, i) =>
    point.rows.reduce((sum, { input, vector }) => sum + input.valueAsNumber * vector[i], value),
  );
}

function vectorOfPoint() {
  return unscaled().map((value) => value * truncation.valueAsNumber);
}

function refresh() {
  for (const input of document.querySelectorAll(".slider input")) {
    input.parentElement.querySelector("output").textContent = input.valueAsNumber.toFixed(2);
  }
  const z = vectorOfPoint();
  picture.show(z, point.label);
  const about = data.classes.length ? { generator: data.name, label: point.label } : { generator: data.name };
  find("vector").value = JSON.stringify({ ...about, latent: z.map(Math.fround) });
}

function goTo(vector, label = point.label) {
  Object.assign(point, { origin: vector, base: vector, label });
  const choice = document.querySelector(`#classes input[value="${label}"]`);
  if (choice) choice.checked = true;
  atRest();
}

function atRest() {
  for (const { input } of point.rows) input.value = 0;
  refresh();
}

// Other sliders leave the point where it is.
function buildSliders() {
  point.base = unscaled();
  const family = data.families[find("family").selectedIndex];
  const group = find("group").value;
  find("sliders").replaceChildren();
  point.rows = (family?.directions ?? [])
    .filter((direction) => direction.group === group)
    .map(({ title, vector }) => {
      const row = document.createElement("label");
      row.className = "slider";
      row.append(title, document.createElement("output"));
      const input = document.createElement("input");
      Object.assign(input, { type: "range", min: -data.reach, max: data.reach, step: data.reach / 50, value: 0 });
      row.append(input);
      find("sliders").append(row);
      return { input, vector };
    });
  find("method").textContent = family ? `Directions: ${family.method}.` : "";
  refresh();
}

function buildGroups() {
  const family = data.families[find("family").selectedIndex];
  const groups = [...new Set((family?.directions ?? []).map(({ group }) => group))];
  find("group").replaceChildren(...groups.map((group) => new Option(group)));
  find("group-field").hidden = groups.length < 2;
  buildSliders();
}

find("family").replaceChildren(...data.families.map(({ title }) => new Option(title)));
find("family-field").hidden = data.families.length === 0;
find("family").onchange = buildGroups;
find("group").onchange = buildSliders;
find("play").oninput = refresh;
find("random").onclick = () => goTo(noise());
find("reset").onclick = () => goTo(point.origin);

data.classes.forEach((name, label) => {
  const choice = document.createElement("label");
  choice.innerHTML = `<input type="radio" name="class" value="${label}"><span></span>`;
  const [input, words] = choice.children;
  words.textContent = name;
  input.checked = label === 0;
  input.onchange = () => {
    point.label = label;
    refresh();
    showWalk();
  };
  find("classes").append(choice);
});

// The walk

const walk = { ends: [data.start, noise()], began: null };
const [first, middle, last] = ["first", "between", "last"].map((id) => new Screen(find(id)));

function showWalk() {
  first.show(walk.ends[0], point.label);
  last.show(walk.ends[1], point.label);
  middle.show(between(...walk.ends, find("way").valueAsNumber), point.label);
}

function setWalk(a, b) {
  walk.ends = [a, b];
  showWalk();
}

// To and fro, evenly in time.
function tick(now) {
  if (walk.began === null) return;
  const legs = (now - walk.began) / LEG_MS;
  find("way").value = legs % 2 < 1 ? legs % 1 : 1 - (legs % 1);
  showBetween();
  requestAnimationFrame(tick);
}

function showBetween() {
  middle.show(between(...walk.ends, find("way").valueAsNumber), point.label);
}

function play(playing) {
  walk.began = playing ? performance.now() - find("way").valueAsNumber * LEG_MS : null;
  find("play-walk").textContent = playing ? "Pause" : "Play";
  find("play-walk").ariaPressed = String(playing);
  if (playing) requestAnimationFrame(tick);
}

find("play-walk").onclick = () => play(walk.began === null);
find("way").oninput = () => {
  play(false);
  showBetween();
};
find("walk-random").onclick = () => setWalk(noise(), noise());
find("take-first").onclick = () => setWalk(vectorOfPoint(), walk.ends[1]);
find("take-last").onclick = () => setWalk(walk.ends[0], vectorOfPoint());

// The samples: of a conditional generator a row a noise vector, a column a class

async function drawSamples() {
  const columns = Math.min(data.classes.length, data.columns);
  const noises = Array.from({ length: columns ? 4 : 32 }, noise);
  const samples = columns
    ? noises.flatMap((z) => Array.from({ length: columns }, (_, label) => ({ z, label })))
    : noises.map((z) => ({ z, label: 0 }));
  find("samples").style.setProperty("--columns", columns || 8);
  find("samples").replaceChildren();
  let since = performance.now();
  for (const [i, { z, label }] of samples.entries()) {
    const button = document.createElement("button");
    button.setAttribute("aria-label", columns ? `Sample ${i + 1}, class ${data.classes[label]}` : `Sample ${i + 1}`);
    const canvas = document.createElement("canvas");
    button.append(canvas);
    button.onclick = () => {
      truncation.value = 1;
      goTo(z, label);
      find("play").scrollIntoView();
    };
    find("samples").append(button);
    await new Screen(canvas).show(z, label);
    if (performance.now() - since < FRAME_MS) continue;
    await new Promise(requestAnimationFrame);
    since = performance.now();
  }
}

find("samples-new").onclick = async ({ target }) => {
  target.disabled = true;
  await drawSamples();
  target.disabled = false;
};

// The latent vector as text

function say(words) {
  find("message").textContent = words;
  find("message").hidden = !words;
}

find("vector-use").onclick = () => {
  let values;
  try {
    values = JSON.parse(find("vector").value);
  } catch {
    return say("The latent vector is not JSON.");
  }
  const vector = Array.isArray(values) ? values : values?.latent;
  const label = values?.label ?? point.label;
  if (!Array.isArray(vector) || vector.length !== latentDim || !vector.every(Number.isFinite)) {
    return say(`Give ${latentDim} numbers, as a list or under "latent".`);
  }
  if (label !== 0 && !(label in data.classes)) return say(`There is no class ${label}.`);
  say("");
  truncation.value = 1;
  goTo(vector, label);
};
find("vector-copy").onclick = () => {
  find("vector").select();
  navigator.clipboard?.writeText(find("vector").value);
};
find("vector-save").onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([find("vector").value], { type: "application/json" }));
  link.download = `${data.name}-latent.json`;
  link.click();
};

buildGroups();
showWalk();
await drawSamples();
document.documentElement.dataset.ready = "true";
