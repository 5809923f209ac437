import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { accountFolder } from '#lib/format/account-path.js';
import { decodeIndexList, encodeIndexList } from '#lib/format/index-list.js';
import { decodeControl, decodeEntry, JOURNAL_HEADER } from '#lib/format/journal-row.js';
import {
  decodeManifest,
  encodeManifest,
  FORMAT_VERSION,
  type Manifest,
} from '#lib/format/manifest.js';
import { PAGE_HEADER } from '#lib/format/passbook-page.js';
import { decodeCheckpoint, decodeMark, encodeCheckpoint } from '#lib/format/position.js';
import { RunBuilder } from '#lib/format/sorted-run.js';
import type { AccountId } from '#lib/ledger/account-id.js';
import { currencyDigits } from '#lib/ledger/currencies.js';
import { INDEX_BLOCK_BYTES } from '#lib/store/limits.js';
import { ROSTER, rosterLine } from '#lib/store/roster-index.js';
import { anyLife, digitsOf } from './arbitraries.js';
import { pageOf } from './pages.js';
import { SAMPLE_PAGE } from './sample.js';

const PAGE = readFileSync(new URL('../../docs/file-formats.md', import.meta.url), 'utf8');

/** The blocks of the page that are files: by the name behind the language. */
const FILES = new Map(
  [...PAGE.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);
const textOf = (name: string) => FILES.get(name) ?? '';

const FOLDER = mkdtempSync(join(tmpdir(), 'drovebank-formats-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(FOLDER, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Runs a script of the page. */
function run(script: string, files: readonly string[]) {
  const path = write(script, textOf(script));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...files], {
    encoding: 'utf8',
  });
  return { status, stdout: stdout.trim(), stderr };
}

describe('The examples on the page about file formats', () => {
  it('are files that the library reads', () => {
    expect(textOf('accounts/f7/74/a10017.csv')).toBe(SAMPLE_PAGE);
    expect(`${accountFolder('a10017')}/a10017.csv`).toBe('accounts/f7/74/a10017.csv');
    const manifest = decodeManifest(textOf('bank.json'));
    expect(JSON.parse(encodeManifest(manifest as Manifest))).toEqual(
      JSON.parse(textOf('bank.json')),
    );
    const checkpoint = decodeCheckpoint(textOf('journal/checkpoint.csv'));
    expect(encodeCheckpoint(checkpoint)).toBe(textOf('journal/checkpoint.csv'));
    expect(decodeMark(textOf('answered-4'))?.position).toEqual(checkpoint.position);
  });

  it('are an index whose run is as its list says', () => {
    const list = decodeIndexList(textOf('index/roster.csv'));
    expect(encodeIndexList(list)).toBe(textOf('index/roster.csv'));
    const [{ name, ...facts } = { name: '' }] = list.runs;
    const builder = new RunBuilder(ROSTER.header, INDEX_BLOCK_BYTES);
    const named = [
      { id: 'a10017', firstName: 'Ada', lastName: 'Lovelace' },
      { id: 'world-usd', firstName: 'World', lastName: 'USD' },
    ];
    for (const account of named)
      builder.push(rosterLine({ ...account, id: account.id as AccountId }));
    const { bytes, facts: built } = builder.end();
    expect(`${ROSTER.header}\n${bytes}`).toBe(textOf(`index/${name}`));
    expect(built).toEqual(facts);
  });

  it.each(['journal/000001-1.csv', 'journal/000002-4.csv'])('are rows of a journal: %s', (name) => {
    const [header, ...rows] = textOf(name).trimEnd().split('\n');
    expect(header).toBe(JOURNAL_HEADER);
    for (const row of rows) {
      expect(decodeControl(row) ?? decodeEntry(row, digitsOf).transfer).toBeTruthy();
    }
  });

  it('end where the checkpoint says', () => {
    const { position } = decodeCheckpoint(textOf('journal/checkpoint.csv'));
    const before = textOf(`journal/${position.segment}`).slice(0, position.offset);
    expect(before.endsWith(`${position.seal}\n`)).toBe(true);
  });
});

describe('The page explains', () => {
  const explained = [...PAGE.matchAll(/^\| (`[^|]*`) *\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );

  it.each([
    ['a passbook', PAGE_HEADER],
    ['the journal', JOURNAL_HEADER],
    ['the checkpoint', textOf('journal/checkpoint.csv').split('\n')[0] ?? ''],
    ['the list of an index', textOf('index/roster.csv').split('\n')[0] ?? ''],
    ['a run', ROSTER.header],
    ['the table of a run', 'block,start,end,check,first'],
  ])('each column of %s', (_, header) => {
    expect(header.split(',').filter((column) => !explained.includes(column))).toEqual([]);
  });

  it('each key of bank.json, and its version', () => {
    const keys = Object.keys(JSON.parse(textOf('bank.json'))).filter((key) => key !== 'drovebank');
    expect(keys.filter((key) => !explained.includes(key))).toEqual([]);
    expect(PAGE).toContain(`Format version ${FORMAT_VERSION}.`);
    expect(PAGE).toContain(`of ${currencyDigits().size})`);
  });
});

describe('The script that walks a passbook', () => {
  it('finds the example whole', () => {
    const page = write('a10017.csv', textOf('accounts/f7/74/a10017.csv'));
    expect(run('check-passbook.mjs', [page])).toMatchObject({
      ...{ status: 0, stdout: 'whole up to dc5cda4a5236b8dc' },
    });
  });

  it('walks from page to page', () => {
    const [life] = fc.sample(
      anyLife.filter(({ states }) => states.length > 4),
      1,
    );
    if (life === undefined) throw new Error('no sample');
    const { entries, states } = life;
    const whole = pageOf(entries, states);
    const prev = whole.split('\n')[3]?.slice(-16) ?? '';
    const pages = [
      write('x.0001.csv', pageOf(entries.slice(0, 3), states.slice(0, 3))),
      write('x.csv', pageOf(entries.slice(3), states.slice(3), prev)),
    ];
    expect(run('check-passbook.mjs', pages).status).toBe(0);
    expect(run('check-passbook.mjs', pages.toReversed()).status).not.toBe(0);
  });

  it.each([
    ['cut', SAMPLE_PAGE.slice(0, -3), /a page was cut/],
    ['changed', SAMPLE_PAGE.replace('100.00,,', '900.00,,'), /this row was changed: a10017,2/],
  ])('finds that the page was %s', (_, text, message) => {
    const { status, stderr } = run('check-passbook.mjs', [write('damaged.csv', text)]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});

describe('The script that walks the journal', () => {
  const names = ['journal/000001-1.csv', 'journal/000002-4.csv'];
  const [first = '', second = ''] = names.map(textOf);
  const check = (one: string, two: string) =>
    run('check-journal.mjs', [write(names[0] ?? '', one), write(names[1] ?? '', two)]);

  it('finds the example whole', () => {
    const place = `${basename(names[1] ?? '')},${second.length}`;
    expect(check(first, second)).toMatchObject({ status: 0, stdout: `whole up to ${place}` });
  });

  it('does not care for what is void', () => {
    expect(check(first.replace('100.00,world', '900.00,world'), second).status).toBe(0);
    expect(check(first.slice(0, -10), second).status).toBe(0);
    const { stdout } = check(first, second);
    expect(check(first, second + '\0'.repeat(4096))).toMatchObject({ status: 0, stdout });
  });

  it('finds that what counts was changed', () => {
    const { status, stderr } = check(first.replace('"Ada"', '"Eve"'), second);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/000002-4.csv follows nothing/);
    const { stdout } = check(first, second.replace('100.00,world', '900.00,world'));
    expect(stdout).toMatch(/^whole up to 000002-4.csv,[0-9]{3}$/);
  });
});
