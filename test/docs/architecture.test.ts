import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STALE_MS } from '#lib/disk/lock.js';
import * as limits from '#lib/store/limits.js';
import { ROOT, readPages } from './pages.js';

const PAGE = readPages().get('docs/architecture.md') ?? '';
const STORE = join(ROOT, 'lib', 'store');

/** The steps that comments in lib/store number: ` *  T2 empty it, …`. */
function stepsInCode(): string[] {
  const sources = readdirSync(STORE).map((name) => readFileSync(join(STORE, name), 'utf8'));
  return sources
    .flatMap((source) => [...source.matchAll(/^ *\/?\*+ +([LTAGPRX][1-9]) \w/gm)])
    .map(([, step = '']) => step);
}

describe('The page about the architecture', () => {
  it('gives every limit the value that it has', () => {
    const told = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| ([0-9.,]+) \|/gm)].map(
      ([, name = '', value = '']) => [name, Number(value.replaceAll(',', ''))],
    );
    expect(Object.fromEntries(told)).toEqual({ ...limits, STALE_MS });
  });

  it('tells each numbered step of a protocol, and no other', () => {
    const told = [...PAGE.matchAll(/^\| \*\*([LTAGPRX][1-9])\*\* \|/gm)].map(([, step]) => step);
    expect(told.sort()).toEqual([...new Set(stepsInCode())].sort());
  });
});
