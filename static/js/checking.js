// Measures the screen while people mend what does not fit: the form carries the numbers, the server judges them.

const form = document.querySelector("[data-check]");

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

if (form) {
  for (const event of ["resize", "focus", "pageshow"]) addEventListener(event, show);
  window.visualViewport?.addEventListener("resize", show);
  form.addEventListener("submit", show);
  show();
}
