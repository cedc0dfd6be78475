const KEYS = 8; // random points that a walk leads through, and back to the first
const LEG_MS = 3000; // from one to the next
const MOST_CLASSES = 10; // of which each has a button
const walks = new WeakMap();
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Walk {
  label = 0;
  playing = !still.matches;
  visible = true;
  opened = null; // the generator, once it draws here
  asked = null; // the address of its program

  constructor(root) {
    this.root = root;
    root.innerHTML = `
      <canvas role="img" aria-label="A picture on the walk" width="28" height="28"></canvas>
      <div class="row">
        <button type="button"></button>
        <input type="range" min="0" max="${KEYS}" step="0.01" value="0" aria-label="Along the walk" />
      </div>
      <fieldset hidden></fieldset>
      <select aria-label="Generator" hidden></select>
      <div class="message" aria-live="polite"></div>`;
    [this.canvas, this.button, this.slider, this.classes, this.select, this.message] = [
      "canvas", "button", "input", "fieldset", "select", ".message",
    ].map((name) => root.querySelector(name));
    this.button.onclick = () => this.play(!this.playing);
    this.slider.oninput = () => {
      this.play(false);
      this.draw();
    };
    this.select.onchange = () => this.open();
    this.observer = new IntersectionObserver(([{ isIntersecting }]) => {
      this.visible = isIntersecting;
      this.goOn();
    });
    this.observer.observe(this.canvas);
    this.play(this.playing);
  }

  destroy() {
    this.playing = false;
    this.observer.disconnect();
    this.root.replaceChildren();
  }

  update(data) {
    const names = data.generators.map(({ name }) => name);
    if (names.join() !== [...this.select.options].map(({ text }) => text).join()) {
      this.select.replaceChildren(...names.map((name) => new Option(name)));
      this.select.hidden = names.length < 2;
    }
    this.data = data;
    this.open();
  }

  async open() {
    const generator = this.data.generators[Math.max(0, this.select.selectedIndex)];
    if (!generator || generator.program === this.asked) return;
    this.asked = generator.program;
    this.message.textContent = this.opened ? "" : "The generator is on its way to your browser ...";
    const opened = await localGenerator(this.data.script, generator.program);
    if (this.asked !== generator.program) return; // another one was chosen meanwhile
    this.message.textContent = opened ? "" : "This browser cannot draw it fast enough now.";
    if (!opened) return;
    this.opened = opened;
    this.noise = generator.noise;
    this.keys = Array.from({ length: KEYS }, () => opened.module.drawNoise(this.noise, opened.latentDim));
    Object.assign(this.canvas, { width: opened.width, height: opened.height });
    this.buildClasses(generator.classes.slice(0, Math.min(opened.classes, MOST_CLASSES)));
    this.draw();
    this.goOn();
  }

  buildClasses(names) {
    this.label = 0;
    this.classes.hidden = names.length === 0;
    this.classes.setAttribute("aria-label", "Class");
    this.classes.replaceChildren(
      ...names.map((name, label) => {
        const choice = document.createElement("label");
        choice.innerHTML = `<input type="radio" name="class" /><span></span>`;
        const [input, words] = choice.children;
        words.textContent = name;
        input.checked = label === 0;
        input.onchange = () => {
          this.label = label;
          this.draw();
        };
        return choice;
      }),
    );
  }

  play(playing) {
    this.playing = playing;
    this.button.textContent = playing ? "Pause" : "Play";
    this.goOn();
  }

  // One frame after the other, for as long as it plays where it can be seen.
  goOn() {
    if (this.going || !this.playing || !this.visible || !this.opened) return;
    this.going = true;
    let before = performance.now();
    const step = (now) => {
      this.going = this.playing && this.visible && this.root.isConnected;
      if (!this.going) return;
      this.slider.value = (this.slider.valueAsNumber + Math.max(0, now - before) / LEG_MS) % KEYS;
      before = now;
      this.draw();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  draw() {
    if (!this.opened) return;
    const { module, draw } = this.opened;
    const at = this.slider.valueAsNumber % KEYS;
    const from = Math.floor(at);
    const [a, b] = [this.keys[from], this.keys[(from + 1) % KEYS]];
    const z = module.pointBetween(this.noise, a, b, at - from);
    this.canvas.getContext("2d").putImageData(draw(z, this.label), 0, 0);
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".walk");
  let walk = walks.get(root);
  if (!walk) walks.set(root, (walk = new Walk(root)));
  walk.update(data);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    walks.delete(root);
    walk.destroy();
  };
}
