/**
 * Mutants of a source file: each is the file with one thing broken that somebody might forget or get
 * wrong. They are found in the syntax tree, never chosen by hand.
 *
 *  call    a statement that is a call and nothing else is taken out: a sync, a rename, a check
 *  answer  what the disk or the desk answers is a constant: it is there, it is ours, it was made
 *  check   a guard (`if (…) throw`, `return` …) is taken out; what else an `if` decides is never done
 *  always  what an `if` decides, and is no guard, is always done
 *  throw   a refusal is not thrown
 *  choice  of `a ? b : c` always the one, or always the other
 *  operand of `a && b` or `a || b` only the one, or only the other
 *  claim   what is returned or handed on as true or false is always true, or always false
 *  swap    two neighbouring steps that wait for something change places
 */
import { createHash } from 'node:crypto';
import { parseAst } from 'rolldown/parseAst';

/**
 * @typedef {object} Mutant
 * @property {string} id file:line:kind:hash
 * @property {string} key the same without the line: stays while the code does
 * @property {string} file @property {number} line @property {string} kind
 * @property {string} text what is broken, on one line
 * @property {number} start @property {number} end @property {string} replacement
 * @property {{ start: number, end: number, to: number }} [move] of a `swap`: the one that moves, and to where
 */

/** Calls whose answer decides something, and the wrong answers that are worth a try. */
const ANSWERS = {
  exists: ['true', 'false'],
  isMine: ['true', 'false'],
  isThere: ['true', 'false'],
  holds: ['true', 'false'],
  touch: ['true', 'false'],
  makeFolder: ['true', 'false'],
  confirm: ['true', 'false'],
  isSurelyDead: ['true', 'false'],
  // Not `false`: then each file is synced by itself, which is slower and as good.
  flushFileSystem: ['true'],
  facts: ['undefined'],
};

