// A frame as gan_core/plane/frame.py packs it: 64 bytes, then float16 numbers, little endian.

function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}

// All 65,536 of them once: a frame has six thousand numbers, ten times a second.
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));

function halves(view, from, count, factor = 1, offset = 0) {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = offset + factor * HALVES[view.getUint16(from + 2 * i, true)];
  return numbers;
}

function unpackPoints(buffer) {
  return halves(new DataView(buffer), 0, buffer.byteLength >> 1);
}

function unpackFrame(buffer) {
  const view = new DataView(buffer);
  const u16 = (at) => view.getUint16(at, true);
  const f32 = (at) => view.getFloat32(at, true);
  if (view.byteLength < 64 || view.getUint32(0, false) !== 0x47535046) throw new Error("no frame");
  const [n, side, arrows, rows, columns] = [12, 14, 16, 18, 20].map(u16);
  const [low, high, level, onReal, onGenerated, longest, near] = [24, 28, 32, 36, 40, 44, 48].map(f32);
  const bits = view.getBigUint64(56, true);
  let at = 64;
  const take = (count, factor, offset) => {
    const numbers = halves(view, at, count, factor, offset);
    at += 2 * count;
    return numbers;
  };
  return {
    step: view.getUint32(4, true),
    number: view.getUint32(8, true),
    label: view.getInt16(22, true),
    averaged: u16(54) === 1,
    side, rows, columns, low, high, level, onReal, onGenerated, longest, near,
    covered: Array.from({ length: u16(52) }, (_, i) => Boolean((bits >> BigInt(i)) & 1n)),
    points: take(2 * n),
    landscape: take(side * side, high - low, low),
    arrows: take(2 * arrows, longest),
    sheet: take(2 * rows * columns),
  };
}

// The newest frame of each piece of a stream in which frames follow one another, each behind its
// length in four bytes. Who leaves off ends the stream.
async function* framesOf(reader) {
  let rest = new Uint8Array(0);
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      const all = new Uint8Array(rest.length + value.length);
      all.set(rest);
      all.set(value, rest.length);
      const view = new DataView(all.buffer);
      let [at, from, until] = [0, 0, 0];
      while (at + 4 <= all.length && at + 4 + view.getUint32(at, true) <= all.length) {
        from = at + 4;
        at = until = from + view.getUint32(at, true);
      }
      rest = all.subarray(at);
      if (until) yield unpackFrame(all.slice(from, until).buffer);
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {}); // it may have failed
  }
}
