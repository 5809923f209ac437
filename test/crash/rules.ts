/**
 * The rules by which several processes share a bank, each with what takes it out of the code, and the
 * program that breaks a promise without it. `npm run test:rules` takes them out in turn.
 */
import type { Bounds } from './interleavings.js';
import type { PROGRAMS } from './programs.js';

/** A place in a source, found there exactly once, and what stands there without the rule. */
interface Change {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

export interface Rule {
  readonly name: string;
  /** The numbered steps of docs/architecture.md that hold it. */
  readonly step: string;
  readonly changes: readonly Change[];
  readonly program: keyof typeof PROGRAMS;
  /** What has to befall the program; nothing, unless named. */
  readonly bounds: Partial<Bounds>;
  /** It is a second line: without it nothing breaks as long as this other rule holds. */
  readonly behind?: string;
}

const LOG = 'lib/store/file-log.ts';
const LEASE = 'lib/store/lease.ts';
const COMMIT = 'lib/store/group-commit.ts';
const JOURNAL = 'lib/store/journal.ts';
const POSTER = 'lib/store/poster.ts';

const GO_ON = 'tail.left === before.owner.number';
const SYNC = 'written = true;\n      await file.sync();';
const LOOK_AND_MARK = `      if (!(await this.#parts.desks.isMine(taken.desk))) throw await this.#fenced();
      await mark.set(next);
`;
const WRITE_AND_SYNC = '    await this.#writeAndSync(file, bytes, end);\n';
const WRITE_THEN_NEXT = `${WRITE_AND_SYNC}    const { segment, offset } = end;
    const next = { segment, offset: offset + bytes.length, transfer, epoch, seal };
`;
const FATE = 'if (mine.count > 0) counts = await this.#isInJournal(mine);';
const EPOCH = 'Math.max(before.owner.number, await epochMin())';
const KEPT = '(name) => isMarkName(name) && name !== markName(desk)';
const ONE_BATCH =
  'const { bytes, seal } = encodeBatch(lines, { transfer, epoch, count, previous: end.seal });';
const TWO_BATCHES = `
    const at = count > 1 ? lines.indexOf('\\n') + 1 : 0;
    const nothing = { bytes: Buffer.alloc(0), seal: end.seal };
    const first = { transfer: transfer - count + 1, epoch, count: 1, previous: end.seal };
    const early = at > 0 ? encodeBatch(lines.slice(0, at), first) : nothing;
    const rest = { transfer, epoch, count: at > 0 ? count - 1 : count, previous: early.seal };
    const late = encodeBatch(lines.slice(at), rest);
    const bytes = Buffer.concat([early.bytes, late.bytes]);
    const { seal } = late;`;

/** The source's own text for a name with a counter in it. */
const counted = (name: string, ...counters: readonly string[]) =>
  `\`${name}-${counters.map((counter) => `$\{${counter}}`).join('-')}\``;

const rule = (
  name: string,
  step: string,
  [program, bounds]: readonly [keyof typeof PROGRAMS, Partial<Bounds>],
  ...changes: readonly (readonly [file: string, before: string, after: string])[]
): Rule => ({
  ...{ name, step, program, bounds },
  changes: changes.map(([file, before, after]) => ({ file, before, after })),
});

const behind = (other: string, second: Rule): Rule => ({ ...second, behind: other });

const LOOK = 'Look at the desk before the mark';
const EMPTY = 'Empty the desk before reading or staging';
const EMPTY_POSTERS = 'Empty the poster’s desk';

export const RULES: readonly Rule[] = [
  rule(
    'One rename decides',
    'L4',
    ['writers', { preemptions: 1 }],
    [
      'lib/store/desk.ts',
      'await this.#disk.rename(from.path, path);',
      'return { ...from, owner: { ...owner, number: 10 * owner.pid + epoch } };',
    ],
  ),
  rule(
    LOOK,
    'A3',
    ['writers', { preemptions: 1 }],
    [LOG, LOOK_AND_MARK, '      await mark.set(next);\n'],
  ),
  rule(
    EMPTY,
    'T2',
    ['writers', { cuts: 8 }],
    [LOG, `await desks.empty(desk, ${KEPT})`, `(await disk.list(desk.path)).filter(${KEPT})`],
  ),
  rule(
    'The mark of the owner before stays until there is a new one',
    'T2, T7',
    ['writers', { preemptions: 1, kills: 1 }],
    [LOG, KEPT, '() => false'],
  ),
  rule(
    'No byte of a batch before the sync of the batch before it',
    'A1',
    ['pair', { preemptions: 1, cuts: 4 }],
    [LOG, ONE_BATCH, TWO_BATCHES],
  ),
  rule('Sync before the mark', 'A2', ['writers', { cuts: 8 }], [LOG, SYNC, 'written = true;']),
  rule(
    'The mark only behind the sync',
    'A4',
    ['writers', { preemptions: 1 }],
    [
      LOG,
      WRITE_THEN_NEXT,
      `${WRITE_THEN_NEXT.slice(WRITE_AND_SYNC.length)}    if (await this.#parts.desks.isMine(taken.desk)) await mark.set(next);\n${WRITE_AND_SYNC}`,
    ],
  ),
  rule(
    'The mark before the answer',
    'A4',
    ['writers', {}],
    [LOG, LOOK_AND_MARK, LOOK_AND_MARK.replace('await mark', 'void mark')],
  ),
  rule(
    'Readers go exactly as far as answered',
    'T7',
    ['reader', { preemptions: 1, cuts: 3 }],
    [
      LOG,
      'if (mark) return mark;',
      'if (mark) return (await this.#parts.journal.findTail(mark)).position;',
    ],
  ),
  rule(
    'Marks of before a reboot count for nothing',
    'T3',
    ['writers', { cuts: 8 }],
    [LOG, 'if (desk.owner.boot !== system.identity.boot) return undefined;', ''],
    [
      'lib/store/answered.ts',
      'mark.boot === this.#boot ? mark.position : undefined',
      'mark.position',
    ],
  ),
  rule(
    'A journal shorter than answered is damage',
    'T3',
    ['damaged', {}],
    [LOG, 'if (mark && !(await journal.holds(mark))) {', 'if (false) {'],
  ),
  rule(
    'Every answer waits until its state counts',
    'G5',
    ['stale', { preemptions: 1 }],
    [COMMIT, 'else if (log.leading && !(await log.confirm())) {', 'else if (false) {'],
  ),
  rule('Go on only behind a leave', 'T5', ['writers', { preemptions: 1 }], [LOG, GO_ON, 'true']),
  rule(
    'Only behind the newest epoch’s',
    'T5',
    ['writers', { preemptions: 1 }],
    [LOG, GO_ON, 'tail.left !== undefined'],
  ),
  rule(
    'Only when it is the very last row',
    'T5',
    ['writers', { preemptions: 1 }],
    [
      JOURNAL,
      "at.offset >= content && final?.type === 'leave' ? final.epoch : undefined",
      "batches.findLast(({ control }) => control.type === 'leave')?.control.epoch",
    ],
    [
      JOURNAL,
      'if (left === undefined || from.offset + lengthWithoutZeros(bytes) > end.offset)',
      'if (left === undefined)',
    ],
  ),
  rule(
    'Copy the last batch into the new segment',
    'T5',
    ['writers', { preemptions: 1, cuts: 4 }],
    [LOG, 'last?.before.segment === position.segment ? last : undefined', 'undefined'],
  ),
  rule(
    'Pin before it',
    'T5',
    ['writers', { preemptions: 1, cuts: 4 }],
    [LOG, 'transfer } = copied?.before ?? position;', 'transfer } = position;'],
  ),
  rule(
    'Sync a new segment',
    'T5',
    ['writers', { cuts: 8 }],
    [
      LOG,
      'await writeDurably(this.#parts.disk, path, bytes);',
      "const file = await this.#parts.disk.open(path, 'create'); await writeAll(file, bytes, 0); await file.close();",
    ],
  ),
  rule(
    'Sync the folder that it is named in',
    'T5',
    ['again', { cuts: 8 }],
    [LOG, 'await disk.syncFolder(journal.folder);', ''],
  ),
  rule(
    'Sync that folder before a segment is pinned',
    'T5',
    ['dead', { preemptions: 1, cuts: 4 }],
    [LOG, 'await this.#parts.disk.syncFolder(this.#parts.journal.folder);', ''],
  ),
  rule(
    'An epoch above the desk’s',
    'L4',
    ['writers', { preemptions: 1, kills: 1 }],
    [LEASE, EPOCH, '(await epochMin())'],
  ),
  rule(
    'Who was fenced does not book anew before it knows',
    'A3',
    ['writers', { preemptions: 1 }],
    [COMMIT, FATE, ''],
  ),
  rule(
    'Who was fenced does not answer before it knows',
    'A3',
    ['writers', { preemptions: 1 }],
    [COMMIT, FATE, 'counts = true;'],
  ),
  rule(
    'A failed sync is final',
    'A2',
    ['writers', { failedSyncs: 1, cuts: 8 }],
    [LOG, SYNC, 'written = true;\n      try { await file.sync(); } catch { await file.sync(); }'],
  ),
  rule(
    'An epoch above the journal’s',
    'L4',
    ['writers', { cuts: 8 }],
    [LEASE, EPOCH, 'before.owner.number'],
  ),
  rule(
    EMPTY_POSTERS,
    'P1',
    ['posters', { cuts: 8 }],
    [POSTER, 'await desks.empty(taken.desk);', ''],
  ),
  behind(
    EMPTY,
    rule(
      'Names of staged segments never come again',
      'T2',
      ['writers', { preemptions: 1 }],
      [LOG, counted('segment', 'epoch', 'this.#staged'), "'segment-0-0'"],
    ),
  ),
  behind(
    EMPTY_POSTERS,
    rule(
      'Names of staged pages never come again',
      'P3',
      ['posters', { preemptions: 1 }],
      [
        POSTER,
        counted('', 'desk.owner.number', '++role.staged').slice(1),
        '-0-' + '$' + '{++role.staged}`',
      ],
    ),
  ),
  behind(
    EMPTY,
    rule(
      'Of two segments with one number the higher epoch',
      'T5',
      ['writers', { preemptions: 1 }],
      [JOURNAL, 'known.epoch < parsed.epoch', 'known.epoch > parsed.epoch'],
    ),
  ),
  behind(
    LOOK,
    rule(
      'Look at the desk when it was taken over',
      'T6',
      ['writers', { preemptions: 1 }],
      [LOG, 'if (!(await desks.isMine(desk))) return undefined;', ''],
    ),
  ),
  behind(
    EMPTY_POSTERS,
    rule(
      'Look at the poster’s desk before its renames',
      'P5',
      ['posters', { preemptions: 1 }],
      [
        POSTER,
        'if (!(await this.#parts.desks.isMine(role.taken.desk))) throw new Displaced();',
        '',
      ],
    ),
  ),
];
