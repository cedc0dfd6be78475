// Runs a generator that program.py wrote, in a page or in a worker; what a program is, stands there.
// All arrays of maps are (height, width, maps), as flat Float32Arrays.

// What a program in bytes says of its generator, and `run(z, label)`: its image in [-1, 1], (height,
// width, channels), in an array that the next run overwrites.
export function openProgram(bytes) {
  const start = 8 + new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const numbers = readNumbers(bytes.slice(start).buffer, header.precision);
  const kept = [];
  let shape = [1, 1, header.latent_dim];
  const steps = header.operations.map((operation) => {
    const make = MAKERS[operation.op];
    if (!make) throw new Error(`The operation ${operation.op} is unknown.`);
    const step = make(operation, shape, numbers, kept);
    shape = step.shape;
    return step.run;
  });
  const [height, width, channels] = header.shape;
  const run = (z, label = 0) =>
    steps.reduce((maps, step) => step(maps, label), Float32Array.from(z));
  return { latentDim: header.latent_dim, classes: header.classes, height, width, channels, run };
}

// An image in [-1, 1] as the pixels of an ImageData: one grey channel, or red, green and blue.
export function toPixels(image, channels) {
  const pixels = new Uint8ClampedArray((image.length / channels) * 4);
  for (let i = 0, at = 0; at < pixels.length; at += 4, i += channels) {
    for (let c = 0; c < 3; c++) {
      pixels[at + c] = (image[i + (channels === 3 ? c : 0)] + 1) * 127.5; // rounds half to even
    }
    pixels[at + 3] = 255;
  }
  return pixels;
}

// A random point of latent space; `kind` is that of the generator's noise, normal or uniform.
export function drawNoise(kind, size) {
  const uniform = () => 1 - Math.random(); // never 0
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Array.from({ length: size }, kind === "uniform" ? () => 2 * Math.random() - 1 : normal);
}

// A point on the way from a to b: along the arc for normal noise, as gan_core.latent.paths.slerp
// goes it, else straight.
export function pointBetween(kind, a, b, share) {
  const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  const [lengthA, lengthB] = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / (lengthA * lengthB))));
  if (kind !== "normal" || !(Math.sin(angle) > 1e-4)) {
    return a.map((value, i) => (1 - share) * value + share * b[i]);
  }
  const length = (1 - share) * lengthA + share * lengthB;
  const from = (length * Math.sin((1 - share) * angle)) / (Math.sin(angle) * lengthA);
  const to = (length * Math.sin(share * angle)) / (Math.sin(angle) * lengthB);
  return a.map((value, i) => from * value + to * b[i]);
}

function readNumbers(buffer, precision) {
  if (precision === "float32") return new Float32Array(buffer);
  const powers = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));
  return Float32Array.from(new Uint16Array(buffer), (half) => {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const size = exponent ? (1024 + fraction) * powers[exponent] : fraction * powers[1];
    return half & 0x8000 ? -size : size;
  });
}

// Each gives the shape that comes out of an operation, and what does it; arrays are made once.
const MAKERS = { linear: sums, convolution: sums, transposed: sums, label, unit, reshape, double, keep, add };

// What each pixel of the input gives to every place of the kernel, as one row of sums, and then to
// the pixels that those places fall on. After a ReLU half the inputs are 0 and cost nothing.
function sums({ op, inputs, outputs, kernel, stride, padding, extra, groups, at }, [height, width, maps], numbers) {
  if (maps !== inputs) throw new Error(`${maps} maps come to an operation of ${inputs}.`);
  const [high, wide] = kernel;
  const n = outputs / groups;
  const each = inputs / groups;
  const row = high * wide * n;
  const weights = numbers.subarray(at, at + inputs * row);
  const bias = numbers.subarray(at + inputs * row, at + inputs * row + outputs);
  const reach = (axis, size) =>
    op === "transposed"
      ? (size - 1) * stride[axis] - 2 * padding[axis] + kernel[axis] + extra[axis]
      : Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
  const [down, across] = [reach(0, height), reach(1, width)];
  const rows = places(height, down, kernel[0], stride[0], padding[0], op);
  const columns = places(width, across, kernel[1], stride[1], padding[1], op);
  const given = new Float32Array(row);
  const result = new Float32Array(down * across * outputs);
  const live = new Int32Array(each);
  const run = (x) => {
    for (let p = 0; p < result.length; p += outputs) result.set(bias, p);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const [r, c] = [Math.floor(pixel / width), pixel % width];
      for (let group = 0; group < groups; group++) {
        give(x, pixel * inputs + group * each, each, weights, group * each * row, live, given);
        for (let place = 0; place < high * wide; place++) {
          const y = rows[r * high + Math.floor(place / wide)];
          const z = columns[c * wide + (place % wide)];
          if (y < 0 || z < 0) continue;
          const to = (y * across + z) * outputs + group * n;
          for (let o = 0, from = place * n; o < n; o++) result[to + o] += given[from + o];
        }
      }
    }
    return result;
  };
  return { shape: [down, across, outputs], run };
}

