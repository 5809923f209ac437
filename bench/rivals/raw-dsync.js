/** The physical limit, second form: 200 bytes into a preallocated file that was opened with O_DSYNC. */
import { closeSync, constants, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const label = 'raw O_DSYNC, preallocated';
export const durable = '200 bytes written with O_DSYNC; no bank at all';

const BYTES = 16 * 1024 * 1024;

export function prepare(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'raw'), Buffer.alloc(BYTES));
}

export function open(folder) {
  const file = openSync(join(folder, 'raw'), constants.O_WRONLY | constants.O_DSYNC);
  const bytes = Buffer.alloc(200, '.');
  let position = 0;
  return {
    blocks: true,
    transfer() {
      writeSync(file, bytes, 0, bytes.length, position);
      position = (position + bytes.length) % (BYTES - bytes.length);
    },
    close: () => closeSync(file),
  };
}
