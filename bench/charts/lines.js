/** Lines: how a figure grows. Each has a colour, a dash, a mark, and its numbers. */
import { createScale, escapeText, picture, px, shortly, ticksOf, WIDTH } from './svg.js';

const HEIGHT = 320;
const BOX = { left: 84, right: WIDTH - 150, top: 14, bottom: HEIGHT - 46 };
/** Lines with more points than this have no mark and no number for each. */
const MARKED_MAX = 12;
const LABEL_HEIGHT = 15;

/** { title, x: { label, format, log }, y: the same, series: [{ name, points: [[x, y]] }] } */
export function lineChart({ title, x, y, series }) {
  const drawn = series
    .map(({ name, points }) => ({ name, points: points.filter(isPoint) }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return '';
  const all = drawn.flatMap(({ points }) => points);
  const domains = [
    domainOf(
      all.map(([at]) => at),
      x.log,
    ),
    domainOf(
      all.map(([, at]) => at),
      y.log,
    ),
  ];
  const toX = createScale(domains[0], [BOX.left, BOX.right], x.log);
  const toY = createScale(domains[1], [BOX.bottom, BOX.top], y.log);
  const body = [
    ...axes({ x, y, toX, toY, domains }),
    ...drawn.map((line, index) => drawLine(line, index, { toX, toY, y })),
    ...labels(drawn, { toY, y }),
  ];
  return picture({
    title,
    description: describe(drawn, x, y),
    height: HEIGHT,
    body: body.join('\n'),
  });
}

const isPoint = ([x, y]) => Number.isFinite(x) && Number.isFinite(y);

function domainOf(values, log) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
  return [0, high === 0 ? 1 : high * 1.06];
}

function axes({ x, y, toX, toY, domains }) {
  const [ticksX, ticksY] = [ticksOf(...domains[0], x.log), ticksOf(...domains[1], y.log)];
  return [
    ...ticksY.map(
      (
        tick,
      ) => `<line class="grid" x1="${BOX.left}" x2="${BOX.right}" y1="${toY(tick)}" y2="${toY(tick)}"/>
<text class="tick" x="${BOX.left - 8}" y="${toY(tick) + 4}" text-anchor="end">${shortly(tick, y.format)}</text>`,
    ),
    ...ticksX.map(
      (
        tick,
      ) => `<line class="grid" x1="${toX(tick)}" x2="${toX(tick)}" y1="${BOX.top}" y2="${BOX.bottom}"/>
<text class="tick" x="${toX(tick)}" y="${BOX.bottom + 17}" text-anchor="middle">${shortly(tick, x.format)}</text>`,
    ),
    `<text class="label" x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeText(x.label)}</text>`,
    `<text class="label" transform="translate(14 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(y.label)}</text>`,
  ];
}

function drawLine({ name, points }, index, { toX, toY, y }) {
  const places = points.map(([at, value]) => [toX(at), toY(value)]);
  const path = places.map(([left, top]) => `${left},${top}`).join(' ');
  const line = `<polyline class="line series-${index % 6}" points="${path}"/>`;
  if (points.length > MARKED_MAX) return line;
  const marks = places.map(([left, top], number) => {
    const value = shortly(points[number][1], y.format);
    const mark = index % 2 === 0 ? disc(left, top) : square(left, top);
    return `<g class="mark series-${index % 6}"><title>${escapeText(name)}: ${value}</title>${mark}</g>`;
  });
  return [line, ...marks].join('\n');
}

const disc = (x, y) => `<circle cx="${x}" cy="${y}" r="4"/>`;
const square = (x, y) => `<rect x="${px(x - 3.5)}" y="${px(y - 3.5)}" width="7" height="7"/>`;

/** Names and last figures at the right, moved apart where they would touch. */
function labels(drawn, { toY, y }) {
  const wanted = drawn
    .map(({ name, points }, index) => ({ name, index, value: points.at(-1)[1] }))
    .map((label) => ({ ...label, top: toY(label.value) }))
    .sort((a, b) => a.top - b.top);
  let free = BOX.top;
  return wanted.map(({ name, index, value, top }) => {
    const place = Math.max(free, top);
    free = place + 2 * LABEL_HEIGHT;
    return `<text class="name series-${index % 6}" x="${BOX.right + 10}" y="${place}">${escapeText(name)}</text>
<text class="value" x="${BOX.right + 10}" y="${place + LABEL_HEIGHT - 2}">${shortly(value, y.format)}</text>`;
  });
}

function describe(drawn, x, y) {
  const few = (points) =>
    points.length > MARKED_MAX ? [points[0], points[points.length >> 1], points.at(-1)] : points;
  const parts = drawn.map(({ name, points }) => {
    const told = few(points).map(
      ([at, value]) => `${shortly(value, y.format)} at ${shortly(at, x.format)} ${x.label}`,
    );
    return `${name}: ${told.join(', ')}`;
  });
  return `${y.label}. ${parts.join('; ')}`;
}
