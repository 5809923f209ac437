import type { Key } from 'node:readline';
import { BankError } from '../../ledger/errors.js';
import { commonStart } from '../common-start.js';
import type { Context } from '../context.js';
import type { Line } from '../output.js';
import { layTable } from '../table.js';
import { showable, wrapTo } from '../terminal-text.js';
import type { Asker, Catalogue, Choice, Look, TextOptions } from './asker.js';
import { CURSOR, type Frame, type Pressed, type Size, showFrame } from './frame.js';
import { leaveTerminal } from './keys-between.js';

const MARK = '◆ ';
const DONE = '◇ ';
const POINTER = '> ';
const KEYS_GAP = '   ';
/** Narrower than this, keys stand closer. */
const KEYS_WIDE = 60;
const ASKED_NOBODY = new Set(['ACCOUNT_NOT_FOUND', 'INVALID_ID']);

/** Asks at a terminal that can be drawn on: answers as one types, lists to move in, balances that keep up. */
export function createFrameAsker(context: Context): Asker {
  return {
    ask: (question, options) =>
      showFrame(
        context,
        textFrame(question, (typed) => typed, options),
      ),
    secret: (question) => showFrame(context, { ...textFrame(question, dotted), fresh: true }),
    confirm: (question, look) => showFrame(context, confirmFrame(question, look)),
    choose: async (question, choices, look, wayOut) =>
      showFrame(context, choiceFrame(question, choices, look, wayOut)),
    pick: (question, catalogue, given) =>
      showFrame(context, new PickFrame(question, catalogue, given).frame),
    close: leaveTerminal,
  };
}

/** A dot for each character, and the cursor where it is. */
const dotted = (typed: string) =>
  Array.from(typed, (letter) => (letter === CURSOR ? CURSOR : '•')).join('');

/** A line of text. Tab goes on as what it may be the beginning of; where that is several, it shows them. */
function textFrame(
  question: string,
  shownAs: (typed: string) => string,
  { fallback, given, complete }: TextOptions = {},
): Frame<string> {
  let wanted: string | undefined;
  let found: readonly string[] = [];
  const usual = fallback === undefined ? '' : ` [${fallback}]`;
  return {
    typing: true,
    given,
    refresh: async () => {
      if (wanted === undefined || complete === undefined) return undefined;
      const start = wanted;
      wanted = undefined;
      const texts = await complete(start);
      found = texts.length > 1 ? texts : [];
      const common = commonStart(texts);
      return common.length > start.length || texts.length === 1 ? { fill: common } : undefined;
    },
    draw: ({ width }, typed) => [
      { text: `${MARK}${question}${usual}`, style: 'strong' },
      { text: `  ${tailOf(shownAs(typed), width - 4)}` },
      ...(found.length > 0 ? [{ text: `  ${found.join('  ')}` }] : []),
      keysLine(['Enter: go on', 'Esc: back', ...(complete ? ['Tab: complete'] : [])], width),
    ],
    rest: (answer) => [{ text: `${DONE}${question}: ${shownAs(answer)}` }],
    press: ({ name }, typed) => {
      if (name === 'return') return { answer: typed === '' ? (fallback ?? '') : typed };
      wanted = name === 'tab' ? typed : undefined;
      if (name !== 'tab') found = [];
      return undefined;
    },
  };
}

/** What keys do, the most important first: as many as there is room for. */
function keysLine(keys: readonly string[], width: number): Line {
  const gap = width < KEYS_WIDE ? KEYS_GAP.slice(1) : KEYS_GAP;
  let text = ` ${keys[0]}`;
  for (const key of keys.slice(1)) {
    if (text.length + gap.length + key.length < width) text += gap + key;
  }
  return { text: ` ${text}`, style: 'faint' };
}

/** As much of the end as fits: that is where one types. */
function tailOf(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `…${letters.slice(1 - width).join('')}`;
}

/**
 * Yes or no, below what it is about: that is looked at again each second, for others may be at work. Where it does not
 * fit there is no yes before its end was seen.
 */
