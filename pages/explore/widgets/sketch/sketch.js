const SIDE = 280;
const PEN = 20; // of 280 pixels: two of MNIST's 28
const sheets = new WeakMap();

class Sketch {
  constructor(root) {
    root.innerHTML = `<canvas width="${SIDE}" height="${SIDE}" role="img"
      aria-label="Sheet to draw on with a mouse, pen or finger; an upload does without"></canvas>
      <button type="button">Clear</button>`;
    [this.canvas, this.button] = root.children;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.clear();
    this.canvas.onpointerdown = (event) => {
      event.preventDefault();
      this.canvas.setPointerCapture(event.pointerId);
      this.last = null;
      this.line(event);
    };
    this.canvas.onpointermove = (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.line(part);
    };
    this.canvas.onpointerup = () => this.send(this.canvas.toDataURL("image/png"));
    this.button.onclick = () => {
      this.clear();
      this.send("");
    };
  }

  clear() {
    this.context.fillStyle = "black";
    this.context.fillRect(0, 0, SIDE, SIDE);
  }

  line(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const at = [((event.clientX - left) / width) * SIDE, ((event.clientY - top) / height) * SIDE];
    const { context } = this;
    Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "white" });
    context.beginPath();
    context.moveTo(...(this.last ?? at));
    context.lineTo(...at);
    context.stroke();
    this.last = at;
  }

  // After a switch to another tool and back the drawing is still there.
  restore(url) {
    if (!url) return;
    const image = new Image();
    image.onload = () => this.context.drawImage(image, 0, 0);
    image.src = url;
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".sketch");
  let sketch = sheets.get(root);
  if (!sketch) {
    sheets.set(root, (sketch = new Sketch(root)));
    sketch.restore(data.drawing);
  }
  sketch.send = (url) => setStateValue("drawing", url);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    sheets.delete(root);
    root.replaceChildren();
  };
}
