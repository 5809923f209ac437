/** The physical limit of posting: pages created, written and renamed into place, and nothing else. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { folderOf, idOf, pageOf } from '../layout.js';
import { restDisk } from '../processes.js';
import { accountChooser } from '../random.js';

/** Bytes of a page with a few rows. */
const PAGE_BYTES = 1_000;
/** As many lie ready before they are renamed. */
const STAGED = 5_000;

function put(folder, accounts) {
  const bytes = Buffer.alloc(PAGE_BYTES, '.');
  const staged = accounts.map((_, number) => join(folder, 'desk', `${number}`));
  for (const path of staged) {
    const file = openSync(path, 'wx');
    writeSync(file, bytes);
    closeSync(file);
  }
  accounts.forEach((account, number) => {
    renameSync(staged[number], join(folder, pageOf(idOf(account))));
  });
}

function inStages(count, each) {
  for (let first = 0; first < count; first += STAGED) {
    each(first, Math.min(STAGED, count - first));
  }
}

/** A page for each account, where the bank would have it. */
export function prepare(folder, { accounts }) {
  mkdirSync(join(folder, 'desk'), { recursive: true });
  inStages(accounts, (first, count) => {
    const members = Array.from({ length: count }, (_, index) => first + index);
    for (const account of members)
      mkdirSync(join(folder, folderOf(idOf(account))), { recursive: true });
    put(folder, members);
  });
}

/** Everything in `folder`, read plainly. */
function readAll(folder) {
  const sum = { files: 0, bytes: 0 };
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const inside = readAll(path);
      sum.files += inside.files;
      sum.bytes += inside.bytes;
    } else {
      sum.files += 1;
      sum.bytes += readFileSync(path).length;
    }
  }
  return sum;
}

export function open(folder, { accounts }) {
  return {
    /** Writes `pages` pages anew, of accounts all alike, and syncs once at the end. */
    write({ pages, seed }) {
      const choose = accountChooser({ accounts, seed });
      const start = performance.now();
      inStages(pages, (_, count) => put(folder, Array.from({ length: count }, choose)));
      restDisk();
      return { pagesPerSecond: pages / ((performance.now() - start) / 1000) };
    },
    readAll({ of }) {
      const start = performance.now();
      return { ...readAll(of), us: (performance.now() - start) * 1000 };
    },
    close() {},
  };
}
