/** The physical limit, second form: 200 bytes into a preallocated file that was opened with O_DSYNC. */
import { closeSync, constants, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 16 * 1024 * 1024;

export function prepare(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'raw'), Buffer.alloc(BYTES));
}

export function open(folder) {
  const file = openSync(join(folder, 'raw'), constants.O_WRONLY | constants.O_DSYNC);
  const bytes = Buffer.alloc(200, '.');
  let position = 0;
  let written = 0;
  return {
    blocks: true,
    transfer() {
      written += 1;
      writeSync(file, bytes, 0, bytes.length, position);
      position = (position + bytes.length) % (BYTES - bytes.length);
    },
    /** Each write is one. */
    syncs: () => written,
    close: () => closeSync(file),
  };
}
