/** Bars: ratios on both sides of 1 x, and groups of plain figures. */
import { formats } from '../report.js';
import { createScale, escapeText, picture, px, shortly, ticksOf, WIDTH } from './svg.js';

const ROW = 26;
const BAR = 16;
const LEFT = 250;
const RIGHT = WIDTH - 70;

/** { title, bars: [{ name, value }] }: how many times as fast drovebank is. */
export function ratioChart({ title, bars }) {
  if (bars.length === 0) return '';
  const values = bars.map(({ value }) => value);
  const domain = [Math.min(0.5, ...values) / 1.2, Math.max(2, ...values) * 1.2];
  const scale = createScale(domain, [LEFT, RIGHT], true);
  const height = bars.length * ROW + 30;
  const grid = ticksOf(...domain, true).map((tick) => verticalLine(scale(tick), height, tick));
  const rows = bars.map(({ name, value }, row) => {
    const [from, to] = [scale(1), scale(value)].sort((a, b) => a - b);
    const sort = value >= 1 ? 'better' : 'worse';
    const y = row * ROW + (ROW - BAR) / 2;
    return `<text class="label" x="${LEFT - 10}" y="${y + 12.5}" text-anchor="end">${escapeText(name)}</text>
<rect class="${sort}" x="${from}" y="${y}" width="${px(Math.max(1, to - from))}" height="${BAR}" rx="2"/>
<text class="value" x="${to + 6}" y="${y + 12.5}">${formats.times(value)}</text>`;
  });
  const one = scale(1);
  const description = bars.map(({ name, value }) => `${formats.times(value)} ${name}`).join('; ');
  const body = `${grid.join('\n')}
<line class="axis" x1="${one}" x2="${one}" y1="0" y2="${height - 22}"/>
${rows.join('\n')}`;
  return picture({ title: `${title} (1 x: alike)`, description, height, body });
}

function verticalLine(x, height, tick) {
  return `<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height - 22}"/>
<text class="tick" x="${x}" y="${height - 6}" text-anchor="middle">${Number(tick.toPrecision(3))} x</text>`;
}

/** { title, format, groups: [{ name, bars: [{ name, value }] }] } */
export function groupChart({ title, format, groups }) {
  const all = groups.flatMap(({ bars }) => bars.map(({ value }) => value)).filter(Number.isFinite);
  if (all.length === 0) return '';
  const names = groups[0].bars.map(({ name }) => name);
  const scale = createScale([0, Math.max(...all)], [LEFT, RIGHT]);
  let y = 4;
  const parts = [];
  for (const { name, bars } of groups) {
    parts.push(
      `<text class="label" x="${LEFT - 10}" y="${y + 14}" text-anchor="end">${escapeText(name)}</text>`,
    );
    for (const { name: member, value } of bars) {
      if (!Number.isFinite(value)) continue;
      const color = `series-${names.indexOf(member) % 6}`;
      parts.push(
        `<rect class="fill ${color}" x="${LEFT}" y="${y}" width="${px(scale(value) - LEFT)}" height="${BAR}" rx="2"/>`,
        `<text class="value" x="${scale(value) + 6}" y="${y + 12.5}">${shortly(value, format)} ${escapeText(member)}</text>`,
      );
      y += BAR + 3;
    }
    y += 10;
  }
  const told = groups.map(
    (group) =>
      `${group.name}: ${group.bars.map(({ name, value }) => `${shortly(value, format)} ${name}`).join(', ')}`,
  );
  return picture({ title, description: told.join('; '), height: y, body: parts.join('\n') });
}
