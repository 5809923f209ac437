import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Every page for readers, by its path: those beside package.json and those in docs/. */
export function readPages(): Map<string, string> {
  const names = (folder: string) =>
    readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  const paths = [...names('.'), ...names('docs').map((name) => `docs/${name}`)];
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

/** A fenced block: the words behind the opening fence, and the lines within. */
export interface Block {
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, head = '', text = '']) => {
    const [language = '', ...words] = head.trim().split(/\s+/);
    return { language, words, text };
  });
}

/** A page without its fenced blocks and code spans: what is prose there. */
export function proseOf(page: string): string {
  return page.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The anchor that a heading gets: `What the seeds asked for` → `what-the-seeds-asked-for`. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}
