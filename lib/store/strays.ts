/**
 * What lies in a bank's directory and is none of its files: names that the bank never gives, names of another
 * kind than it gave them, and pages that lie where nobody looks for them. Looks only. Hidden names (`.git`, `.DS_Store`) are counted and
 * left alone: no reader of a bank's tables comes upon them.
 */
import { join } from 'node:path';
import { ifThere } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { accountFolder, parsePageName } from '../format/account-path.js';
import { parseSegmentName } from '../format/journal-row.js';
import { parseOwner } from '../format/owner-name.js';
import { isMarkName } from './answered.js';
import { isListed, NO_FILE, NOWHERE } from './bank-disk.js';
import { Breath } from './breath.js';
import { DAMAGED_PREFIX, PAIN_FILE } from './damage.js';
import { isSecretFile, SECRETS_FOLDER, secretProblem } from './pins.js';
import { INDEX_FOLDER, isIndexFile } from './sorted-index.js';
import type { BankFiles } from './store.js';
import type { Problem } from './verify.js';
import { problemOf } from './verify-passbook.js';

/** What was looked at, and what of it does not belong. */
export interface Strays {
  readonly names: number;
  readonly hidden: number;
  /** Files on their way in a desk: the next owner of the desk clears those of one that died. */
  readonly staged: number;
  readonly problems: readonly Problem[];
}

const TOP = [
  ...['bank.json', 'accounts', 'journal', INDEX_FOLDER, SECRETS_FOLDER],
  ...['desks', PAIN_FILE, 'lost+found'],
];
const OFFICE = ['writer', 'poster'].flatMap((role) => [role, `${role}.queue`, `${role}.lock`]);
const FOLDER = /^[0-9a-f]{2}$/;
const STAGED = /^(?:segment|page|checkpoint|index|repair)-[0-9]+-[0-9]+$/;

export async function findStrays(
  files: Pick<BankFiles, 'disk' | 'directory'> & { readonly system: System },
): Promise<Strays> {
  const { disk, directory } = files;
  const breath = new Breath(files.system);
  const problems: Problem[] = [];
  let names = 0;
  let hidden = 0;
  let staged = 0;
  /** What is wrong with a file is told once, by its own name, however often it comes in the way. */
  const tellOnce = (error: unknown, where: string) => {
    const problem = problemOf(error, where);
    if (!problems.some(({ file }) => file === problem.file)) problems.push(problem);
  };
  /** Names in a folder, but for the hidden ones; none where there is no such folder any more. */
  const look = async (folder: string): Promise<string[]> => {
    try {
      await breath.take();
      const found = (await ifThere(() => disk.list(join(directory, folder)))) ?? [];
      const seen = found.filter((name) => !name.startsWith('.'));
      hidden += found.length - seen.length;
      names += seen.length;
      return seen.sort();
    } catch (error) {
      tellOnce(error, folder);
      return [];
    }
  };
  const stray = (file: string, what = 'it is none of the bank’s files') =>
    void problems.push({ file, what });
  /** Those of a folder's names that may be there. */
  const known = async (folder: string, belongs: (name: string) => boolean): Promise<string[]> => {
    const kept: string[] = [];
    for (const name of await look(folder)) {
      if (belongs(name)) kept.push(name);
      else stray(folder === '.' ? name : `${folder}/${name}`);
    }
    return kept;
  };
  /** What has the name of a file is one. Pages, `bank.json` and the notice are left to who reads them. */
  const expectFile = async (file: string) => {
    try {
      const facts = await disk.facts(join(directory, file));
      if (facts?.folder) stray(file, NO_FILE);
      // What was removed in this moment is listed no more.
      else if (!facts && (await isListed(disk, join(directory, file)))) stray(file, NOWHERE);
    } catch (error) {
      problems.push(problemOf(error, file));
    }
  };
  const knownFiles = async (folder: string, belongs: (name: string) => boolean) => {
    const kept = await known(folder, belongs);
    for (const name of kept) await expectFile(`${folder}/${name}`);
    return kept;
  };
  await known('.', (name) => TOP.includes(name));
  await knownFiles(
    'journal',
    (name) => name === 'checkpoint.csv' || parseSegmentName(name) !== undefined,
  );
  await knownFiles(INDEX_FOLDER, isIndexFile);
  for (const outer of await known('accounts', (name) => FOLDER.test(name))) {
    for (const inner of await known(`accounts/${outer}`, (name) => FOLDER.test(name))) {
      const folder = `accounts/${outer}/${inner}`;
      for (const name of await known(folder, (page) => parsePageName(page) !== undefined)) {
        const home = accountFolder(parsePageName(name)?.id ?? '');
        if (home !== folder)
          stray(`${folder}/${name}`, `its place is ${home}: nobody reads it here`);
      }
    }
  }
  for (const inner of await known(SECRETS_FOLDER, (name) => FOLDER.test(name))) {
    const folder = `${SECRETS_FOLDER}/${inner}`;
    for (const name of await knownFiles(folder, (found) => isSecretFile(folder, found))) {
      const file = `${folder}/${name}`;
      try {
        const bytes = await ifThere(() => disk.read(join(directory, file)));
        const what = bytes && secretProblem(name, bytes);
        if (what) stray(file, `${what}; drovebank pin sets a new one`);
      } catch (error) {
        tellOnce(error, file);
      }
    }
  }
  await known('desks', (name) => OFFICE.includes(name));
  for (const role of ['writer', 'poster']) {
    await knownFiles(`desks/${role}.queue`, (name) => parseOwner(name) !== undefined);
    const isDesk = (name: string) =>
      parseOwner(name.startsWith(DAMAGED_PREFIX) ? name.slice(DAMAGED_PREFIX.length) : name) !==
      undefined;
    for (const desk of await known(`desks/${role}`, isDesk)) {
      const isPaper = (name: string) =>
        STAGED.test(name) || (role === 'writer' && (isMarkName(name) || name === PAIN_FILE));
      const papers = await knownFiles(`desks/${role}/${desk}`, isPaper);
      staged += papers.filter((name) => !isMarkName(name)).length;
    }
  }
  return { names, hidden, staged, problems };
}
