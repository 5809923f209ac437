/**
 * All mutants of a file in one: each stands beside the sound code, asleep until its number is called. So a
 * build serves all of them, and a process that has tried one can try the next.
 *
 *   await file.sync();          ->  __mutant(17) ? 0 : (await file.sync());
 *   if (isFull(error)) return;  ->  if (__mutant(18) ? (false) : (isFull(error))) return;
 *
 * Two steps that change places can't stand beside each other: a `swap` is only marked, to know who gets
 * there, and is tried in a build of its own.
 */

/**
 * @param {string} source
 * @param {readonly (import('./mutant-source.js').Mutant & { number: number })[]} mutants of this source
 */
export function withMutants(source, mutants) {
  const sites = mutants.filter(({ kind }) => kind !== 'swap');
  const marks = mutants.filter(({ kind }) => kind === 'swap');
  // Statements before the expressions that they hold; of two at one place, one goes around the other.
  sites.sort((a, b) => a.start - b.start || b.end - a.end);
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
  let code = '';
  at = start;
  for (const site of outermost) {
    code += plainPart(source, marks, at, site.start);
    code += marksAt(marks, site.start);
    const rest = sites.filter(
      (other) => other !== site && other.start >= site.start && other.end <= site.end,
    );
    code += beside(site, render(source, rest, insideOf(marks, site), site.start, site.end));
    at = site.end;
  }
  return code + plainPart(source, marks, at, end);
}

const insideOf = (marks, { start }) => marks.filter((mark) => mark.start !== start);

/** What stands between sites, with the marks that stand there. */
function plainPart(source, marks, start, end) {
  let code = '';
  let at = start;
  const here = marks.filter((mark) => mark.start >= start && mark.start < end);
  for (const mark of here.sort((a, b) => a.start - b.start)) {
    code += `${source.slice(at, mark.start)}__mutant(${mark.number});`;
    at = mark.start;
  }
  return code + source.slice(at, end);
}

const marksAt = (marks, start) =>
  marks
    .filter((mark) => mark.start === start)
    .map(({ number }) => `__mutant(${number});`)
    .join('');

function beside({ kind, number, replacement }, code) {
  if (kind === 'throw') return `{ if (!__mutant(${number})) ${code} }`;
  if (kind === 'call') {
    const called = code.trimEnd().replace(/;$/, '');
    return `__mutant(${number}) ? 0 : (${called});`;
  }
  return `(__mutant(${number}) ? (${replacement}) : (${code}))`;
}

/**
 * The module that all of them ask. `MUTANT` has the numbers of those that are awake; those that are asked
 * for are noted in the file `MUTANT_SEEN`, in their order. With `MUTANT_HITS` none is awake, and all that
 * are asked for are noted in that file.
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
`;
