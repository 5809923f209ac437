/** Scales, and texts that are safe inside a page. */
import { formatCell } from '../report.js';

export const WIDTH = 720;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeText = (text) => `${text}`.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);

/** Up to one decimal: pixels. */
export const px = (value) => Math.round(value * 10) / 10;

/** From `domain` to `range`; with `log`, equal steps are equal factors. */
export function createScale([low, high], [from, to], log = false) {
  const bend = log ? Math.log : (value) => value;
  const span = bend(high) - bend(low) || 1;
  return (value) => px(from + ((bend(value) - bend(low)) / span) * (to - from));
}

/** Round numbers from `low` to `high`, with `log` powers of ten, or of two and five where they are few. */
export function ticksOf(low, high, log = false) {
  if (!log) return evenTicks(low, high);
  const ticks = [];
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

function evenTicks(low, high) {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((wanted) => wanted >= rough);
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high * 1.001; tick += step)
    ticks.push(tick);
  return ticks;
}

/** 12,300 as 12.3 k where only that fits. */
export function shortly(value, format) {
  if (format !== 'count' || Math.abs(value) < 10_000) return formatCell(value, format);
  const [size, sign] = value >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((value / size).toPrecision(3))} ${sign}`;
}

let number = 0;

/** A picture with a name and a description for those who do not see it. */
export function picture({ title, description, height, body }) {
  number += 1;
  const [name, told] = [`picture-${number}`, `picture-${number}-told`];
  return `<figure>
<figcaption>${escapeText(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${px(height)}" role="img" aria-labelledby="${name} ${told}">
<title id="${name}">${escapeText(title)}</title>
<desc id="${told}">${escapeText(description)}</desc>
${body}
</svg>
</figure>`;
}