function confirmFrame(question: string, look?: Look): Frame<boolean> {
  let seen: readonly Line[] = [];
  let isSeen = look === undefined;
  let top = 0;
  let hidden = 0;
  return {
    fresh: true,
    refresh: async ({ width, height }) => {
      const lines = look ? await look(width, height - 2) : [];
      isSeen = true; // It is drawn before any other key is read.
      seen = lines.flatMap(({ text, ...rest }) =>
        wrapTo(showable(text), width).map((part) => ({ text: part, ...rest })),
      );
      return undefined;
    },
    draw: ({ width, height }) => {
      const room = Math.max(1, height - 2);
      top = Math.max(0, Math.min(top, seen.length - room));
      hidden = Math.max(0, seen.length - top - room);
      const scroll = seen.length > room ? [`${hidden > 0 ? 'Down' : 'Up'}: more`] : [];
      return [
        ...seen.slice(top, top + room),
        { text: `${MARK}${question}`, style: 'strong' },
        keysLine([...scroll, 'y: yes', 'n: no', 'Esc: back'], width),
      ];
    },
    rest: (answer) => [...seen, { text: `${DONE}${question} ${answer ? 'yes' : 'no'}` }],
    press: ({ name, sequence = '' }) => {
      // By what was typed: Ctrl-Y is no yes.
      const key = sequence.toLowerCase();
      if (key === 'n') return { answer: false };
      if (key === 'y' && isSeen && hidden === 0) return { answer: true };
      if (key === 'y' || name === 'down') top++;
      if (name === 'up') top--;
      return undefined;
    },
  };
}

/** Something to look at, and what can be done: by its key, or by moving to it. */
function choiceFrame(
  question: string,
  choices: readonly Choice[],
  look?: Look,
  wayOut = 'back',
): Frame<string> {
  let at = 0;
  let seen: readonly Line[] = [];
  const room = (size: Size) => Math.max(0, size.height - rowsOf(choices, size) - 2);
  return {
    refresh: async (size) => {
      seen = look ? await look(size.width, room(size)) : [];
      return undefined;
    },
    draw: (size) => [
      ...seen.slice(0, room(size)),
      { text: `${MARK}${question}`, style: 'strong' },
      ...around(choiceLines(choices, at, rowsOf(choices, size)), size.height - 2, at),
      keysLine(['letter, or Enter', `Esc: ${wayOut}`], size.width),
    ],
    rest: (key) => [
      { text: `${DONE}${choices.find((choice) => choice.key === key)?.label ?? key}` },
    ],
    press: ({ name, sequence }) => {
      const key = (sequence ?? '').toLowerCase();
      if (choices.some((choice) => choice.key === key)) return { answer: key };
      if (name === 'return') return { answer: choices[at]?.key ?? '' };
      const step = { up: -1, down: 1 }[name ?? ''] ?? 0;
      at = (at + step + choices.length) % choices.length;
      return undefined;
    },
  };
}

const cellWidth = (choices: readonly Choice[]) =>
  Math.max(...choices.map(({ key, label }) => key.length + label.length)) + 7;

/** In as few columns as leave two thirds of the screen for what is looked at. */
function rowsOf(choices: readonly Choice[], { width, height }: Size): number {
  const columnsMax = Math.max(1, Math.floor(width / cellWidth(choices)));
  const rowsMin = Math.ceil(choices.length / columnsMax);
  return Math.min(choices.length, Math.max(rowsMin, Math.floor(height / 3)));
}

/** Of lines that do not all fit: so many, with the one that is pointed to in the middle. */
function around(lines: Line[], count: number, at: number): Line[] {
  const room = Math.max(1, count);
  const first = (at % lines.length) - Math.floor(room / 2);
  const start = Math.max(0, Math.min(first, lines.length - room));
  return lines.slice(start, start + room);
}

/** Choices in columns, filled from top to bottom. */
function choiceLines(choices: readonly Choice[], at: number, rows: number): Line[] {
  const width = cellWidth(choices);
  const cells = choices.map(({ key, label }, index) =>
    `${index === at ? POINTER : '  '}${key}  ${label}`.padEnd(width),
  );
  return Array.from({ length: rows }, (_, row) => ({
    text: cells
      .filter((_cell, index) => index % rows === row)
      .join('')
      .trimEnd(),
  }));
}

/** Moves in a list that may be very long: a page of it is known, and asked for again each second. */
class PickFrame<Item> {
  readonly #question: string;
  readonly #catalogue: Catalogue<Item>;
  #items: readonly Item[] = [];
  #next: string | undefined;
  #nearest: string | undefined;
  #at = 0;
  /** Where this page begins, and those before it. */
  #starts: (string | undefined)[] = [undefined];
  /** What the page at hand was asked for. */
  #asked: string | undefined;
  #wanted = '';
  #limit = 1;
  #sort = 0;
  /** Enter was pressed before what is typed had been looked up. */
  #entered = false;

  constructor(question: string, catalogue: Catalogue<Item>, given = '') {
    this.#question = question;
    this.#catalogue = catalogue;
    this.#wanted = given;
  }

  get frame(): Frame<Item> {
    return {
      typing: true,
      given: this.#wanted,
      waits: () => this.#entered,
      refresh: (size) => this.#refresh(size),
      draw: (size, typed) => this.#draw(size, typed),
      rest: (item) => [{ text: `${DONE}${this.#question}: ${this.#cells(item)}` }],
      press: (key, typed) => this.#press(key, typed),
    };
  }

