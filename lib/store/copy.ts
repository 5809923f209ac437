/**
 * A bank at another place than where it was written last (its `desks` folder is another one) is a
 * copy, perhaps made while it was busy: it is verified, and made durable, before it is used.
 */
import { desksIdentity, readCheckpoint } from './checkpoint.js';
import { damaged, declareDamage } from './damage.js';
import { makeTreeDurable } from './durable.js';
import type { BankFiles } from './store.js';
import { bookProblem, type Problem, verifyFiles } from './verify.js';

export async function isCopy({ disk, directory }: BankFiles): Promise<boolean> {
  const { desks } = await readCheckpoint(disk, directory);
  return desks !== (await desksIdentity(disk, directory));
}

/** Verifies the copy, and makes it a bank of its own. @throws BankError BANK_DAMAGED */
export async function acceptCopy(files: BankFiles): Promise<void> {
  const { disk, directory, poster } = files;
  files.breakLocks(); // They were copied, too: whoever holds the original does not hold this.
  const problem = await problemIn(files);
  if (problem) {
    const found = damaged(problem.file, problem.what);
    await declareDamage(files, found);
    throw found;
  }
  await makeTreeDurable(disk, directory);
  // Indexes that were copied before the checkpoint may lack accounts that it has. Where another process has the
  // poster's desk already, it is about to do the same.
  await poster.confirm();
}

/** What is wrong with its books. What lies beside them harms no copy. */
async function problemIn(files: BankFiles): Promise<Problem | undefined> {
  await files.log.leadCopy();
  try {
    return bookProblem(await verifyFiles(files, {}));
  } finally {
    await files.log.leave();
  }
}
