// What is wrong with the page that is shown, as a list of sentences.
const faults = [];
const all = css => [...document.querySelectorAll(css)];
if (!document.title) faults.push('no title');
if (!document.documentElement.lang) faults.push('no language');
if (all('h1').length !== 1) faults.push(all('h1').length + ' first headings');
if (all('main').length !== 1) faults.push('no main part');
const wide = document.documentElement.scrollWidth - window.innerWidth;
if (wide > 0) faults.push('wider than the window by ' + wide + ' pixels');
for (const field of all('input:not([type=hidden]), select, textarea')) {
  const named = (field.labels && field.labels.length) || field.ariaLabel || field.hasAttribute('aria-labelledby');
  if (!named) faults.push('a field without a label: ' + field.outerHTML);
}
for (const control of all('a, button')) {
  if (!control.textContent.trim() && !control.ariaLabel) faults.push('nothing to read on: ' + control.outerHTML);
}
for (const image of all('img, svg')) {
  if (!image.hasAttribute('alt') && !image.closest('[aria-label], [aria-hidden]')) faults.push('a picture without words');
}
const ids = all('[id]').map(element => element.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('an id twice: ' + id);
// Text against the background that is really behind it (WCAG 2.1, AA).
const parts = colour => colour.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const behind = element => {
  for (; element; element = element.parentElement) {
    const colour = parts(getComputedStyle(element).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
for (const element of all('body *')) {
  const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const style = getComputedStyle(element);
  if (!own || !element.getClientRects().length || element.closest('svg, script, style')) continue;
  const [a, b] = [light(parts(style.color)), light(behind(element))];
  const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (contrast < 4.5) faults.push('contrast ' + contrast.toFixed(2) + ': ' + element.textContent.trim().slice(0, 60));
}
return [...new Set(faults)];
