// Generators that draw in the browser, by the address of their program; components put this before
// their own script.
const QUICK_MS = 12; // a picture, which leaves room in a frame of the screen for all else
const TRIES = 20; // after which one that was not quick once is given up
const BETWEEN_TRIES_MS = 50; // for all else that goes on in the page
const MOST_KEPT = 4;
// All components of a page share them.
const localGenerators = (globalThis.ganscopeGenerators ??= new Map());

// Resolves to what the program says of its generator, the module that runs it, and `draw(z, label)`,
// which gives an ImageData, where that is quick here; else to null.
function localGenerator(script, address) {
  if (!localGenerators.has(address)) {
    const opening = openLocally(script, address).catch(() => {
      localGenerators.delete(address); // the network may be back when it is asked for again
      return null;
    });
    localGenerators.set(address, opening);
    if (localGenerators.size > MOST_KEPT) localGenerators.delete(localGenerators.keys().next().value);
  }
  return localGenerators.get(address);
}

async function openLocally(script, address) {
  const [module, answer] = await Promise.all([
    import(new URL(script, document.baseURI).href),
    fetch(address),
  ]);
  if (!answer.ok) return null;
  const program = module.openProgram(new Uint8Array(await answer.arrayBuffer()));
  const { latentDim, width, height, channels } = program;
  const draw = (z, label) => new ImageData(module.toPixels(program.run(z, label), channels), width, height);
  const z = Float32Array.from({ length: latentDim }, (_, i) => Math.sin(i));
  // The first are slow, until the browser has compiled what they run, and so are those that
  // something else on the machine interrupts.
  for (let count = 0; count < TRIES; count++) {
    const begin = performance.now();
    draw(z, 0);
    if (performance.now() - begin < QUICK_MS) return { ...program, module, draw };
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));
  }
  return null;
}
