/**
 * All mutants of a file in one: each stands beside the sound code, asleep until its number is called. So a
 * build serves all of them, and a process that has tried one can try the next.
 *
 *   await file.sync();          ->  __mutant(17) ? 0 : (await file.sync());
 *   if (isFull(error)) return;  ->  if (__mutant(18) ? (false) : (isFull(error))) return;
 *   await a(); await b();       ->  if (__mutant(19)) {await b();} await a(); if (!__mutant(19)) {await b();}
 *
 * Two declarations that change places can't stand beside each other: such a `swap` is only marked, to know
 * who gets there, and is tried in a build of its own.
 */

/**
 * @param {string} source
 * @param {readonly (import('./mutant-source.js').Mutant & { number: number })[]} mutants of this source
 */
export function withMutants(source, mutants) {
  const swaps = mutants.filter(({ kind }) => kind === 'swap');
  const sites = mutants.filter(({ kind }) => kind !== 'swap');
  for (const { number, move } of swaps) {
    if (move) sites.push({ number, kind: 'moved', start: move.start, end: move.end });
  }
  // Statements before the expressions that they hold; of two at one place a block goes around the other.
  const isBlock = ({ kind }) => Number(kind === 'moved');
  sites.sort((a, b) => a.start - b.start || b.end - a.end || isBlock(b) - isBlock(a));
  const marks = swaps.map(({ number, start, move }) => ({ number, move, at: move?.to ?? start }));
  const code = render(source, sites, marks, 0, source.length);
  return `import { __mutant } from '#lib/mutant.js';\n${code}`;
}

function render(source, sites, marks, start, end) {
  const outermost = [];
  let at = start;
  for (const site of sites) {
    if (site.start < at || site.end > end || site.start < start) continue;
    outermost.push(site);
    at = site.end;
  }
  const marked = (from, to) =>
    marks
      .filter((mark) => mark.at >= from && mark.at < to)
      .sort((a, b) => a.at - b.at)
      .map((mark) => ({ at: mark.at, code: markCode(source, sites, marks, mark) }));
  const plain = (from, to) => {
    let code = '';
    let done = from;
    for (const mark of marked(from, to)) {
      code += source.slice(done, mark.at) + mark.code;
      done = mark.at;
    }
    return code + source.slice(done, to);
  };
  let code = '';
  at = start;
  for (const site of outermost) {
    code += plain(at, site.start);
    for (const mark of marked(site.start, site.start + 1)) code += mark.code;
    code += beside(site, inside(source, sites, marks, site));
    at = site.end;
  }
  return code + plain(at, end);
}

/** What a site holds, with all that is broken in it but itself. */
function inside(source, sites, marks, site) {
  const inner = sites.filter(
    (other) => other !== site && other.start >= site.start && other.end <= site.end,
  );
  const rest = marks.filter(({ at }) => at > site.start && at < site.end);
  return render(source, inner, rest, site.start, site.end);
}

/** Before or behind its neighbour: the one that moves. Of a swap that can't be asleep: only that it is there. */
function markCode(source, sites, marks, { number, move }) {
  if (!move) return `__mutant(${number});`;
  const moved = sites.find((site) => site.kind === 'moved' && site.number === number);
  return `if (__mutant(${number})) {${inside(source, sites, marks, moved)}}`;
}

function beside({ kind, number, replacement }, code) {
  if (kind === 'throw') return `{ if (!__mutant(${number})) ${code} }`;
  if (kind === 'moved') return `if (!__mutant(${number})) {${code}}`;
  if (kind === 'call') {
    const called = code.trimEnd().replace(/;$/, '');
    return `__mutant(${number}) ? 0 : (${called});`;
  }
  return `(__mutant(${number}) ? (${replacement}) : (${code}))`;
}

/**
 * The module that all of them ask. `MUTANT` has the numbers of those that are awake; those that are asked
 * for are noted in the file `MUTANT_SEEN`, in their order. With `MUTANT_HITS` none is awake, and all that
 * are asked for are noted in that file, behind the name of the test that got to them.
 */
export const MUTANT_MODULE = `
import { appendFileSync } from 'node:fs';
const { MUTANT = '', MUTANT_HITS: hits, MUTANT_SEEN: notes = hits } = process.env;
const parse = (numbers) => new Set(numbers.split(',').filter(Boolean).map(Number));
let awake = parse(MUTANT);
let seen = new Set();
export const __mutant = (number) => {
  const broken = awake.has(number);
  if ((broken || hits) && notes && !seen.has(number)) {
    seen.add(number);
    appendFileSync(notes, number + '\\n');
  }
  return broken;
};
export function wake(numbers) {
  awake = parse(numbers);
  seen = new Set();
}
export function begin(test) {
  if (!hits) return;
  seen = new Set();
  appendFileSync(hits, '=' + JSON.stringify(test) + '\\n');
}
`;

/** What a test runner loads before each test file of the copy. */
export const MARKS_MODULE = `
import { beforeEach } from 'vitest';
import { begin } from '#lib/mutant.js';
const nameOf = ({ name, suite }) => (suite?.name ? nameOf(suite) + ' ' + name : name);
beforeEach(({ task }) => begin(nameOf(task)));
`;
