/**
 * Making a bank: all of it is built beside the directory, made durable, and renamed onto it. After a
 * crash there is a whole bank or none (and perhaps a folder `.<name>.new-…` that may go).
 */
import { basename, dirname, join } from 'node:path';
import { type Disk, errorCode, writeDurably } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { checkOf } from '../format/check.js';
import { encodeIndexList } from '../format/index-list.js';
import { encodeLeave, encodeSegmentHead, FIRST_SEAL } from '../format/journal-row.js';
import { encodeManifest, type Manifest } from '../format/manifest.js';
import { formatOwner } from '../format/owner-name.js';
import { encodeCheckpoint } from '../format/position.js';
import { FIRST_ACCOUNT_NUMBER } from '../ledger/account-id.js';
import { assert, BankError } from '../ledger/errors.js';
import { desksIdentity } from './checkpoint.js';
import { makeNameDurable } from './durable.js';
import { FIRST_SEGMENT } from './journal.js';
import { KEYS_FILE } from './key-index.js';
import { MANIFEST_FILE } from './manifest-file.js';
import { ROSTER_FILE } from './roster-index.js';
import { INDEX_FOLDER } from './sorted-index.js';

/** Folders of a new bank, parents first. The two desks come with their owner's name. */
const FOLDERS = [
  'accounts',
  'journal',
  INDEX_FOLDER,
  'desks',
  'desks/writer',
  'desks/poster',
  'desks/writer.queue',
  'desks/poster.queue',
];

/** @throws BankError BANK_EXISTS when the directory is neither absent nor empty */
export async function createBank(
  disk: Disk,
  system: System,
  directory: string,
  manifest: Manifest,
): Promise<void> {
  await refuseTaken(disk, directory);
  const parent = dirname(directory);
  await makeParents(disk, parent);
  const building = join(parent, `.${basename(directory)}.new-${system.random()}`);
  assert(await disk.makeFolder(building), `${building} was there already`);
  try {
    await build(disk, system, building, manifest);
    await disk.rename(building, directory);
  } catch (error) {
    await removeTree(disk, building);
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw taken(directory);
  }
  await disk.syncFolder(parent);
}

function taken(directory: string): BankError {
  return new BankError('BANK_EXISTS', `${directory} is neither absent nor empty.`, {
    details: { directory },
  });
}

async function refuseTaken(disk: Disk, directory: string): Promise<void> {
  const facts = await disk.facts(directory);
  if (facts === undefined) return;
  if (!facts.folder) throw taken(directory);
  const names = await disk.list(directory);
  if (names.includes(MANIFEST_FILE)) {
    throw new BankError('BANK_EXISTS', `There is a bank in ${directory} already.`, {
      details: { directory },
    });
  }
  if (names.length > 0) throw taken(directory);
}

async function makeParents(disk: Disk, folder: string): Promise<void> {
  if (await disk.exists(folder)) return makeNameDurable(disk, folder);
  await makeParents(disk, dirname(folder));
  if (await disk.makeFolder(folder)) await disk.syncFolder(dirname(folder));
}

async function build(disk: Disk, system: System, at: string, manifest: Manifest): Promise<void> {
  const owner = formatOwner({ ...system.identity, number: 1, random: system.random() });
  const desks = ['writer', 'poster'].map((role) => `desks/${role}/${owner}`);
  for (const folder of [...FOLDERS, ...desks]) await disk.makeFolder(join(at, folder));
  await writeDurably(disk, join(at, MANIFEST_FILE), Buffer.from(encodeManifest(manifest)));
  const pin = encodeSegmentHead({
    segment: '',
    length: 0,
    seal: FIRST_SEAL,
    transfer: 0,
    epoch: 1,
  });
  const leave = encodeLeave({ transfer: 0, epoch: 1, previous: pin.seal });
  const bytes = Buffer.concat([pin.bytes, leave.bytes]);
  await writeDurably(disk, join(at, 'journal', FIRST_SEGMENT), bytes);
  const position = {
    segment: FIRST_SEGMENT,
    offset: pin.bytes.length,
    transfer: 0,
    epoch: 1,
    seal: pin.seal,
  };
  const list = Buffer.from(encodeIndexList({ position, runs: [] }));
  for (const file of [ROSTER_FILE, KEYS_FILE]) await writeDurably(disk, join(at, file), list);
  const checkpoint = {
    position,
    nextAccount: FIRST_ACCOUNT_NUMBER,
    bookedAt: '',
    desks: await desksIdentity(disk, at),
    index: checkOf(list),
    keys: checkOf(list),
  };
  await writeDurably(
    disk,
    join(at, 'journal/checkpoint.csv'),
    Buffer.from(encodeCheckpoint(checkpoint)),
  );
  for (const folder of [...FOLDERS, '.']) await disk.syncFolder(join(at, folder));
}

/** Removes what was being built; what cannot be removed stays. */
async function removeTree(disk: Disk, path: string): Promise<void> {
  for (const name of await disk.list(path)) {
    const inner = join(path, name);
    if ((await disk.facts(inner))?.folder) await removeTree(disk, inner);
    else await disk.remove(inner);
  }
  await disk.removeFolder(path);
}
