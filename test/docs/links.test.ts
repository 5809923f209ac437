import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, proseOf, ROOT, readPages } from './pages.js';

const PAGES = readPages();

/** What the links of a page point at, web addresses aside. */
function targetsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
    /^[a-z]+:/.test(target) ? [] : [target],
  );
}

function anchorsOf(path: string): string[] {
  const text = (PAGES.get(path) ?? '').replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('The pages for readers', () => {
  it.each([...PAGES.keys()])('%s links to files and headings that exist', (path) => {
    const lost = targetsOf(PAGES.get(path) ?? '').filter((target) => {
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, found))) return true;
      return anchor !== undefined && !anchorsOf(found).includes(anchor);
    });
    expect(lost).toEqual([]);
  });

  it.each([...PAGES.keys()])('%s names tests and sources that exist', (path) => {
    const named = (PAGES.get(path) ?? '').matchAll(
      /(?<![\w/.-])(?:lib|test|bin|scripts|data\/example)\/[\w./-]*\w\/?/g,
    );
    const lost = [...named].map(([name]) => name).filter((name) => !existsSync(join(ROOT, name)));
    expect(lost).toEqual([]);
  });

  it.each([...PAGES.keys()])('%s quotes the names of tests as they are', (path) => {
    const quoted = (PAGES.get(path) ?? '').matchAll(
      /“([^”]+)”\s+in\s+\[[^\]]*\]\(([^)]*\.test\.ts)\)/g,
    );
    const lost = [...quoted].flatMap(([, title = '', target = '']) => {
      const file = join(ROOT, dirname(path), target);
      return existsSync(file) && readFileSync(file, 'utf8').includes(title) ? [] : [title];
    });
    expect(lost).toEqual([]);
  });

  it('are all in the index of docs/', () => {
    const index = PAGES.get('docs/README.md') ?? '';
    const pages = [...PAGES.keys()].filter((path) => /^docs\/(?!README)/.test(path));
    const named = targetsOf(index).map((target) => join('docs', target));
    expect(pages.filter((path) => !named.includes(path))).toEqual([]);
  });
});
