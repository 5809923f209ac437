/**
 * `journal/checkpoint.csv`: everything up to here is posted and durable. Written by the poster, by
 * rename out of its desk. After a crash: the checkpoint before or this one, never half of one.
 */
import { join } from 'node:path';
import { type Disk, identityOf, mustBeThere, writeDurably } from '../disk/disk.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../format/position.js';
import { damaged, named } from './damage.js';

export const CHECKPOINT_FILE = 'journal/checkpoint.csv';

export async function readCheckpoint(disk: Disk, directory: string): Promise<Checkpoint> {
  const bytes = await mustBeThere(
    () => disk.read(join(directory, CHECKPOINT_FILE)),
    () => damaged(CHECKPOINT_FILE, 'the file is missing'),
  );
  return named(CHECKPOINT_FILE, () => decodeCheckpoint(bytes.toString('utf8')));
}

/** Stages the checkpoint at `staged` and puts it in place, durably. */
export async function writeCheckpoint(
  disk: Disk,
  directory: string,
  staged: string,
  checkpoint: Checkpoint,
): Promise<void> {
  await writeDurably(disk, staged, Buffer.from(encodeCheckpoint(checkpoint)));
  await disk.rename(staged, join(directory, CHECKPOINT_FILE));
  await disk.syncFolder(join(directory, 'journal'));
}

/** Which `desks` folder a bank has: a copy of the bank has another one. */
export async function desksIdentity(disk: Disk, directory: string): Promise<string> {
  const facts = await disk.facts(join(directory, 'desks'));
  if (!facts?.folder) throw damaged('desks', 'the folder is missing');
  return identityOf(facts);
}
