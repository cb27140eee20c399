// Measures the screen: on the page of the check, while people mend what does not fit (the form carries the numbers, the
// server judges them), and during trials, because people zoom and windows are moved to other screens.

let form;

// Some browsers tell their zoom by the size of their window. What would mean less than one pixel of the screen for one
// of the page unzoomed is a side bar.
function zoom() {
  const guess = matchMedia("(pointer: fine)").matches && outerWidth ? outerWidth / innerWidth : 1;
  return (window.visualViewport?.scale ?? 1) * (guess > 1 && devicePixelRatio / guess < 0.99 ? 1 : guess);
}

function measure() {
  return {
    window_width: innerWidth, window_height: innerHeight, screen_width: screen.width, screen_height: screen.height,
    pixel_ratio: devicePixelRatio, zoom: zoom(),
  };
}

function words(name, value) {
  const { lang } = document.documentElement;
  if (name === "zoom") return value.toLocaleString(lang, { style: "percent" });
  if (name === "pixel_ratio") return value.toLocaleString(lang, { maximumFractionDigits: 2 });
  return `${Math.round(value)} px`;
}

const fits = ({ least, most, whole, tolerance }, value) =>
  whole ? Math.abs(value - Math.round(value)) <= tolerance : value >= (least ?? value) && value <= (most ?? value);

function show() {
  if (!form) return;
  const measured = measure();
  for (const [name, value] of Object.entries(measured)) form.elements[name].value = value;
  for (const row of form.querySelectorAll("[data-limit]")) {
    const limit = JSON.parse(row.dataset.limit);
    const value = measured[limit.measure];
    const good = fits(limit, value);
    row.querySelector("[data-now]").textContent = words(limit.measure, value);
    row.querySelector("[data-verdict]").textContent = good ? form.dataset.fits : form.dataset.fails;
    row.querySelector("[data-verdict]").classList.toggle("verdict-bad", !good);
  }
}

// Says what does not fit, where it does not; the words are in _screen.html, one part for each of data-ratio-rule. Where
// the study blocks, the pictures are covered until it fits again.
export function screenFits(root) {
  const notice = root.querySelector("[data-ratio-notice]");
  if (!notice) return true;
  const broken = JSON.parse(root.dataset.ratioRule).map((rule) => !fits(rule, devicePixelRatio));
  for (const now of notice.querySelectorAll("[data-ratio-now]")) {
    now.textContent = words("pixel_ratio", devicePixelRatio);
  }
  notice.querySelectorAll("li").forEach((item, i) => (item.hidden = !broken[i]));
  notice.hidden = !broken.includes(true);
  root.classList.toggle("blocked", !notice.hidden && root.dataset.ratioAction === "block");
  return notice.hidden;
}

// The page of the check, where it is one.
export function startCheck() {
  form = document.querySelector("[data-check]");
  form?.addEventListener("submit", show);
  show();
}

for (const event of ["resize", "focus", "pageshow"]) addEventListener(event, show);
window.visualViewport?.addEventListener("resize", show);
