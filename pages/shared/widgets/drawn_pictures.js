// Pictures of latent vectors as addresses for an <img>: drawn here where the browser is quick with the
// generator, else by the server. What it is told is what pages/explore/pictures.py writes.
const AT_A_TIME = 32; // that the server draws for one request
const PATIENCE_MS = 500; // for a generator to come, before the server is asked
const SLICE_MS = 8; // of drawing, between which the page does all else

const isDrawn = (address) => address.startsWith("drawn:");
const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class DrawnPictures {
  made = new Map(); // the address of a picture, or the promise of it, by its number
  sheets = new Map(); // of the server, by the number of their first picture
  canvas = document.createElement("canvas");
  sliceEnd = 0;

  constructor(told) {
    this.told = told;
    this.key = JSON.stringify(told);
    this.vectors = new Float32Array(Uint8Array.from(atob(told.vectors), (letter) => letter.charCodeAt(0)).buffer);
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    const { script, program } = told;
    this.generator = program ? localGenerator(script, program) : null;
  }

  // The address of the picture that is called `drawn:NUMBER`.
  address(name) {
    const number = Number(name.slice("drawn:".length));
    if (!this.made.has(number)) {
      const making = this.make(number);
      making.catch(() => this.made.delete(number)); // so that it is asked for again
      this.made.set(number, making);
    }
    return this.made.get(number);
  }

  async make(number) {
    const generator = await Promise.race([this.generator, rest(PATIENCE_MS)]);
    if (!generator) return this.cut(await this.sheetWith(number), number % AT_A_TIME);
    if (performance.now() > this.sliceEnd) {
      await rest(0);
      this.sliceEnd = performance.now() + SLICE_MS;
    }
    const { latentDim, classes } = this.told;
    const z = this.vectors.subarray(number * latentDim, (number + 1) * latentDim);
    const image = generator.draw(z, classes?.[number] ?? 0);
    return this.addressOf(image.width, image.height, (context) => context.putImageData(image, 0, 0));
  }

  // The server draws the pictures about one of them in a row on one sheet.
  sheetWith(number) {
    const first = number - (number % AT_A_TIME);
    if (!this.sheets.has(first)) {
      const drawing = this.fetchSheet(first);
      drawing.catch(() => this.sheets.delete(first));
      this.sheets.set(first, drawing);
    }
    return this.sheets.get(first);
  }

  async fetchSheet(first) {
    const { server, latentDim, classes } = this.told;
    const vectors = this.vectors.slice(first * latentDim, (first + AT_A_TIME) * latentDim);
    const body = JSON.stringify({
      vectors: btoa(String.fromCharCode(...new Uint8Array(vectors.buffer))),
      classes: classes?.slice(first, first + AT_A_TIME) ?? null,
    });
    const response = await post(server, body, "The picture");
    const sheet = await createImageBitmap(await response.blob());
    return { sheet, width: sheet.width / (vectors.length / latentDim) };
  }

  cut({ sheet, width }, place) {
    return this.addressOf(width, sheet.height, (context) => context.drawImage(sheet, -place * width, 0));
  }

  addressOf(width, height, paint) {
    Object.assign(this.canvas, { width, height });
    paint(this.context);
    return this.canvas.toDataURL();
  }
}
