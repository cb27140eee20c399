// Two candidates and a region on them. The page works without this: it shows what is chosen at once, and lets the
// region be drawn over a picture instead of typed.

const REGION = ["left", "top", "width", "height"];

function showChosen(form) {
  for (const name of ["first", "second"]) {
    const chosen = form.querySelector(`input[name="${name}"]:checked`);
    if (!chosen) continue;
    const picture = chosen.closest("li").querySelector("img");
    form.querySelector(`[data-shown="${name}"]`).src = picture.src;
    form.querySelector(`[data-number="${name}"]`).textContent = chosen.dataset.number;
  }
}

// Hidden fields are off: one that is out of range would hold the form back where nobody sees it.
function showKind(form) {
  const fusion = form.querySelector('input[name="kind"][value="fusion"]:checked');
  for (const field of form.querySelectorAll(".of-fusion input")) field.disabled = !fusion;
}

function showRegion(form) {
  const [x, y, width, height] = REGION.map((name) => Math.max(0, form.elements[name].valueAsNumber || 0));
  for (const rect of form.querySelectorAll(".mix-region rect")) {
    for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, value);
  }
}

// Whole pixels of the candidate under the pointer, held inside the picture.
function pixelAt(event, svg) {
  const box = svg.getBoundingClientRect();
  const { width, height } = svg.viewBox.baseVal;
  const hold = (value, most) => Math.min(Math.max(value, 0), most);
  return [
    hold(((event.clientX - box.left) / box.width) * width, width),
    hold(((event.clientY - box.top) / box.height) * height, height),
  ];
}

function drag(form, picture) {
  const svg = picture.querySelector("svg");
  let start = null;
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !form.querySelector('input[name="kind"][value="fusion"]:checked')) return;
    start = pixelAt(event, svg);
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  picture.addEventListener("pointermove", (event) => {
    if (!start) return;
    const end = pixelAt(event, svg);
    const low = [0, 1].map((axis) => Math.floor(Math.min(start[axis], end[axis])));
    const high = [0, 1].map((axis) => Math.ceil(Math.max(start[axis], end[axis])));
    const values = [...low, Math.max(high[0] - low[0], 1), Math.max(high[1] - low[1], 1)];
    REGION.forEach((name, at) => { form.elements[name].value = values[at]; });
    showRegion(form);
  });
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => { start = null; });
}

for (const form of document.querySelectorAll("[data-mixing]")) {
  form.addEventListener("input", () => { showChosen(form); showKind(form); showRegion(form); });
  for (const picture of form.querySelectorAll("[data-region-on]")) drag(form, picture);
  form.querySelector("[data-drag-hint]").hidden = false;
  showChosen(form); // a reload keeps what was chosen
  showKind(form);
  showRegion(form);
}