/** Told to who listens; decides nothing. */
const HINTS = /^channels\.|\.(?:publish|take)\(\)?$|breath\.take\(|\.pause\(/;

/** It says what no input makes false, or the program is wrong: `drovebank bug: …`. */
const NEVER_FALSE = /^assert\((?!await)/;

const GUARDED = new Set(['undamaged', 'assert', 'must']);
const COMPARISONS = new Set(['===', '!==', '<', '<=', '>', '>=', 'instanceof', 'in']);

/** @returns {Mutant[]} */
export function mutantsOf(file, source) {
  /** @type {Mutant[]} */
  const mutants = [];
  const seen = new Map();
  const lineOf = (at) => source.slice(0, at).split('\n').length;
  const codeOf = (node) => source.slice(node.start, node.end);
  const add = (kind, { start, end }, replacement, text, more) => {
    const content = `${kind}\n${source.slice(start, end)}\n${replacement}`;
    const known = seen.get(content) ?? 0;
    seen.set(content, known + 1);
    const hash = createHash('sha256').update(`${content}\n${known}`).digest('hex').slice(0, 8);
    const line = lineOf(start);
    mutants.push({
      id: `${file}:${line}:${kind}:${hash}`,
      key: `${file}:${kind}:${hash}`,
      ...{ file, line, kind, text, start, end, replacement, ...more },
    });
  };
  const visit = (node, parent) => {
    Object.defineProperty(node, 'parent', { value: parent });
    for (const rule of RULES) rule(node, parent, add, codeOf);
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(parseAst(source, { lang: 'ts' }), undefined);
  return mutants.sort((a, b) => a.start - b.start || a.kind.localeCompare(b.kind));
}

/** The source with the mutant in it. */
export function applied(source, { start, end, replacement }) {
  return source.slice(0, start) + replacement + source.slice(end);
}

const RULES = [
  takeOutCall,
  giveAnswer,
  decideCheck,
  takeOutThrow,
  choose,
  dropOperand,
  claim,
  swap,
];

function takeOutCall(node, parent, add, codeOf) {
  if (node.type !== 'ExpressionStatement' || isAllOfIf(parent)) return;
  const inner =
    node.expression.type === 'AwaitExpression' ? node.expression.argument : node.expression;
  const called = inner.type === 'ChainExpression' ? inner.expression : inner;
  if (called.type !== 'CallExpression' || HINTS.test(codeOf(called.callee).concat('('))) return;
  if (codeOf(called.callee) === 'super' || NEVER_FALSE.test(codeOf(called))) return;
  add('call', node, ';', `without ${brief(codeOf(node))}`);
}

function giveAnswer(node, parent, add, codeOf) {
  const call = node.type === 'AwaitExpression' ? node.argument : node;
  if (call.type !== 'CallExpression' || parent?.type === 'ExpressionStatement') return;
  if (node.type === 'CallExpression' && parent?.type === 'AwaitExpression') return;
  const name = nameOf(call.callee);
  if (!Object.hasOwn(ANSWERS, name)) return;
  for (const answer of ANSWERS[name]) {
    add('answer', node, answer, `${brief(codeOf(call))} is always ${answer}`);
  }
}

function decideCheck(node, _parent, add, codeOf) {
  if (node.type !== 'IfStatement') return;
  const { test, consequent, alternate } = node;
  // A guard that always strikes lets nothing through: that shows at once, and proves little.
  const isGuard = leaves(consequent) && !alternate;
  const code = brief(codeOf(test));
  add('check', test, '(false as boolean)', `if (${code}) is always false`);
  if (!isGuard) add('always', test, '(true as boolean)', `if (${code}) is always true`);
}

function takeOutThrow(node, parent, add, codeOf) {
  // One that is all that an `if` does goes with its condition.
  if (node.type !== 'ThrowStatement' || isAllOfIf(parent)) return;
  add('throw', node, ';', `without ${brief(codeOf(node))}`);
}

const leaves = (node) => LEAVES.has(statementsOf(node).at(-1)?.type ?? '');
const statementsOf = (node) => (node.type === 'BlockStatement' ? node.body : [node]);

function isAllOfIf(parent) {
  if (parent?.type === 'BlockStatement' && parent.body.length > 1) return false;
  const above = parent?.type === 'BlockStatement' ? parent.parent : parent;
  return above?.type === 'IfStatement' && !above.alternate;
}

function choose(node, _parent, add, codeOf) {
  if (node.type !== 'ConditionalExpression') return;
  for (const arm of [node.consequent, node.alternate]) {
    add(
      'choice',
      node,
      `(${codeOf(arm)})`,
      `of ${brief(codeOf(node))} always ${brief(codeOf(arm))}`,
    );
  }
}

function dropOperand(node, _parent, add, codeOf) {
  if (node.type !== 'LogicalExpression' || node.operator === '??') return;
  for (const side of [node.left, node.right]) {
    add(
      'operand',
      node,
      `(${codeOf(side)})`,
      `of ${brief(codeOf(node))} only ${brief(codeOf(side))}`,
    );
  }
}

/** A comparison that is no condition of an `if`: what is returned, checked by a call, handed to a filter. */
function claim(node, parent, add, codeOf) {
  const compares = node.type === 'BinaryExpression' && COMPARISONS.has(node.operator);
  if (!compares || parent === undefined || !HOLDERS.has(parent.type)) return;
  if (parent.type === 'CallExpression' && !GUARDED.has(nameOf(parent.callee))) return;
  // A guard's claim that always holds is the guard taken out; that never holds shows at once.
  if (parent.type === 'CallExpression') return;
  for (const answer of ['true', 'false']) {
    add('claim', node, `(${answer} as boolean)`, `${brief(codeOf(node))} is always ${answer}`);
  }
}

const HOLDERS = new Set([
  'ReturnStatement',
  'ArrowFunctionExpression',
  'VariableDeclarator',
  'UnaryExpression',
  'Property',
]);

/** Statements next to each other that both wait, where neither names what the other declares. */
function swap(node, _parent, add, codeOf) {
  const body = node.type === 'BlockStatement' || node.type === 'Program' ? node.body : [];
  for (const [index, first] of body.entries()) {
    const second = body[index + 1];
    if (!second || !waits(first) || !waits(second)) continue;
    if (LEAVES.has(first.type) || LEAVES.has(second.type)) continue;
    if (names(second, declaredBy(first)) || names(first, declaredBy(second))) continue;
    if (HINTS.test(codeOf(first)) || HINTS.test(codeOf(second))) continue;
    const [one, two] = [codeOf(first), codeOf(second)];
    const text = `${brief(two, 40)} before ${brief(one, 40)}`;
    const move = moveOf(first, second);
    add('swap', { start: first.start, end: second.end }, `${two}\n${one}`, text, { move });
  }
}

/** Which of two statements can go to the other's other side in a block of its own: one that declares nothing. */
function moveOf(first, second) {
  const movable = ({ type }) => type !== 'VariableDeclaration';
  const span = ({ start, end }) => ({ start, end });
  if (movable(second)) return { ...span(second), to: first.start };
  return movable(first) ? { ...span(first), to: second.end } : undefined;
}

const LEAVES = new Set([
  'ReturnStatement',
  'ThrowStatement',
  'BreakStatement',
  'ContinueStatement',
]);

function waits(node) {
  if (node.type === 'AwaitExpression') return true;
  if (node.type === 'ForOfStatement' && node.await) return true;
  if (/Function/.test(node.type)) return false;
  return childrenOf(node).some(waits);
}

function declaredBy(node) {
  if (node.type !== 'VariableDeclaration') return [];
  return node.declarations.flatMap(({ id }) => identifiersOf(id));
}

function identifiersOf(node) {
  if (node.type === 'Identifier') return [node.name];
  return childrenOf(node).flatMap(identifiersOf);
}

const names = (node, wanted) =>
  wanted.length > 0 && identifiersOf(node).some((name) => wanted.includes(name));

function nameOf(callee) {
  if (callee.type === 'ParenthesizedExpression') return nameOf(callee.expression);
  return callee.type === 'MemberExpression' ? callee.property.name : (callee.name ?? '');
}

/** Types are no code. */
function childrenOf(node) {
  return Object.entries(node)
    .filter(([name]) => name !== 'typeAnnotation' && name !== 'typeArguments')
    .flatMap(([, value]) => value)
    .filter(
      (value) =>
        value !== null &&
        typeof value?.type === 'string' &&
        !/^TS(?!As|NonNull|Sat)/.test(value.type),
    );
}

function brief(code, limit = 70) {
  const line = code.replace(/\s+/g, ' ');
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
