// The sentences of the page, in its language: views/participant/sentences.py.

const sentences = JSON.parse(document.getElementById("sentences")?.textContent ?? "{}");

export const say = (key, values = {}) =>
  (sentences[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
