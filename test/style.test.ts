import { describe, expect, it } from 'vitest';
import { sourceFiles } from './layers.js';

const SOURCES = sourceFiles();
/** Lines that say what a formatter and a compiler do not look for. */
const finds = (wrong: RegExp) =>
  SOURCES.flatMap(([path, source]) =>
    source.split('\n').flatMap((line, at) => (wrong.test(line) ? [`${path}:${at + 1}`] : [])),
  );

describe('The house style', () => {
  it('there are sources to look at', () => {
    expect(SOURCES.length).toBeGreaterThan(30);
  });

  it.each<[string, RegExp]>([
    ['nothing is left to do later', /\b(?:TODO|FIXME|XXX:|HACK)\b/],
    ['nothing is kept in a comment', /^\s*\/\/ *(?:const|let|return|await|if) .*[;{]$/],
    ['no letter hides that none can see', /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/],
    ['money is never read as a float', /\bparseFloat\(/],
  ])('%s', (_, wrong) => {
    expect(finds(wrong)).toEqual([]);
  });

  it('a file is named for what it holds, in small letters', () => {
    const odd = SOURCES.map(([path]) => path).filter((path) => !/^[a-z0-9/-]+\.ts$/.test(path));
    expect(odd).toEqual([]);
  });

  it('the pure layers round nothing', () => {
    const pure = SOURCES.filter(([path]) => /^lib\/(?:ledger|format)\//.test(path));
    const rounding = /\.toFixed\(|parseFloat|Math\.(?:round|floor|ceil|trunc)/;
    expect(pure.filter(([, source]) => rounding.test(source)).map(([path]) => path)).toEqual([]);
  });

  it('the pure layers know no clock, no randomness and no promise', () => {
    const pure = SOURCES.filter(([path]) => /^lib\/(?:ledger|format)\//.test(path));
    const impure = /\b(?:Date\.now|new Date\(\)|Math\.random|async|await|process\.|performance\.)/;
    expect(pure.filter(([, source]) => impure.test(source)).map(([path]) => path)).toEqual([]);
  });
});
