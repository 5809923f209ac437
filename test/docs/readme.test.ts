import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodePage } from '#lib/format/passbook-page.js';
import { type Block, blocksOf, ROOT, readPages } from './pages.js';

const README = readPages().get('README.md') ?? '';
const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** `…` in what the page shows stands for what differs from run to run. */
function patternOf(shown: string): RegExp {
  const quoted = shown.split('…').map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${quoted.join('[^]*')}$`);
}

/** Told where a command takes long: on a busy machine. */
const PROGRESS = /^Verifying: \d+% .*\n/gm;

const SECTIONS = README.split(/^## /m).map((text) => ({
  heading: text.slice(0, text.indexOf('\n')),
  blocks: blocksOf(text),
}));

/** Each section in a folder of its own, where its blocks run in order. */
const folders = new Map<string, string>();
function folderOf(heading: string): string {
  const known = folders.get(heading);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-readme-'));
  folders.set(heading, folder);
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules', 'drovebank'));
  for (const [name, path] of Object.entries<string>(bin)) {
    const call = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, path)}" "$@"\n`;
    writeFileSync(join(folder, 'node_modules', '.bin', name), call, { mode: 0o755 });
  }
  return folder;
}

afterAll(() => {
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
});

/** Runs a block as a reader would, and gives all that the terminal would show. */
function run(heading: string, { language, text }: Block): { code: number | null; shown: string } {
  const folder = folderOf(heading);
  const { NO_COLOR, FORCE_COLOR, DROVEBANK_DIR, COLUMNS, ...rest } = process.env;
  const PATH = `${join(folder, 'node_modules', '.bin')}:${rest.PATH}`;
  const script = join(folder, language === 'js' ? 'example.mjs' : 'example.sh');
  writeFileSync(script, text);
  const command = language === 'js' ? `exec "${process.execPath}" ${script}` : `. ${script}`;
  const { status, stdout } = spawnSync('sh', ['-ec', `exec 2>&1; ${command}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...rest, PATH },
    timeout: 50_000,
  });
  return { code: status, shown: stdout.replaceAll(PROGRESS, '') };
}

const isForNpm = ({ text }: Block) => /^(?:npm .*\n)+$/.test(text);

const EXECUTED = ['sh', 'js', 'text'];
const sections = SECTIONS.filter(({ blocks }) =>
  blocks.some(({ language }) => EXECUTED.includes(language)),
);

describe.each(sections)('README: $heading', (section) => {
  const { heading, blocks } = section;
  let shown = '';

  for (const [index, block] of blocks.entries()) {
    const title = `block ${index + 1} (${block.language})`;
    const { language, words, text } = block;
    if (language === 'sh' && isForNpm(block)) {
      it(`${title} calls scripts that exist`, () => {
        const called = [...text.matchAll(/npm (?:run )?(start|test|build|bench)\b/g)];
        expect(called.length).toBeGreaterThan(0);
        for (const [, name = ''] of called) expect(Object.keys(scripts)).toContain(name);
      });
    } else if (language === 'sh' || language === 'js') {
      it(`${title} runs`, () => {
        const ran = run(heading, block);
        shown = ran.shown;
        const wanted = words.find((word) => word.startsWith('exits='))?.slice('exits='.length);
        expect(ran.code, ran.shown).toBe(Number(wanted ?? 0));
      });
    } else if (language === 'text') {
      it(`${title} is what that shows`, () => expect(shown).toMatch(patternOf(text)));
    }
  }
});

describe('What the README says', () => {
  it('has no block that nothing looks at, but for pictures', () => {
    const languages = new Set(blocksOf(README).map(({ language }) => language));
    expect([...languages].filter((name) => !['', 'csv', ...EXECUTED].includes(name))).toEqual([]);
  });

  it('shows the passbook that its library example leaves', () => {
    const block = blocksOf(README).find(({ language }) => language === 'csv');
    const [path = ''] = block?.words ?? [];
    const page = decodePage(block?.text ?? '', () => 2);
    const left = readFileSync(join(folderOf('The library'), path), 'utf8');
    const facts = (rows: typeof page.rows) =>
      rows.map(({ bookedAt, check, ...row }) => row satisfies object);
    expect(facts(page.rows)).toEqual(facts(decodePage(left, () => 2).rows));
  });

  it('loses nothing: every answer before the kill is in the books, once', () => {
    const folder = folderOf('The command line');
    const answers = readFileSync(join(folder, 'answers.txt'), 'utf8').split('\n').slice(0, -1);
    const told = answers.map((line) => Number(/Transfer (\d+)\.$/.exec(line)?.[1]));
    expect(told.length).toBeGreaterThan(0);
    const { stdout } = spawnSync('sh', ['-c', 'cat data/bank/journal/0*.csv'], {
      cwd: folder,
      encoding: 'utf8',
    });
    // A batch that was copied into the next segment stands there twice, as the same lines.
    const booked = new Set(stdout.split('\n').filter((line) => line.startsWith('transfer,')));
    const numbers = [...booked].map((line) => Number(line.split(',')[1]));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(told.filter((number) => !numbers.includes(number))).toEqual([]);
  });
});