  async #refresh({ height }: Size): Promise<Pressed<Item>> {
    this.#limit = Math.max(1, height - 4);
    const wanted = this.#wanted;
    const start = this.#starts.at(-1);
    const sort = this.#catalogue.sorts?.[this.#sort];
    const { items, next } = await this.#catalogue.page(wanted, start, this.#limit, sort);
    const found = items.length > 0 || wanted === '' ? items : await this.#named(wanted);
    this.#nearest = found.length > 0 ? undefined : await this.#catalogue.nearest(wanted);
    // The pointer stays on what it points to, whatever comes before that meanwhile.
    const pointed = this.#asked === wanted ? this.#items[this.#at] : undefined;
    const name = pointed && this.#catalogue.nameOf(pointed);
    const again = found.findIndex((item) => this.#catalogue.nameOf(item) === name);
    [this.#items, this.#next, this.#asked] = [found, next, wanted];
    this.#at = again >= 0 ? again : Math.min(this.#at, Math.max(0, found.length - 1));
    if (wanted !== this.#wanted || !this.#entered) return undefined;
    // Of several nobody has seen which is the first.
    this.#entered = false;
    const [only, ...others] = found;
    return only !== undefined && others.length === 0 ? { answer: only } : undefined;
  }

  /** An exact name that no search finds, as one that is not listed. */
  async #named(text: string): Promise<readonly Item[]> {
    try {
      return [await this.#catalogue.named(text)];
    } catch (error) {
      if (error instanceof BankError && ASKED_NOBODY.has(error.code)) return [];
      throw error;
    }
  }

  #draw({ width }: Size, typed: string): Line[] {
    const { head, rows } = layTable(this.#catalogue.columns, this.#items, width - 2);
    const state = this.#asked === undefined || this.#asked !== this.#wanted ? ' …' : '';
    const more = this.#next === undefined ? [] : ['PgDn: more'];
    const sort = this.#catalogue.sorts?.[this.#sort];
    const sorted = sort === undefined ? [] : [`Tab: sorted by ${sort}`];
    return [
      { text: `${MARK}${this.#question}: ${typed}${state}`, style: 'strong' },
      { text: `  ${head}`, style: 'faint' },
      ...rows.map(
        (text, index): Line =>
          index === this.#at
            ? { text: `${POINTER}${text}`, style: 'strong' }
            : { text: `  ${text}` },
      ),
      ...(this.#items.length === 0 ? [{ text: `  ${this.#nothing()}` }] : []),
      keysLine(['Enter: choose', 'Esc: back', ...more, 'type to search', ...sorted], width),
    ];
  }

  #nothing(): string {
    if (this.#asked === undefined) return '…';
    if (this.#nearest !== undefined) return `None found. Did you mean ${this.#nearest}?`;
    return this.#asked === '' ? 'There is nothing yet.' : 'None found.';
  }

  #cells(item: Item): string {
    const shown = this.#catalogue.columns.map(({ cell }) => cell(item)).filter(Boolean);
    return shown.slice(0, 2).join(', ');
  }

  #press({ name }: Key, typed: string): Pressed<Item> {
    this.#entered = false;
    if (typed !== this.#wanted) {
      [this.#wanted, this.#starts, this.#at] = [typed, [undefined], 0];
      return undefined;
    }
    const last = this.#items.length - 1;
    if (name === 'return') {
      this.#entered = this.#asked !== this.#wanted;
      const item = this.#entered ? undefined : this.#items[this.#at];
      return item === undefined ? undefined : { answer: item };
    }
    if (name === 'up' && this.#at > 0) this.#at--;
    else if (name === 'down' && this.#at < last) this.#at++;
    else if (name === 'tab') this.#turnOver();
    else if (name === 'down' || name === 'pagedown') this.#turn(this.#next);
    else if (name === 'up' || name === 'pageup') this.#turnBack(name === 'up');
    return undefined;
  }

  #turnOver(): void {
    this.#sort = (this.#sort + 1) % (this.#catalogue.sorts?.length ?? 1);
    [this.#starts, this.#at, this.#asked] = [[undefined], 0, undefined];
  }

  #turn(start: string | undefined): void {
    if (start === undefined) return;
    this.#starts.push(start);
    [this.#at, this.#next, this.#asked] = [0, undefined, undefined];
  }

  #turnBack(toEnd: boolean): void {
    if (this.#starts.length === 1) return;
    this.#starts.pop();
    [this.#at, this.#asked] = [toEnd ? this.#limit : 0, undefined];
  }
}