// Which pixel each place of the kernel falls on from each pixel of an axis; -1: none.
function places(size, limit, kernel, stride, padding, op) {
  return Int32Array.from({ length: size * kernel }, (_, i) => {
    const [pixel, place] = [Math.floor(i / kernel), i % kernel];
    const to = op === "transposed" ? pixel * stride - padding + place : (pixel + padding - place) / stride;
    return Number.isInteger(to) && to >= 0 && to < limit ? to : -1;
  });
}

// The rows of weights (count, row), summed by the inputs: four at a time, so that a sum is fetched
// and stored once for four products.
function give(x, from, count, weights, first, live, given) {
  const row = given.length;
  let alive = 0;
  for (let i = 0; i < count; i++) if (x[from + i] !== 0) live[alive++] = i;
  given.fill(0);
  let k = 0;
  for (; k + 3 < alive; k += 4) {
    const [a, b, c, d] = [live[k], live[k + 1], live[k + 2], live[k + 3]];
    const [xa, xb, xc, xd] = [x[from + a], x[from + b], x[from + c], x[from + d]];
    const [wa, wb, wc, wd] = [first + a * row, first + b * row, first + c * row, first + d * row];
    for (let o = 0; o < row; o++) {
      given[o] += xa * weights[wa + o] + xb * weights[wb + o] + xc * weights[wc + o] + xd * weights[wd + o];
    }
  }
  for (; k < alive; k++) {
    const value = x[from + live[k]];
    const w = first + live[k] * row;
    for (let o = 0; o < row; o++) given[o] += value * weights[w + o];
  }
}

function label({ classes }, [, , maps]) {
  const result = new Float32Array(maps + classes);
  const run = (x, chosen) => {
    result.set(x);
    result.fill(0, maps);
    result[maps + chosen] = 1;
    return result;
  };
  return { shape: [1, 1, maps + classes], run };
}

const UNITS = {
  relu: () => (x) => (x > 0 ? x : 0),
  leaky: (slope) => (x) => (x > 0 ? x : x * slope),
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  tanh: () => Math.tanh,
};

// In place: what comes in is the array of the operation before.
function unit({ unit: name, slope }, shape) {
  const apply = UNITS[name](slope);
  const run = (x) => {
    for (let i = 0; i < x.length; i++) x[i] = apply(x[i]);
    return x;
  };
  return { shape, run };
}

function reshape({ height, width }, [, , numbers]) {
  const [pixels, maps] = [height * width, numbers / (height * width)];
  const result = new Float32Array(numbers);
  const run = (x) => {
    for (let i = 0; i < numbers; i++) result[(i % pixels) * maps + Math.floor(i / pixels)] = x[i];
    return result;
  };
  return { shape: [height, width, maps], run };
}

function double(_, [height, width, maps]) {
  const result = new Float32Array(4 * height * width * maps);
  const run = (x) => {
    for (let pixel = 0; pixel < 4 * height * width; pixel++) {
      const [r, c] = [Math.floor(pixel / (2 * width)) >> 1, (pixel % (2 * width)) >> 1];
      const from = (r * width + c) * maps;
      result.set(x.subarray(from, from + maps), pixel * maps);
    }
    return result;
  };
  return { shape: [2 * height, 2 * width, maps], run };
}

function keep(_, shape, __, kept) {
  const copy = new Float32Array(shape[0] * shape[1] * shape[2]);
  kept.push(copy);
  const run = (x) => {
    copy.set(x);
    return x;
  };
  return { shape, run };
}

function add(_, shape, __, kept) {
  const copy = kept.pop();
  const run = (x) => {
    for (let i = 0; i < x.length; i++) x[i] += copy[i];
    return x;
  };
  return { shape, run };
}
