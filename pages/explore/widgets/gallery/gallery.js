const drawings = new WeakMap(); // of a gallery: what its pictures are drawn by

function newButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = `<img alt="" draggable="false" /><span></span><b aria-hidden="true"></b>`;
  return button;
}

// One button takes the tab stop of all.
function focusable(root, index) {
  [...root.children].forEach((button, i) => (button.tabIndex = i === index ? 0 : -1));
}

function showHeads(place, names) {
  place.replaceChildren(
    ...names.map((name) => Object.assign(document.createElement("span"), { textContent: name, title: name })),
  );
}

// With columns the pictures fill a table row by row, below the columns' heads.
function showTable(table, { columns, rows, size }) {
  table.classList.toggle("columned", columns.length > 0);
  table.style.setProperty("--size", `${size}px`);
  table.style.setProperty("--columns", columns.length);
  showHeads(table.querySelector(".heads"), columns);
  showHeads(table.querySelector(".rows"), rows);
}

// One after the other; those that stood there before stay until then.
async function showDrawn(root, message, { pictures, drawn }) {
  if (!drawn) {
    drawings.delete(root);
    return;
  }
  if (drawings.get(root)?.key === JSON.stringify(drawn)) return;
  const drawing = new DrawnPictures(drawn);
  drawings.set(root, drawing);
  root.ariaBusy = "true";
  let failure = "";
  for (const [i, { url }] of pictures.entries()) {
    const address = await drawing.address(url).catch((error) => (failure = error.message) && "");
    if (drawings.get(root) !== drawing) return;
    if (address) root.children[i].firstChild.src = address;
    else break;
  }
  message.textContent = failure;
  if (failure) drawings.delete(root); // so that the next update asks again
  root.ariaBusy = "false";
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  root.setAttribute("aria-label", data.label);
  root.classList.toggle("wrap", data.wrap);
  showTable(parentElement.querySelector(".table"), data);

  while (root.children.length > data.pictures.length) root.lastChild.remove();
  data.pictures.forEach(({ url, label }, i) => {
    const button = root.children[i] ?? root.appendChild(newButton());
    const [image, caption, mark] = button.children;
    if (!isDrawn(url) && image.src !== url) image.src = url;
    caption.textContent = data.captions ? label : "";
    mark.textContent = data.marks[i] ?? "";
    button.title = mark.textContent ? `${label}, ${mark.textContent}` : label;
    button.setAttribute("aria-label", button.title);
    if (data.selected === null) button.removeAttribute("aria-pressed");
    else button.setAttribute("aria-pressed", i === data.selected);
  });
  focusable(root, data.selected ?? 0);
  showDrawn(root, parentElement.querySelector(".message"), data);

  root.onclick = (event) => {
    const index = [...root.children].indexOf(event.target.closest("button"));
    if (index >= 0) setTriggerValue("picked", index);
  };
  root.onkeydown = (event) => {
    const last = root.children.length - 1;
    const here = [...root.children].indexOf(event.target.closest("button"));
    const row = data.columns.length;
    const to = {
      ArrowRight: here + 1,
      ArrowLeft: here - 1,
      Home: 0,
      End: last,
      ...(row && { ArrowDown: here + row, ArrowUp: here - row }),
    }[event.key];
    if (to === undefined || to < 0 || to > last) return;
    event.preventDefault();
    focusable(root, to);
    root.children[to].focus();
  };
}
