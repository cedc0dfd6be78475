const SIDE = 280;
const NEAR = 0.015; // of the plane, which is 2 wide: closer points of a stroke are left out
const planes = new WeakMap();

class Plane {
  constructor(root) {
    root.innerHTML = `<canvas width="${SIDE}" height="${SIDE}" role="img"
      aria-label="Plane to draw a distribution on with a mouse, pen or finger; a file of points does without"></canvas>
      <div><button type="button">Take back</button><button type="button">Clear</button></div>`;
    this.canvas = root.querySelector("canvas");
    const [back, clear] = root.querySelectorAll("button");
    this.strokes = [];
    this.canvas.onpointerdown = (event) => {
      event.preventDefault();
      this.canvas.setPointerCapture(event.pointerId);
      this.strokes.push([]);
      this.add(event);
    };
    this.canvas.onpointermove = (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.add(part);
    };
    this.canvas.onpointerup = () => this.send(this.strokes);
    back.onclick = () => this.change(this.strokes.slice(0, -1));
    clear.onclick = () => this.change([]);
  }

  change(strokes) {
    this.strokes = strokes;
    this.draw();
    this.send(strokes);
  }

  add(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const inside = (share) => Math.round(1e4 * Math.min(1, Math.max(-1, 2 * share - 1))) / 1e4;
    const point = [inside((event.clientX - left) / width), inside(1 - (event.clientY - top) / height)];
    const stroke = this.strokes.at(-1);
    const last = stroke.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAR) return;
    stroke.push(point);
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, SIDE, SIDE);
    const color = getComputedStyle(this.canvas).color;
    Object.assign(context, { lineWidth: 6, lineCap: "round", lineJoin: "round", strokeStyle: color });
    for (const stroke of this.strokes) {
      context.beginPath();
      for (const [x, y] of stroke) context.lineTo(((x + 1) / 2) * SIDE, ((1 - y) / 2) * SIDE);
      if (stroke.length === 1) context.lineTo(((stroke[0][0] + 1) / 2) * SIDE, ((1 - stroke[0][1]) / 2) * SIDE);
      context.stroke();
    }
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".strokes");
  let plane = planes.get(root);
  if (!plane) {
    planes.set(root, (plane = new Plane(root)));
    // After a switch to another distribution and back the drawing is still there.
    plane.strokes = Array.isArray(data.strokes) ? data.strokes : [];
    plane.draw();
  }
  plane.send = (strokes) => setStateValue("strokes", strokes);
  return () => {
    // Streamlit also calls this for a call that a newer one is about to follow.
    if (root.isConnected) return;
    planes.delete(root);
    root.replaceChildren();
  };
}
